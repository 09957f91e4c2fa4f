// Who is due next among many, when most deadlines move away before they come: a heap with one entry for each, which may be too
// early but never too late. Moving a deadline away costs nothing; what comes up too early is put back.

interface Entry<Item> {
  readonly item: Item;
  atUs: number;
  /** In the heap; -1: taken out. Kept for the next deadline, so that noting one allocates nothing. */
  index: number;
}

const OUT = -1;

/** Deadlines of items, monotonic microseconds. Takes no clock. */
export class Agenda<Item> {
  readonly #heap: Entry<Item>[] = [];
  readonly #entries = new Map<Item, Entry<Item>>();

  /** No item is due before this; Infinity: none ever. */
  get firstUs(): number {
    return this.#heap[0]?.atUs ?? Infinity;
  }

  /** The deadline of an item is now this one; undefined: it has none. */
  note(item: Item, deadlineUs: number | undefined): void {
    if (deadlineUs === undefined) return;
    let entry = this.#entries.get(item);
    if (entry === undefined) this.#entries.set(item, entry = { item, atUs: Infinity, index: OUT });
    if (entry.index === OUT) {
      entry.index = this.#heap.length;
      this.#heap.push(entry);
    } else if (deadlineUs >= entry.atUs) return;
    entry.atUs = deadlineUs;
    this.#rise(entry);
  }

  /** Takes out those that may be due. Their own word counts; who still has a deadline is to be noted again. */
  take(nowUs: number): Item[] {
    const items: Item[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.atUs <= nowUs; first = this.#heap[0]) {
      items.push(first.item);
      this.#drop(first);
    }
    return items;
  }

  /** Moves entries that are too early to where they belong, until the first one is right: then nobody is woken for nothing soon. */
  refresh(deadlineOf: (item: Item) => number | undefined): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      const deadlineUs = deadlineOf(first.item);
      if (deadlineUs === undefined) {
        this.#drop(first);
      } else if (deadlineUs > first.atUs) {
        first.atUs = deadlineUs;
        this.#sink(first);
      } else return;
    }
  }

  clear(): void {
    this.#heap.length = 0;
    this.#entries.clear();
  }

  /** @param first of the heap */
  #drop(first: Entry<Item>): void {
    first.index = OUT;
    const last = this.#heap.pop();
    if (last === undefined || last === first) return;
    last.index = 0;
    this.#heap[0] = last;
    this.#sink(last);
  }

  #rise(entry: Entry<Item>): void {
    for (let parent = this.#heap[(entry.index - 1) >> 1]; entry.index > 0 && parent !== undefined;) {
      if (parent.atUs <= entry.atUs) return;
      this.#swap(parent, entry);
      parent = this.#heap[(entry.index - 1) >> 1];
    }
  }

  #sink(entry: Entry<Item>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const child = right !== undefined && left !== undefined && right.atUs < left.atUs ? right : left;
      if (child === undefined || child.atUs >= entry.atUs) return;
      this.#swap(entry, child);
    }
  }

  /** @param upper the one nearer to the top now */
  #swap(upper: Entry<Item>, lower: Entry<Item>): void {
    [upper.index, lower.index] = [lower.index, upper.index];
    this.#heap[upper.index] = upper;
    this.#heap[lower.index] = lower;
  }
}
