// Lets one event of a kind through in a time, so that a flood of packets is not a flood of log lines.

/** Kinds remembered at once; above that the table starts over. Kinds are ours, but packets choose among them. */
const MAX_KINDS = 256;

/** One line of the same kind a minute is enough. */
const LOG_INTERVAL_US = 60_000_000;

/** Remembers when each kind was let through last. */
export class RateLimiter {
  readonly #intervalUs: number;
  readonly #lastUs = new Map<string, number>();

  /** @param intervalUs least time between two of a kind; that of log lines if not given */
  constructor(intervalUs = LOG_INTERVAL_US) {
    this.#intervalUs = intervalUs;
  }

  /** Whether an event of this kind may pass at this time; if so, it counts as passed. */
  allows(kind: string, nowUs: number): boolean {
    const last = this.#lastUs.get(kind);
    if (last !== undefined && nowUs - last < this.#intervalUs) return false;
    if (this.#lastUs.size >= MAX_KINDS) this.#lastUs.clear();
    this.#lastUs.set(kind, nowUs);
    return true;
  }
}
