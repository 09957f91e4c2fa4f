// Many deadlines on one timer: a binary heap ordered by time. Knows nothing of checks.
import type { Clock } from "../../ports/clock.ts";

/** The timers of the platform, replaceable by fakes. */
export interface Timers {
  /** Calls `ring` once, `delayMs` or a little more from now; the function returned cancels that. */
  after(delayMs: number, ring: () => void): () => void;
}

/** The real timers. */
export const systemTimers: Timers = {
  after(delayMs: number, ring: () => void): () => void {
    const id = setTimeout(ring, delayMs);
    return () => clearTimeout(id);
  },
};

/** Something that will be called, unless cancelled before. */
export interface Appointment {
  cancel(): void;
}

class Entry implements Appointment {
  readonly atUs: number;
  /** Breaks ties: first come, first served. */
  readonly order: number;
  call: (() => void) | undefined;

  constructor(atUs: number, order: number, call: () => void) {
    this.atUs = atUs;
    this.order = order;
    this.call = call;
  }

  cancel(): void {
    this.call = undefined;
  }
}

/** What is due so soon after the first is called with it, microseconds: a wake-up costs more than a check. */
const TOGETHER_US = 2000;
/** The platform's timers take at most 2^31-1 ms; later deadlines are looked at again after that time. */
const LONGEST_DELAY_MS = 2_147_483_647;

/** Calls functions at monotonic times, the earliest first, with a single timer of the platform. */
export class Agenda {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #heap: Entry[] = [];
  #order = 0;
  #cancelTimer: (() => void) | undefined;
  #timerUs = 0;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * Calls `call` at `atUs` (monotonic microseconds) or as soon after it as possible, with others up to 2 ms before; never
   * from within this call.
   */
  at(atUs: number, call: () => void): Appointment {
    const entry = new Entry(atUs, this.#order++, call);
    this.#push(entry);
    this.#arm();
    return entry;
  }

  /** Forgets every appointment. */
  clear(): void {
    this.#heap.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    if (this.#cancelTimer !== undefined && this.#timerUs <= first.atUs) return;
    this.#cancelTimer?.();
    const delayMs = Math.ceil((first.atUs - this.#clock.nowUs()) / 1000);
    this.#timerUs = first.atUs;
    const boundedMs = Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS);
    this.#cancelTimer = this.#timers.after(boundedMs, () => this.#ring());
  }

  #ring(): void {
    this.#cancelTimer = undefined;
    const nowUs = this.#clock.nowUs();
    const first = this.#heap[0];
    // The platform may ring too early: then nothing is due.
    if (first === undefined || first.atUs > nowUs) return this.#arm();
    const endUs = nowUs + TOGETHER_US;
    const due: Entry[] = [];
    for (let next = this.#heap[0]; next !== undefined && next.atUs <= endUs; next = this.#heap[0]) {
      due.push(this.#pop(next));
    }
    // Taken out first: an appointment that makes a new one for now must not keep us here for ever.
    for (const entry of due) entry.call?.();
    this.#arm();
  }

  #push(entry: Entry): void {
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(first: Entry): Entry {
    const last = this.#heap.pop();
    if (last === undefined || last === first) return first;
    this.#heap[0] = last;
    for (let at = 0;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child;
      }
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return false;
    return left.atUs < right.atUs || (left.atUs === right.atUs && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return;
    this.#heap[a] = right;
    this.#heap[b] = left;
  }
}
