// Which of many virtual routers have something to do now. Each advertisement that a backup hears moves its deadline away, each
// that a master sends moves its own: asking all of them every time would cost more than the packets.
import { Agenda } from "../../base/agenda.ts";
import { nextDeadlineUs } from "../../core/vrrp/router.ts";
import type { RouterState } from "../../core/vrrp/state.ts";

/** What is asked of a router. */
export interface TimedRouter {
  readonly deadlineUs: number | undefined;
  readonly stateName: RouterState["name"];
}

/** The routers of one engine. */
export class DueRouters<Router extends TimedRouter> {
  readonly #timers = new Agenda<Router>();
  readonly #takeovers = new Agenda<Router>();

  /** Before this monotonic time, microseconds, no timer is due. */
  get noTimerBeforeUs(): number {
    return this.#timers.firstUs;
  }

  /** Before this time no backup takes over. */
  get noTakeoverBeforeUs(): number {
    return this.#takeovers.firstUs;
  }

  /** A router has this state from now on. */
  note(router: Router, state: RouterState): void {
    const deadlineUs = nextDeadlineUs(state);
    this.#timers.note(router, deadlineUs);
    if (state.name === "backup") this.#takeovers.note(router, deadlineUs);
  }

  /** Takes out those that are due: once they have done it, `restore` them. */
  take(nowUs: number): Router[] {
    this.#timers.refresh(({ deadlineUs }) => deadlineUs);
    return this.#timers.take(nowUs).filter((router) => {
      const { deadlineUs } = router;
      if (deadlineUs === undefined || deadlineUs <= nowUs) return deadlineUs !== undefined;
      this.#timers.note(router, deadlineUs);
      return false;
    });
  }

  /** A router that was taken out has done what was due. */
  restore(router: Router): void {
    this.#timers.note(router, router.deadlineUs);
  }

  /** When the first backup takes over, if that is not after this time. */
  takeoverUs(untilUs: number): number | undefined {
    this.#takeovers.refresh(({ deadlineUs, stateName }) => stateName === "backup" ? deadlineUs : undefined);
    const earliest = this.#takeovers.firstUs;
    return earliest <= untilUs && earliest < Infinity ? earliest : undefined;
  }

  /** Forgets those that are not of the engine any more. */
  keep(routers: readonly Router[]): void {
    this.#timers.clear();
    this.#takeovers.clear();
    for (const router of routers) {
      this.#timers.note(router, router.deadlineUs);
      if (router.stateName === "backup") this.#takeovers.note(router, router.deadlineUs);
    }
  }
}
