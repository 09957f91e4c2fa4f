// `shared_checks`: checks of several virtual servers that ask the same server the same are one probe, whose result all of them
// get. Knows who shares with whom and what runs; starts nothing.
import type { Checker } from "../../config/config.ts";
import type { LiveChecker, LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** A checker with where it belongs. */
export interface PlacedChecker {
  readonly server: LiveVirtualServer;
  readonly realServer: LiveRealServer;
  readonly checker: LiveChecker;
}

/** Says nothing about the question or its pace: where the checker starts, and what it logs. */
const PRIVATE: ReadonlySet<string> = new Set(["alpha", "warmupMs", "logsAllFailures"]);

/** Who shares, and which probes run. */
export class SharedChecks {
  readonly #keys = new Map<LiveChecker, string>();
  #groups = new Map<string, PlacedChecker[]>();
  /** Of each probe that runs for several, those that came due meanwhile. */
  readonly #waiting = new Map<string, PlacedChecker[]>();

  /** Other virtual servers are at work, or the same with other settings. What runs, runs on. */
  use(servers: readonly LiveVirtualServer[]): void {
    this.#keys.clear();
    this.#groups = new Map();
    for (const server of servers) {
      if (!server.config.sharesChecks) continue;
      for (const realServer of server.realServers) {
        for (const checker of realServer.checkers) {
          if (checker.config.type === "bfd") continue; // it asks nothing
          const key = questionOf(checker.config);
          this.#keys.set(checker, key);
          const group = this.#groups.get(key);
          if (group === undefined) this.#groups.set(key, [{ server, realServer, checker }]);
          else group.push({ server, realServer, checker });
        }
      }
    }
  }

  /** How many checkers get the results of this one's probes, itself included. */
  sharers(checker: LiveChecker): number {
    const key = this.#keys.get(checker);
    return key === undefined ? 1 : this.#groups.get(key)?.length ?? 1;
  }

  /**
   * A check is due.
   *
   * @returns undefined when a probe that runs already is for it, too; `alone` when it shares with nobody; else what to call
   * once with its end: it says who gets the result, those included that a reload has brought or taken out of the sharing
   * meanwhile
   */
  begin(check: PlacedChecker): (() => readonly PlacedChecker[]) | "alone" | undefined {
    const key = this.#keys.get(check.checker);
    if (key === undefined) return "alone";
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.push(check);
      return undefined;
    }
    this.#waiting.set(key, []);
    return () => {
      const waited = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      const all = [check, ...waited, ...this.#groups.get(key) ?? []];
      return [...new Map(all.map((one) => [one.checker, one])).values()];
    };
  }
}

/** They ask a host or a command, no port. */
const WITHOUT_PORT: ReadonlySet<Checker["type"]> = new Set(["ping", "misc", "file"]);

/** The same text for the same question at the same pace: address, port, and all that the checker is set to. */
export function questionOf(checker: Checker): string {
  const asked = WITHOUT_PORT.has(checker.type) ? { ...checker, port: 0 } : checker;
  return JSON.stringify(asked, (key, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([name, entry]) => entry !== undefined && !(key === "" && PRIVATE.has(name)));
    return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
  });
}
