// Tells the administrator's scripts of changes of state, as keepalived does: each run by itself, nobody is waited for.
import type { Config } from "../config/config.ts";
import type { Notifications, Script } from "../config/config_vrrp.ts";
import type { StateTransition } from "../engine/vrrp/surroundings.ts";
import { runScript, type ScriptEnd } from "./script_process.ts";

/** How long a script may take at the end of the daemon. */
const LAST_WORDS_MS = 3000;

/** What a change of state is called in the arguments of `notify`. */
const STATES: Readonly<Record<StateTransition["to"], string>> = {
  master: "MASTER",
  backup: "BACKUP",
  fault: "FAULT",
  init: "STOP",
};

/** Runs notification scripts. */
export class Notifier {
  readonly #log: (line: string) => void;
  readonly #running = new Set<Promise<ScriptEnd>>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** An instance or a sync group changed its state: first its own script for that state, then `notify` (keepalived.conf(5), notify). */
  tell(config: Config, { kind, name, from, to, priority }: StateTransition): void {
    const candidates = kind === "group" ? config.syncGroups : config.vrrpInstances;
    const notifications = candidates.find((candidate) => candidate.name === name)?.notifications;
    if (notifications === undefined || from === to) return;
    const { global } = config;
    const own = scriptFor(notifications, to);
    if (own !== undefined) this.#run(own, [], global);
    if (notifications.any === undefined) return;
    this.#run(notifications.any, [kind.toUpperCase(), name, STATES[to], String(priority)], global);
  }

  /** Gives scripts that still run a little time. */
  async settle(): Promise<void> {
    if (this.#running.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_WORDS_MS));
    await Promise.race([Promise.all(this.#running), limit]);
    clearTimeout(timer);
  }

  #run(script: Script, extra: readonly string[], global: Config["global"]): void {
    const { end } = runScript(script, extra, global);
    this.#running.add(end);
    end.then((result) => {
      this.#running.delete(end);
      if (result.type === "start-failed") {
        this.#log(`warning: notification \`${script.command}\` could not be started: ${result.message}`);
      }
    });
  }
}

function scriptFor(notifications: Notifications, to: StateTransition["to"]): Script | undefined {
  switch (to) {
    case "master":
      return notifications.master;
    case "backup":
      return notifications.backup;
    case "fault":
      return notifications.fault;
    case "init":
      return notifications.stop;
    default:
      return to satisfies never;
  }
}
