// Which virtual servers run on failed or backup servers: says it in the log when that begins and ends, and keeps the alarm.
import type { Clock } from "../../ports/clock.ts";
import type { WarningSnapshot } from "../../ports/snapshot.ts";
import type { LiveVirtualServer } from "./live_server.ts";
import { formatServer, formatService } from "./log_lines.ts";

/** What is out of the ordinary in one pool, as a text that differs when it does. */
interface Oddities {
  readonly held: string;
  readonly backups: string;
  readonly sinceMs: number;
}

const ORDINARY: Oddities = { held: "", backups: "", sinceMs: 0 };

/** Virtual servers named in one warning; the others are counted. */
const MAX_NAMED = 5;

/** The pools that are out of the ordinary. */
export class PoolWatch {
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  #odd = new Map<LiveVirtualServer, Oddities>();

  constructor(clock: Clock, log: (line: string) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The alarm while some virtual server runs on failed servers only. */
  get warning(): WarningSnapshot | undefined {
    const open = [...this.#odd].filter(([, { held }]) => held !== "");
    if (open.length === 0) return undefined;
    const named = open.slice(0, MAX_NAMED).map(([{ config }, { held }]) => `${config.name} (${held})`).join(", ");
    const more = open.length > MAX_NAMED ? ` and ${open.length - MAX_NAMED} more` : "";
    return {
      code: "fail-open",
      message: `no real server is up, so failed ones stay in the table (fail_open): ${named}${more}`,
      sinceMs: Math.min(...open.map(([, { sinceMs }]) => sinceMs)),
    };
  }

  /** Looks at them, after something may have changed. */
  update(servers: readonly LiveVirtualServer[]): void {
    for (const server of servers) this.#look(server);
  }

  /** Only these are there any more. */
  keep(servers: readonly LiveVirtualServer[]): void {
    const there = new Set(servers);
    for (const server of this.#odd.keys()) if (!there.has(server)) this.#odd.delete(server);
  }

  #look(server: LiveVirtualServer): void {
    const before = this.#odd.get(server);
    if (!server.hasPool && before === undefined) return;
    const { held, backups } = oddities(server);
    if (held === (before ?? ORDINARY).held && backups === (before ?? ORDINARY).backups) return;
    this.#say(server, before ?? ORDINARY, { held, backups });
    if (held === "" && backups === "") this.#odd.delete(server);
    else this.#odd.set(server, { held, backups, sinceMs: before?.sinceMs ?? this.#clock.wallMs() });
  }

  #say({ config }: LiveVirtualServer, before: Pick<Oddities, "held" | "backups">, now: typeof before): void {
    const vs = formatService(config);
    if (now.held !== before.held) {
      this.#log(
        now.held === ""
          ? `VS ${vs} fails open no more`
          : `VS ${vs} fails open: no real server is up, these stay in the table: ${now.held}`,
      );
    }
    if (now.backups !== before.backups) {
      this.#log(
        now.backups === "" ? `Backup servers of VS ${vs} stand by` : `Backup servers of VS ${vs} serve: ${now.backups}`,
      );
    }
  }
}

function oddities(server: LiveVirtualServer): Pick<Oddities, "held" | "backups"> {
  const { protocol } = server.config;
  const held: string[] = [];
  const backups: string[] = [];
  for (const [{ entry, config }, duty] of server.duties) {
    if (duty === "held") held.push(formatServer(entry, protocol));
    else if (duty === "serves" && config.backup) backups.push(formatServer(entry, protocol));
  }
  return { held: held.join(" "), backups: backups.join(" ") };
}
