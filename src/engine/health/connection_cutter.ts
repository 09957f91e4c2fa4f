// Ends the connections of a real server. IPVS has no order for that: the server leaves the table for a moment, with
// `expire_nodest_conn`, by which the kernel forgets the connections to servers that are gone (since Linux 5.9 all of them at once,
// before that each when its client sends). Then the server is back, and what clients still send on old connections is reset.
import { serverBehind } from "../../core/health/virtual_server.ts";
import { canonicalServer } from "../../core/ipvs/diff.ts";
import type { WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Clock } from "../../ports/clock.ts";
import type { IpvsSettingsPort } from "../../ports/ipvs.ts";
import type { Agenda } from "./agenda.ts";
import type { LiveRealServer } from "./live_real_server.ts";

/** What it works with. */
export interface ConnectionCutterOptions {
  /** @throws IpvsUnavailableError */
  readonly port: () => IpvsSettingsPort;
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly log: (line: string) => void;
}

const SYSCTL = "expire_nodest_conn";
/** The kernel looks for them a tick later, and goes through all of its connections. */
const AWAY_US = 1_000_000;

/** Use: `cut()`, and `without()` for everything that goes into the table. */
export class ConnectionCutter {
  readonly #options: ConnectionCutterOptions;
  readonly #away = new Map<LiveRealServer, object>();
  /** The setting as it was before. */
  #earlier: string | undefined;

  constructor(options: ConnectionCutterOptions) {
    this.#options = options;
  }

  /** @param apply brings the table in line @throws Error when the kernel cannot do it */
  cut(server: LiveRealServer, apply: () => void): void {
    const { port, clock, agenda } = this.#options;
    const settings = port();
    const now = settings.sysctl(SYSCTL);
    if (now === undefined) throw new Error(`this kernel has no net.ipv4.vs.${SYSCTL}: connections cannot be ended`);
    if (now !== "1") {
      settings.setSysctl(SYSCTL, "1");
      this.#earlier = now;
    }
    // Asked for again, it stays away for longer.
    const turn = {};
    this.#away.set(server, turn);
    apply();
    agenda.at(clock.nowUs() + AWAY_US, () => {
      if (this.#away.get(server) !== turn) return;
      this.#away.delete(server);
      this.#restore();
      apply();
    });
  }

  /** At the end: nobody is away any more. @returns whether somebody was */
  end(): boolean {
    const wasAway = this.#away.size > 0;
    this.#away.clear();
    this.#restore();
    return wasAway;
  }

  /** The kernel's setting as it was before, once nobody is away. */
  #restore(): void {
    if (this.#earlier === undefined || this.#away.size > 0) return;
    const earlier = this.#earlier;
    this.#earlier = undefined;
    try {
      this.#options.port().setSysctl(SYSCTL, earlier);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      this.#options.log(`warning: net.ipv4.vs.${SYSCTL} is not what it was (${earlier}): ${why}`);
    }
  }

  /** What is wanted in the table, without those that are away; the virtual servers' own part of `servers` at least. */
  without(wanted: readonly WantedVirtualServer[], servers: readonly LiveRealServer[]): readonly WantedVirtualServer[] {
    const away = servers.filter((server) => this.#away.has(server));
    if (away.length === 0) return wanted;
    return wanted.map(({ entry, realServers }) => {
      const gone = new Set(away.flatMap((server) => {
        const there = serverBehind(entry.key, server.entry);
        return there === undefined ? [] : [canonicalServer(there)];
      }));
      return { entry, realServers: realServers.filter((server) => !gone.has(canonicalServer(server))) };
    });
  }
}
