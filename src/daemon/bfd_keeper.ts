// The supervisor's part of BFD: keeps the bfd role running, remembers what its sessions said, and tells it on. What a
// session said last holds while the role is missing: its death moves no address and takes no server out.
import { saysTheSame } from "../config/plan.ts";
import type { Config } from "../config/config.ts";
import type { BfdInstance } from "../config/config_vrrp.ts";
import { bfdProcess, type ProcessSettings } from "../config/process_settings.ts";
import type { BfdStates } from "../engine/bfd/bfd_engine.ts";
import type { Reactor } from "../linux/reactor.ts";
import type { RoleSnapshot } from "../ports/snapshot.ts";
import type { FromChild, ToBfd } from "./messages.ts";
import type { ReloadStep } from "./reload.ts";
import { ProcessTuning } from "./process_tuning.ts";
import { RoleKeeper } from "./role_keeper.ts";
import type { RoleProcess } from "./role_process.ts";

/** What the keeper needs. */
export interface BfdKeeperOptions {
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
  /** State, process id or number of restarts of the role changed. */
  readonly changed: () => void;
  /** Sessions have said something new. */
  readonly said: () => void;
}

/** Runs the bfd role while there are sessions. */
export class BfdKeeper {
  readonly #options: BfdKeeperOptions;
  readonly #role: RoleKeeper<ToBfd>;
  readonly #tuning: ProcessTuning;
  /** How its process shall run. */
  #process: ProcessSettings = { noSwap: false };
  #instances: readonly BfdInstance[] = [];
  /** What they said last, by name. */
  #states: BfdStates = {};
  /** Configured at the start of the daemon, and not heard of since. */
  #silent: ReadonlySet<string> = new Set();

  constructor(options: BfdKeeperOptions) {
    this.#options = options;
    this.#tuning = new ProcessTuning(options.log);
    this.#role = new RoleKeeper<ToBfd>({
      ...options,
      role: "bfd",
      configure: (process) => {
        process.post({ type: "configure", instances: this.#instances });
        this.#tune(process);
      },
      begin: (process) => process.post({ type: "start" }),
      hear: (message) => this.#hear(message),
    });
  }

  /** At the start of the daemon. */
  start({ bfdInstances, global }: Config): void {
    this.#process = bfdProcess(global);
    this.#instances = bfdInstances;
    this.#silent = new Set(bfdInstances.map(({ name }) => name));
    if (bfdInstances.length > 0) this.#role.start();
  }

  /**
   * For instances that track: a session that was not up since the start of the daemon is down, as in keepalived; one that a
   * reload brought is missing until it has said something.
   */
  get forVrrp(): BfdStates {
    const told = this.#instances.filter(({ forVrrp }) => forVrrp);
    return Object.fromEntries(told.flatMap(({ name }) => {
      const up = this.#states[name] ?? (this.#silent.has(name) ? false : undefined);
      return up === undefined ? [] : [[name, up] as const];
    }));
  }

  /** For BFD_CHECK: only what has been said, for a server that is in the table since before our start gets traffic. */
  get forCheckers(): BfdStates {
    const told = this.#instances.filter(({ forCheckers }) => forCheckers);
    return Object.fromEntries(told.flatMap(({ name }) => {
      const up = this.#states[name];
      return up === undefined ? [] : [[name, up] as const];
    }));
  }

  /** Its part in a reload. */
  get reloadStep(): ReloadStep {
    return {
      differs: (before, after) =>
        !saysTheSame(
          [before.bfdInstances, bfdProcess(before.global)],
          [after.bfdInstances, bfdProcess(after.global)],
        ),
      use: (config) => {
        this.#process = bfdProcess(config.global);
        if (this.#role.process !== undefined) this.#tune(this.#role.process);
        return this.#use(config.bfdInstances);
      },
    };
  }

  snapshot(): RoleSnapshot[] {
    return this.#role.stopped ? [] : [this.#role.snapshot()];
  }

  /** Ends the role for good. */
  async stop(limitMs: number): Promise<void> {
    await this.#role.stop({ type: "stop" }, limitMs);
  }

  #tune(process: RoleProcess<ToBfd>): void {
    this.#tuning.apply(process.pid, this.#process, (own) => process.post({ type: "tune", own }));
  }

  async #use(instances: readonly BfdInstance[]): Promise<string | undefined> {
    this.#instances = instances;
    this.#forget(instances);
    if (instances.length === 0) {
      await this.#role.stop({ type: "stop" }, 5000);
      return undefined;
    }
    if (this.#role.stopped) return await this.#role.startReady() ? undefined : "the bfd role did not start";
    return await this.#role.reconfigure((id) => ({ type: "reconfigure", id, instances }));
  }

  /** Of sessions that are configured no more. */
  #forget(instances: readonly BfdInstance[]): void {
    const names = new Set(instances.map(({ name }) => name));
    this.#states = Object.fromEntries(Object.entries(this.#states).filter(([name]) => names.has(name)));
    this.#silent = new Set([...this.#silent].filter((name) => names.has(name)));
    this.#options.said();
  }

  #hear(message: FromChild): void {
    if (message.type !== "bfd") return;
    const names = new Set(this.#instances.map(({ name }) => name));
    const said = Object.entries(message.sessions).filter(([name]) => names.has(name));
    this.#states = { ...this.#states, ...Object.fromEntries(said) };
    this.#options.said();
  }
}
