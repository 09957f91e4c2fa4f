// Ends of things that may each take one of a few durations, and mostly end long before. What began first ends first among those
// of one duration, so that there is nothing to sort; what ends early leaves nothing behind.

/** Time limits of items, monotonic microseconds. Takes no clock. */
export class Limits<Item> {
  /** By duration: items in the order of their ends. */
  readonly #queues = new Map<number, Map<Item, number>>();

  /** The first end; Infinity: there is none. */
  get firstUs(): number {
    let firstUs = Infinity;
    for (const queue of this.#queues.values()) {
      for (const endUs of queue.values()) {
        firstUs = Math.min(firstUs, endUs);
        break;
      }
    }
    return firstUs;
  }

  /** An item begins. `nowUs` never goes back. */
  add(item: Item, durationUs: number, nowUs: number): void {
    let queue = this.#queues.get(durationUs);
    if (queue === undefined) this.#queues.set(durationUs, queue = new Map());
    queue.set(item, nowUs + durationUs);
  }

  /** It has ended. @param durationUs as it was added with */
  delete(item: Item, durationUs: number): void {
    this.#queues.get(durationUs)?.delete(item);
  }

  /** Takes out those whose time is over. */
  take(nowUs: number): Item[] {
    const over: Item[] = [];
    for (const [durationUs, queue] of this.#queues) {
      for (const [item, endUs] of queue) {
        if (endUs > nowUs) break;
        queue.delete(item);
        over.push(item);
      }
      if (queue.size === 0) this.#queues.delete(durationUs);
    }
    return over;
  }
}
