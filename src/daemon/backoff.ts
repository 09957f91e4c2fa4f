// How long to wait before a role that died is started again: at once the first time, longer each time it dies soon.

const DELAYS_MS = [0, 250, 500, 1000, 2000, 5000, 10_000, 30_000] as const;
/** A role that lived this long has recovered. */
const STABLE_MS = 60_000;

/** The deaths of one role. */
export class BackOff {
  #soonDeaths = 0;

  /**
   * A role died.
   *
   * @param livedMs how long it had been running
   * @returns milliseconds to wait before the next start, 0 to 30 000
   */
  next(livedMs: number): number {
    if (livedMs >= STABLE_MS) this.#soonDeaths = 0;
    const delay = DELAYS_MS[Math.min(this.#soonDeaths, DELAYS_MS.length - 1)] ?? 0;
    this.#soonDeaths++;
    return delay;
  }
}
