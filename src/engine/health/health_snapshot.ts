// What health shows of itself: live state and the kernel's last reading, as plain data. Decides nothing.
import { downtimeUs, stateName } from "../../core/health/real_server.ts";
import { serverBehind, sorryServerActive } from "../../core/health/virtual_server.ts";
import { canonicalKey, canonicalServer } from "../../core/ipvs/diff.ts";
import { NO_TRAFFIC, type TableModel } from "../../core/ipvs/model.ts";
import type { RealServerEntry, RealServerRow, TrafficCounters, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CheckSnapshot, RealServerSnapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { CHECKER_KEYWORDS } from "../../config/print_server.ts";
import type { Duty } from "../../core/health/pool.ts";
import { agentOf } from "./live_agent.ts";
import { certificateOf, warningOf } from "./live_certificate.ts";
import { explain, type ServerFacts } from "../../core/health/explain.ts";
import { connectionsOf, rowsOf, termsOf } from "./live_presence.ts";
import { countsAsUp, type LiveRealServer, weightedEntry } from "./live_real_server.ts";
import { timingOf } from "./policy.ts";
import type { LiveVirtualServer } from "./live_server.ts";
import type { SharedChecks } from "./shared_checks.ts";
import { untoldWarning } from "./untold.ts";

/** One virtual server, now. `table`: the kernel's, undefined while it cannot be read. */
export function virtualServerSnapshot(
  live: LiveVirtualServer,
  table: TableModel | undefined,
  { clock, suspended, checks }: Pick<Surroundings, "clock" | "suspended" | "checks">,
): VirtualServerSnapshot {
  const { config, quorum, wanted } = live;
  const rows = wanted.map(({ entry }) => table?.get(canonicalKey(entry.key))).filter((row) => row !== undefined);
  const duties = live.hasPool ? live.duties : undefined;
  const inTable = (server: RealServerEntry): RealServerRow | undefined => {
    return table === undefined ? undefined : sumOfRows(rowsOf(live.policy, server, table));
  };
  const have = live.liveWeight;
  const weightOf = weightsOf(wanted);
  return {
    name: config.name,
    protocol: config.protocol,
    address: addressOf(live),
    port: config.port,
    ...(config.fwmark === undefined ? {} : { fwmark: config.fwmark }),
    scheduler: config.scheduler,
    forwardingMethod: config.forwardingMethod,
    persistenceTimeoutSeconds: config.persistenceTimeoutSeconds,
    up: quorum.up,
    sinceMs: wallMs(quorum.sinceUs, clock),
    quorum: { need: live.limits.quorum, have },
    ...sorrySnapshot(live, inTable),
    inKernel: rows.length === wanted.length,
    ...(rows.length === 0 ? {} : { counters: sumOf(rows.map((row) => row.counters)) }),
    downTransitions: quorum.downTransitions,
    ...(live.disabled && { disabled: live.disabled }),
    realServers: [...live.realServers, ...live.leaving].map((server) => {
      const connections = connectionsOf(config, live.policy, server.entry, table);
      const surroundings = { live, have, duties, suspended, connections, clock, checks };
      return realServerSnapshot(server, weightOf(server.entry), inTable(server.entry), surroundings);
    }),
  };
}

function addressOf({ config }: LiveVirtualServer): string {
  if (config.group !== undefined) return `group ${config.group}`;
  return config.fwmark === undefined ? config.address : `fwmark ${config.fwmark}`;
}

/** The greatest weight that a real server is to have behind the entries, 0 where it stands behind none. */
function weightsOf(wanted: readonly WantedVirtualServer[]): (server: RealServerEntry) => number {
  const behind = wanted.map(({ entry: { key }, realServers }) => {
    const weights = new Map<string, number>();
    for (const server of realServers) {
      const id = canonicalServer(server);
      weights.set(id, Math.max(server.weight, weights.get(id) ?? 0));
    }
    return { key, weights };
  });
  return (server) =>
    behind.reduce((greatest, { key, weights }) => {
      const there = serverBehind(key, server);
      return Math.max(greatest, there === undefined ? 0 : weights.get(canonicalServer(there)) ?? 0);
    }, 0);
}

/** One server behind all members of a group: its connections and traffic together. */
function sumOfRows(rows: readonly RealServerRow[]): RealServerRow | undefined {
  const [first] = rows;
  if (first === undefined || rows.length === 1) return first;
  const sum = (pick: (row: RealServerRow) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  return {
    entry: first.entry,
    activeConnections: sum((row) => row.activeConnections),
    inactiveConnections: sum((row) => row.inactiveConnections),
    persistentConnections: sum((row) => row.persistentConnections),
    counters: sumOf(rows.map((row) => row.counters)),
  };
}

function sumOf(all: readonly TrafficCounters[]): TrafficCounters {
  const names = Object.keys(NO_TRAFFIC) as (keyof TrafficCounters)[];
  return Object.fromEntries(
    names.map((name) => [name, all.reduce((total, counters) => total + counters[name], 0)]),
  ) as unknown as TrafficCounters;
}

function sorrySnapshot(
  live: LiveVirtualServer,
  inTable: (server: RealServerEntry) => RealServerRow | undefined,
): Pick<VirtualServerSnapshot, "sorryServer"> {
  const sorry = live.policy.sorryServer;
  if (sorry === undefined) return {};
  const active = sorryServerActive(live.policy, live.quorum.up);
  const row = active ? inTable(sorry) : undefined;
  return {
    sorryServer: {
      address: sorry.address,
      port: sorry.port,
      active,
      activeConnections: row?.activeConnections ?? 0,
      inactiveConnections: row?.inactiveConnections ?? 0,
      ...counters(row),
    },
  };
}

function realServerSnapshot(
  live: LiveRealServer,
  effective: number,
  row: RealServerRow | undefined,
  surroundings: Surroundings,
): RealServerSnapshot {
  const { entry, health, presence, override } = live;
  const { clock } = surroundings;
  return {
    address: entry.address,
    port: entry.port,
    forwardingMethod: entry.forwardingMethod,
    state: override?.health ?? stateName(health),
    sinceMs: wallMs(health.sinceUs, clock),
    weight: {
      configured: entry.weight,
      effective,
      ...(row === undefined ? {} : { kernel: row.entry.weight }),
    },
    inKernel: row !== undefined,
    ...(entry.upperThreshold + entry.lowerThreshold === 0 ? {} : {
      thresholds: { upper: entry.upperThreshold, lower: entry.lowerThreshold },
    }),
    activeConnections: row?.activeConnections ?? 0,
    inactiveConnections: row?.inactiveConnections ?? 0,
    persistentConnections: row?.persistentConnections ?? 0,
    ...counters(row),
    ...checkSnapshot(live),
    failedChecks: health.failedChecks,
    downTransitions: health.downTransitions,
    downtimeMs: Math.floor(downtimeUs(health, clock.nowUs()) / 1000),
    presence: presence.name,
    ...(live.config.backup ? { backup: true } : {}),
    ...(surroundings.duties?.get(live) === "held" ? { held: true } : {}),
    ...(override === undefined ? {} : { override }),
    ...ownFindings(live),
    causes: causesOf(live, effective, surroundings),
  };
}

/** What the checks that keepalived does not have know of it. */
function ownFindings(live: LiveRealServer): Pick<RealServerSnapshot, "certificate" | "agent"> {
  const [agent, seen] = [agentOf(live.checkers), certificateOf(live)];
  const certificate = seen && { notAfterMs: seen.notAfterMs, daysLeft: seen.daysLeft, ending: seen.ending };
  return {
    ...(agent === undefined || agent.assumed ? {} : { agent }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** What is around one real server. */
interface Surroundings {
  readonly live: LiveVirtualServer;
  /** Sum of its live weights. */
  readonly have: number;
  /** Undefined: its pool has neither backups nor `fail_open`. */
  readonly duties: LiveVirtualServer["duties"] | undefined;
  readonly suspended: string | undefined;
  readonly connections: number | undefined;
  readonly clock: Clock;
  /** How many checkers a probe is for. */
  readonly checks: Pick<SharedChecks, "sharers">;
}

function causesOf(
  server: LiveRealServer,
  effective: number,
  { live, have, duties, suspended, connections, clock, checks }: Surroundings,
): string[] {
  const { config, entry, health, presence, override, removed = false } = server;
  if (live.disabled !== undefined) {
    const { author, reason } = live.disabled;
    return [`an operator has taken the virtual server out of service (${author}${reason ? `: ${reason}` : ""})`];
  }
  return explain({
    health,
    counts: countsAsUp(server),
    checks: server.checkers.map((checker) => ({
      name: CHECKER_KEYWORDS[checker.config.type],
      fall: timingOf(checker.config).retry + 1,
      text: checker.agent?.said ?? checker.result?.result.text,
      warning: untoldWarning(checker) ?? warningOf(checker, checker.result?.result),
      sharers: checks.sharers(checker),
    })),
    agent: agentOf(server.checkers),
    terms: termsOf(live.config, config),
    presence,
    override,
    removed,
    weight: { configured: entry.weight, wanted: weightedEntry(server).weight, effective },
    inhibitOnFailure: config.inhibitOnFailure,
    quorum: { need: live.limits.quorum, have },
    sorryServerActive: sorryServerActive(live.policy, live.quorum.up),
    ...poolFacts(server, live.config, duties?.get(server)),
    suspended,
    connections,
  }, clock.nowUs());
}

function poolFacts(
  { config }: LiveRealServer,
  { backupBelow = 1 }: LiveVirtualServer["config"],
  duty: Duty | undefined,
): Pick<ServerFacts, "pool"> {
  return duty === undefined ? {} : { pool: { duty, backup: config.backup === true, backupBelow } };
}

/** The checker that decides: one that is down or failing, else the one heard last. */
function checkSnapshot(live: LiveRealServer): Pick<RealServerSnapshot, "check"> {
  const ranked = live.checkers.map(({ config: checker, result: dated }, index) => {
    const state = live.health.checkers[index];
    const failures = state?.failures ?? 0;
    // An agent decides only when it takes the server out, or is alone.
    const usual = checker.type === "agent" ? -1 : 0;
    return { checker, dated, failures, rank: state?.up === false ? 2 : failures > 0 ? 1 : usual };
  }).sort((a, b) => b.rank - a.rank || (b.dated?.atMs ?? 0) - (a.dated?.atMs ?? 0));
  const first = ranked[0];
  if (first === undefined) return {};
  const { checker, dated, failures } = first;
  const common = { type: checker.type, fall: timingOf(checker).retry + 1, rise: 1, consecutiveFailures: failures };
  if (dated === undefined) {
    return { check: { ...common, status: "INI", text: "not checked yet", durationUs: 0, atMs: 0 } };
  }
  const { status, code, text, durationUs } = dated.result;
  const check: CheckSnapshot = { ...common, status, text, durationUs, atMs: dated.atMs };
  return { check: code === undefined ? check : { ...check, code } };
}

function counters(row: RealServerRow | undefined): Pick<RealServerRow, "counters"> | object {
  return row === undefined ? {} : { counters: row.counters };
}

function wallMs(atUs: number, clock: Clock): number {
  return Math.round(clock.wallMs() - (clock.nowUs() - atUs) / 1000);
}
