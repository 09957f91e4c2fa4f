// Runs the script of `fencing` when an instance would take over from a silent master, and keeps what came of it for the vrrp
// role. Runs in the supervisor.
import type { Config } from "../config/config.ts";
import type { RouterOrders } from "../core/vrrp/steering.ts";
import { fencedSubjects, subjectOf } from "../engine/vrrp/fenced_subjects.ts";
import type { FenceRequest } from "../engine/vrrp/surroundings.ts";
import { runScript, type ScriptEnd, type ScriptProcess } from "./script_process.ts";

/** What is needed of the surroundings. */
export interface FencingOptions {
  readonly log: (line: string) => void;
  /** `orders` are others than before. */
  readonly changed: () => void;
}

/** How long a script that was told to end may take until it is killed. */
const TERMINATION_MS = 1000;
/** How much later than the script's own limit the router gives up waiting: the answer has a way to go. */
const WAY_US = 500_000;

interface Run {
  /** The last request that waits for it. */
  id: number;
  readonly process: ScriptProcess;
}

/** Fencing at work. Use: `configure()` with each configuration, `stop()` at the end. */
export class Fencing {
  readonly #options: FencingOptions;
  #config: Pick<Config, "fencing" | "vrrpInstances" | "syncGroups" | "global"> | undefined;
  /** By what is fenced for, as `subjectOf`. */
  readonly #running = new Map<string, Run>();
  readonly #outcomes = new Map<string, NonNullable<RouterOrders["fenced"]>>();

  constructor(options: FencingOptions) {
    this.#options = options;
  }

  /** What instances are told, by name. */
  get orders(): ReadonlyMap<string, Pick<RouterOrders, "fencing" | "fenced">> {
    const { fencing } = this.#config ?? {};
    if (fencing === undefined) return new Map();
    return new Map([...this.#subjects].map(([name, subject]) => {
      const fenced = this.#outcomes.get(subject);
      return [name, { fencing: { timeoutUs: fencing.timeoutMs * 1000 + WAY_US }, ...(fenced && { fenced }) }];
    }));
  }

  get #subjects(): ReadonlyMap<string, string> {
    return this.#config === undefined ? new Map() : fencedSubjects(this.#config);
  }

  /** Goes over to a configuration. A script that runs may end. */
  configure(config: Config): void {
    this.#config = config;
    const subjects = new Set(this.#subjects.values());
    for (const subject of this.#outcomes.keys()) if (!subjects.has(subject)) this.#outcomes.delete(subject);
  }

  /** Somebody asks. One script runs for it at a time: what that one says is the answer to the newest question. */
  request(request: FenceRequest): void {
    const { name, id, address } = request;
    const subject = subjectOf(request);
    const { fencing, global } = this.#config ?? {};
    const isKnown = [...this.#subjects.values()].includes(subject);
    if (fencing === undefined || global === undefined || !isKnown) return;
    const running = this.#running.get(subject);
    if (running !== undefined) {
      running.id = id;
      return;
    }
    const process = runScript(fencing.script, [name, address ?? "none"], global);
    const run: Run = { id, process };
    this.#running.set(subject, run);
    let isLate = false;
    const timers = [
      setTimeout(() => {
        isLate = true;
        process.kill("SIGTERM");
      }, fencing.timeoutMs),
      setTimeout(() => process.kill("SIGKILL"), fencing.timeoutMs + TERMINATION_MS),
    ];
    process.end.then((end) => {
      for (const timer of timers) clearTimeout(timer);
      this.#running.delete(subject);
      const why = isLate ? `did not end within ${fencing.timeoutMs / 1000} s` : failureOf(end);
      this.#options.log(`fencing for ${name}: the script ${why ?? "succeeded"}`);
      this.#outcomes.set(subject, {
        id: run.id,
        allowed: why === undefined,
        reason: `the fencing script ${why ?? ""}`,
      });
      this.#options.changed();
    });
  }

  /** Nobody takes over any more. */
  stop(): void {
    for (const { process } of this.#running.values()) process.kill("SIGTERM");
  }
}

function failureOf(end: ScriptEnd): string | undefined {
  switch (end.type) {
    case "exited":
      return end.code === 0 ? undefined : `ended with status ${end.code}`;
    case "signalled":
      return `was ended by signal ${end.signal}`;
    case "start-failed":
      return `could not be started: ${end.message}`;
    default:
      return end satisfies never;
  }
}
