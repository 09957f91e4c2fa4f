// Until when surely nothing is due among many virtual routers. Each advertisement that a backup hears moves its deadline
// away, so the earliest of all is another one with every packet; what is kept here only ever errs towards looking too early.
import { nextDeadlineUs } from "../../core/vrrp/router.ts";
import type { RouterState } from "../../core/vrrp/state.ts";

/** Monotonic microseconds before which no router has anything to do. */
export class QuietTime {
  #timerUs = 0;
  #takeoverUs = 0;

  /** Before this time no timer is due. */
  get untilUs(): number {
    return this.#timerUs;
  }

  /** Before this time no backup takes over. */
  get untilTakeoverUs(): number {
    return this.#takeoverUs;
  }

  /** A router has this state from now on. */
  note(state: RouterState): void {
    const deadlineUs = nextDeadlineUs(state);
    if (deadlineUs === undefined) return;
    if (deadlineUs < this.#timerUs) this.#timerUs = deadlineUs;
    if (state.name === "backup" && deadlineUs < this.#takeoverUs) this.#takeoverUs = deadlineUs;
  }

  /** All were asked: this is the earliest deadline. */
  timerIs(deadlineUs: number | undefined): void {
    this.#timerUs = deadlineUs ?? Infinity;
  }

  /** All were asked: this is the earliest take-over. */
  takeoverIs(deadlineUs: number | undefined): void {
    this.#takeoverUs = deadlineUs ?? Infinity;
  }
}
