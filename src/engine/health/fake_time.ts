// Time that passes only when told to, for tests and simulations: clock and timers in one.
import type { Clock } from "../../ports/clock.ts";
import type { Timers } from "./agenda.ts";

interface FakeTimer {
  readonly atUs: number;
  readonly ring: () => void;
}

/** Promises that hang on one another this deep are settled before time goes on. */
const MICROTASK_TURNS = 24;

/** A clock at `startUs`, 0 by default; wall time starts at 1 000 000 ms. */
export class FakeTime implements Clock, Timers {
  readonly #timers = new Set<FakeTimer>();
  #nowUs: number;

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return 1_000_000 + Math.floor(this.#nowUs / 1000);
  }

  after(delayMs: number, ring: () => void): () => void {
    const timer: FakeTimer = { atUs: this.#nowUs + delayMs * 1000, ring };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not rung. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `durationMs` pass: every timer due rings at its time, and what it set off settles before the next one. */
  async pass(durationMs: number): Promise<void> {
    const endUs = this.#nowUs + durationMs * 1000;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.atUs <= endUs; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#nowUs = Math.max(this.#nowUs, timer.atUs);
      timer.ring();
      await settle();
    }
    this.#nowUs = endUs;
  }

  #next(): FakeTimer | undefined {
    let next: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.atUs < next.atUs) next = timer;
    }
    return next;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < MICROTASK_TURNS; turn++) await Promise.resolve();
}
