// Streams that stay open only as long as those who opened them may: a token that expires or is revoked ends its streams, too.
import type { Caller } from "./caller.ts";

/** How soon it is noticed that somebody's time is over. */
const INTERVAL_MS = 500;

/** Given to what holds a stream open: takes how to close it, gives back how to let go of it. */
export type Leash = (close: () => void) => () => void;

interface Held {
  readonly mayStay: () => boolean;
  readonly close: () => void;
}

/** All of them. */
export class Leashes {
  readonly #held = new Set<Held>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The leash of somebody; undefined for one who may stay as long as we are there. */
  of(caller: Caller | undefined): Leash | undefined {
    const mayStay = caller?.mayStay;
    if (mayStay === undefined) return undefined;
    return (close) => {
      const held = { mayStay, close };
      this.#held.add(held);
      this.#timer ??= setInterval(() => this.review(), INTERVAL_MS);
      return () => this.#release(held);
    };
  }

  /** Closes what nobody may have any more. */
  review(): void {
    for (const held of [...this.#held]) {
      if (held.mayStay()) continue;
      this.#release(held);
      held.close();
    }
  }

  #release(held: Held): void {
    if (!this.#held.delete(held) || this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
