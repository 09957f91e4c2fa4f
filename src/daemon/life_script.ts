// `startup_script` and `shutdown_script`: waited for, but not for ever.
import type { GlobalDefs } from "../config/global_defs.ts";
import { runScript } from "./script_process.ts";
import { within } from "./script_turns.ts";

/** Time limit of both (keepalived.conf(5), startup_script_timeout). */
const DEFAULT_TIMEOUT_SECONDS = 10;
/** From SIGTERM to SIGKILL. */
const GRACE_MS = 1000;

/** Which of the two. */
export type LifeScriptName = "startup_script" | "shutdown_script";

/** The script of a configuration, if it has one; what goes wrong with it is logged, and no more. */
export class LifeScript {
  readonly #name: LifeScriptName;
  readonly #log: (line: string) => void;
  #end: () => void = () => {};

  constructor(name: LifeScriptName, log: (line: string) => void) {
    this.#name = name;
    this.#log = log;
  }

  /** Runs it to its end or its time limit. */
  async run(global: GlobalDefs): Promise<void> {
    const isFirst = this.#name === "startup_script";
    const script = isFirst ? global.startupScript : global.shutdownScript;
    if (script === undefined) return;
    const seconds = isFirst ? global.startupScriptTimeoutSeconds : global.shutdownScriptTimeoutSeconds;
    const process = runScript(script, [], global);
    const aborted = new Promise<void>((resolve) => this.#end = resolve);
    let isOver = false;
    const over = process.end.then((end) => {
      isOver = true;
      if (end.type === "start-failed") this.#warn(`could not be started: ${end.message}`);
      else if (end.type === "signalled") this.#warn(`was ended by signal ${end.signal}`);
      else if (end.code !== 0) this.#warn(`ended with status ${end.code}`);
    });
    await within(Promise.race([over, aborted]), (seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000);
    if (isOver) return;
    process.kill("SIGTERM");
    await within(over, GRACE_MS);
    process.kill("SIGKILL");
    await within(over, GRACE_MS);
  }

  /** Ends it now. */
  abort(): void {
    this.#end();
  }

  #warn(what: string): void {
    this.#log(`warning: \`${this.#name}\` ${what}`);
  }
}
