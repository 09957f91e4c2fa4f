// `max_auto_priority`: a role that got its turn too late, because the machine is busy, takes real-time priority, and one more
// each time that this is not enough.
import { PUNCTUAL_SLICE_US } from "../config/process_settings.ts";
import { schedule } from "../linux/scheduling.ts";

/** What the configuration says. */
export interface AutoPrioritySettings {
  /** The highest that it may take, to 99; 0: it takes none. */
  readonly highest: number;
  /** How late is too late, microseconds. */
  readonly tooLateUs: number;
  /** What `vrrp_rt_priority` gives it anyway; 0: it is scheduled as others are. */
  readonly usual: number;
  /** `vrrp_rlimit_rttime`. */
  readonly limitUs?: number;
}

/** Nothing is said. */
export const NO_AUTO_PRIORITY: AutoPrioritySettings = { highest: 0, tooLateUs: 1_000_000, usual: 0 };

/** Decides which priority to ask for. */
export class AutoPriority {
  #settings = NO_AUTO_PRIORITY;
  #taken = 0;

  /** From now on as a configuration says. @returns the priority to go back to, where what was taken may not stay */
  use(settings: AutoPrioritySettings): number | undefined {
    const mayStay = this.#taken <= settings.highest && this.#taken > settings.usual;
    const goesBack = this.#taken > 0 && !mayStay;
    this.#settings = settings;
    if (!goesBack) return undefined;
    this.#taken = 0;
    return settings.usual;
  }

  /** Something was done so late. @returns the priority to take now, if another */
  late(byUs: number): number | undefined {
    const { highest, tooLateUs, usual } = this.#settings;
    const next = Math.max(this.#taken, usual) + 1;
    if (byUs < tooLateUs || next > highest) return undefined;
    this.#taken = next;
    return next;
  }
}

/** The same, done to the process that calls it. */
export class OwnAutoPriority {
  readonly #decision = new AutoPriority();
  readonly #log: (line: string) => void;
  #limitUs: number | undefined;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  use(settings: AutoPrioritySettings): void {
    this.#limitUs = settings.limitUs;
    const back = this.#decision.use(settings);
    if (back !== undefined) this.#take(back);
  }

  /** Something was done so late. */
  late(byUs: number): void {
    const priority = this.#decision.late(byUs);
    if (priority === undefined) return;
    this.#log(`warning: VRRP was ${Math.round(byUs / 1000)} ms late, taking real-time priority ${priority}`);
    this.#take(priority);
  }

  #take(priority: number): void {
    const usual = { sliceUs: PUNCTUAL_SLICE_US };
    const wanted = { ...usual, ...(priority !== 0 && { realTimePriority: priority, realTimeLimitUs: this.#limitUs }) };
    const before = { ...usual, ...(priority === 0 && { realTimePriority: 1, realTimeLimitUs: this.#limitUs }) };
    for (const failure of schedule(Deno.pid, wanted, before)) this.#log(failure);
  }
}
