// Runs the scripts of an object in the order of what happened to it: those of one event together, those of the next when
// they have ended or taken too long. Nobody else waits for them (keepalived starts all of them at once).
import type { Script } from "../config/config_vrrp.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { runScript, type ScriptEnd } from "./script_process.ts";

/** How long the scripts of the next event wait for those before them. These go on, all the same. */
const PATIENCE_MS = 10_000;
/** Events of one object that wait; of more, the oldest is left out. */
const MAX_WAITING = 32;
/** Scripts of one object that run at the same time; of more, the new one is left out. */
const MAX_RUNNING = 64;

/** One script to run. */
export interface ScriptCall {
  readonly script: Script;
  /** Behind its own arguments. */
  readonly extra: readonly string[];
}

interface Turn {
  readonly calls: readonly ScriptCall[];
  readonly global: Pick<GlobalDefs, "scriptUser" | "scriptSecurity">;
}

interface Line {
  readonly waiting: Turn[];
  readonly running: Set<Promise<ScriptEnd>>;
  busy: boolean;
}

/** Scripts of any number of objects. */
export class ScriptTurns {
  readonly #log: (line: string) => void;
  readonly #patienceMs: number;
  readonly #lines = new Map<string, Line>();
  /** The end has come: nothing waits any more. */
  #hurry = false;

  /** @param patienceMs for tests */
  constructor(log: (line: string) => void, patienceMs: number = PATIENCE_MS) {
    this.#log = log;
    this.#patienceMs = patienceMs;
  }

  /** Something happened to an object, by a key of its own: starts these scripts in this order, in its turn. */
  run(object: string, calls: readonly ScriptCall[], global: Turn["global"]): void {
    if (calls.length === 0) return;
    const line = this.#lines.get(object) ?? { waiting: [], running: new Set(), busy: false };
    this.#lines.set(object, line);
    line.waiting.push({ calls, global });
    if (line.waiting.length > MAX_WAITING) {
      line.waiting.shift();
      this.#log(`warning: scripts of ${object} take too long, and those of an earlier event are left out`);
    }
    if (!line.busy || this.#hurry) this.#next(object, line);
  }

  /** Starts everything that waits, and gives what runs a little time. */
  async settle(limitMs: number): Promise<void> {
    this.#hurry = true;
    for (const [object, line] of this.#lines) this.#next(object, line);
    const running = [...this.#lines.values()].flatMap((line) => [...line.running]);
    if (running.length > 0) await within(Promise.all(running), limitMs);
  }

  async #next(object: string, line: Line): Promise<void> {
    line.busy = true;
    for (let turn = line.waiting.shift(); turn !== undefined; turn = line.waiting.shift()) {
      const ends = turn.calls.map((call) => this.#start(object, line, call, turn.global));
      if (!this.#hurry) await within(Promise.all(ends), this.#patienceMs);
    }
    line.busy = false;
    if (line.running.size === 0) this.#lines.delete(object);
  }

  #start(object: string, line: Line, { script, extra }: ScriptCall, global: Turn["global"]): Promise<unknown> {
    if (line.running.size >= MAX_RUNNING) {
      this.#log(`warning: \`${script.command}\` is left out: ${MAX_RUNNING} scripts of ${object} run already`);
      return Promise.resolve();
    }
    const { end } = runScript(script, extra, global);
    line.running.add(end);
    return end.then((result) => {
      line.running.delete(end);
      if (!line.busy && line.running.size === 0 && this.#lines.get(object) === line) this.#lines.delete(object);
      if (result.type !== "start-failed") return;
      this.#log(`warning: notification \`${script.command}\` could not be started: ${result.message}`);
    });
  }
}

/** Waits for a promise, but no longer than that. */
export async function within(promise: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, limitMs));
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
