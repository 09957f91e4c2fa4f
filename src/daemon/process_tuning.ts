// Gives the processes of the roles the priority, processors and memory that the configuration asks for. A process that
// cannot have them runs all the same.
import { same } from "../base/same.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { healthProcess, type ProcessSettings, vrrpProcess } from "../config/process_settings.ts";
import { lockMemory, nameProcess, schedule, unlockMemory } from "../linux/scheduling.ts";

/** What a role must do to itself: the rest is done to it from outside. */
export interface OwnSettings {
  readonly name?: string | undefined;
  readonly noSwap: boolean;
}

/** In the supervisor: one role's settings, for each of its processes once and again when they change. */
export class ProcessTuning {
  readonly #log: (line: string) => void;
  #pid: number | undefined;
  #settings: ProcessSettings = { noSwap: false };

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @param tell says to the process what it must do itself */
  apply(pid: number, wanted: ProcessSettings, tell: (own: OwnSettings) => void): void {
    const before: ProcessSettings = pid === this.#pid ? this.#settings : { noSwap: false };
    this.#pid = pid;
    this.#settings = wanted;
    for (const failure of schedule(pid, wanted, before)) this.#log(`process ${pid}: ${failure}`);
    const [own, ownBefore] = [wanted, before].map(({ name, noSwap }) => ({ name, noSwap }));
    if (own !== undefined && !same(own, ownBefore)) tell(own);
  }
}

/** A role's process that can be told what to do to itself. */
interface Tunable {
  readonly pid: number;
  post(message: { readonly type: "tune"; readonly own: OwnSettings }): void;
}

/** In the supervisor: the settings of `vrrp_rt_priority` and its like, for the roles that run now. */
export class RoleTunings {
  readonly #vrrp: ProcessTuning;
  readonly #health: ProcessTuning;

  constructor(log: (line: string) => void) {
    this.#vrrp = new ProcessTuning(log);
    this.#health = new ProcessTuning(log);
  }

  /** Processes that have what they shall have are left alone. */
  apply(global: GlobalDefs, vrrp: Tunable | undefined, health: Tunable | undefined): void {
    if (vrrp) this.#vrrp.apply(vrrp.pid, vrrpProcess(global), (own) => vrrp.post({ type: "tune", own }));
    if (health) this.#health.apply(health.pid, healthProcess(global), (own) => health.post({ type: "tune", own }));
  }
}

/** In the role. @param log one line for people */
export function tuneMyself({ name, noSwap }: OwnSettings, log: (line: string) => void): void {
  if (name !== undefined) nameProcess(name);
  const failure = noSwap ? lockMemory() : unlockMemory();
  if (failure !== undefined) log(failure);
}
