// Counts the results of checks for the metrics: durations, outcomes, reaction. Bounded: with many real servers they are
// counted together. Decides nothing.
import { Histogram, histogramIn, histogramsOf } from "../../base/histogram.ts";
import { formatEndpoint } from "../../base/ip.ts";
import type { Checker, VirtualServer } from "../../config/config.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import type { CheckSeries, HealthStatistics } from "../../ports/snapshot.ts";
import type { LiveRealServer } from "./live_real_server.ts";

const CHECK_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REACTION_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120];
/** Real servers beyond that are counted by virtual server: 16 series for each of thousands would drown a Prometheus. */
const MAX_SINGLE_SERVERS = 200;

interface Series {
  readonly vs: string;
  readonly rs: string | undefined;
  readonly type: Checker["type"];
  readonly results: Map<string, number>;
  readonly durations: Map<string, Histogram>;
}

/** What the engine counts of its checks. */
export class CheckStatistics {
  readonly #series = new Map<string, Series>();
  /** Of each real server the series of its last result: to put a key together costs more than to count. */
  #last = new WeakMap<LiveRealServer, Series>();
  readonly #reactions = new Map<string, Histogram>();
  /** Since when results contradict a real server's state, monotonic microseconds. */
  readonly #contradictedSince = new WeakMap<LiveRealServer, number>();
  #isSingle = true;

  /** Forgets what is configured no more. Series of another granularity go, too. */
  configure(servers: readonly VirtualServer[]): void {
    this.#last = new WeakMap();
    this.#isSingle = servers.reduce((total, { realServers }) => total + realServers.length, 0) <= MAX_SINGLE_SERVERS;
    const known = new Set(
      servers.flatMap(({ name, realServers }) =>
        realServers.flatMap((entry) =>
          entry.checkers.map(({ type }) => keyOf(name, this.#isSingle ? endpointOf(entry) : undefined, type))
        )
      ),
    );
    for (const key of this.#series.keys()) if (!known.has(key)) this.#series.delete(key);
    const names = new Set(servers.flatMap(({ name }) => [`up ${name}`, `down ${name}`]));
    for (const key of this.#reactions.keys()) if (!names.has(key)) this.#reactions.delete(key);
  }

  /** A result came in. `server` is as it was before it. */
  record(vs: string, server: LiveRealServer, type: Checker["type"], result: ProbeResult, nowUs: number): void {
    let series = this.#last.get(server);
    if (series?.type !== type) this.#last.set(server, series = this.#seriesOf(vs, server, type));
    series.results.set(result.status, (series.results.get(result.status) ?? 0) + 1);
    const word = result.ok ? "ok" : result.status.endsWith("TOUT") ? "timeout" : "fail";
    histogramIn(series.durations, word, CHECK_SECONDS).observe(result.durationUs / 1_000_000);
    // An agent may be silent without contradicting anything, and what could not be checked contradicts nothing.
    if (type === "agent" || result.status === "SOCKERR") return;
    if (result.ok === server.health.up) this.#contradictedSince.delete(server);
    else if (!this.#contradictedSince.has(server)) this.#contradictedSince.set(server, nowUs);
  }

  #seriesOf(vs: string, { config }: LiveRealServer, type: Checker["type"]): Series {
    const rs = this.#isSingle ? endpointOf(config) : undefined;
    const key = keyOf(vs, rs, type);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { vs, rs, type, results: new Map(), durations: new Map() };
      this.#series.set(key, series);
    }
    return series;
  }

  /** A real server went up or down, and the table says so. */
  reacted(vs: string, server: LiveRealServer, to: "up" | "down", nowUs: number): void {
    const sinceUs = this.#contradictedSince.get(server) ?? nowUs;
    this.#contradictedSince.delete(server);
    histogramIn(this.#reactions, `${to} ${vs}`, REACTION_SECONDS).observe((nowUs - sinceUs) / 1_000_000);
  }

  snapshot(): Pick<HealthStatistics, "checks" | "reactions"> {
    const checks = [...this.#series.values()].map(({ vs, rs, type, results, durations }): CheckSeries => {
      const common = { vs, type, results: Object.fromEntries(results), durations: histogramsOf(durations) };
      return rs === undefined ? common : { ...common, rs };
    });
    const reactions = [...this.#reactions].map(([key, histogram]) => {
      const at = key.indexOf(" ");
      return { vs: key.slice(at + 1), to: key.slice(0, at) as "up" | "down", histogram: histogram.snapshot() };
    });
    return { checks, reactions };
  }
}

function endpointOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return formatEndpoint(address, port);
}

function keyOf(vs: string, rs: string | undefined, type: Checker["type"]): string {
  return `${vs}\n${rs ?? ""}\n${type}`;
}
