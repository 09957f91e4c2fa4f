// What health shows of itself: live state and the kernel's last reading, as plain data. Decides nothing.
import { downtimeUs, stateName } from "../../core/health/real_server.ts";
import { sorryServerActive } from "../../core/health/virtual_server.ts";
import { canonicalKey, canonicalServer } from "../../core/ipvs/diff.ts";
import type { TableModel } from "../../core/ipvs/model.ts";
import type { RealServerRow, VirtualServerRow, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CheckSnapshot, RealServerSnapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import type { LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** One virtual server, now. `table`: the kernel's, undefined while it cannot be read. */
export function virtualServerSnapshot(
  live: LiveVirtualServer,
  table: TableModel | undefined,
  clock: Clock,
): VirtualServerSnapshot {
  const { config, quorum, wanted } = live;
  const row = table?.get(canonicalKey(wanted.entry.key));
  const servers = new Map(row?.realServers.map((server) => [canonicalServer(server.entry), server]));
  return {
    name: config.name,
    protocol: config.protocol,
    address: config.fwmark === undefined ? config.address : `fwmark ${config.fwmark}`,
    port: config.port,
    scheduler: config.scheduler,
    forwardingMethod: config.forwardingMethod,
    persistenceTimeoutSeconds: config.persistenceTimeoutSeconds,
    up: quorum.up,
    sinceMs: wallMs(quorum.sinceUs, clock),
    quorum: { need: live.limits.quorum, have: live.liveWeight },
    ...sorrySnapshot(live, servers),
    inKernel: row !== undefined,
    ...counters(row),
    downTransitions: quorum.downTransitions,
    realServers: live.realServers.map((server) =>
      realServerSnapshot(server, wanted, servers.get(canonicalServer(server.entry)), clock)
    ),
  };
}

function sorrySnapshot(
  live: LiveVirtualServer,
  servers: ReadonlyMap<string, RealServerRow>,
): Pick<VirtualServerSnapshot, "sorryServer"> {
  const sorry = live.policy.sorryServer;
  if (sorry === undefined) return {};
  const active = sorryServerActive(live.policy, live.quorum.up);
  const row = active ? servers.get(canonicalServer(sorry)) : undefined;
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
  wanted: WantedVirtualServer,
  row: RealServerRow | undefined,
  clock: Clock,
): RealServerSnapshot {
  const { entry, health } = live;
  const id = canonicalServer(entry);
  const effective = wanted.realServers.find((server) => canonicalServer(server) === id)?.weight ?? 0;
  return {
    address: entry.address,
    port: entry.port,
    forwardingMethod: entry.forwardingMethod,
    state: stateName(health),
    sinceMs: wallMs(health.sinceUs, clock),
    weight: { configured: entry.weight, effective, ...(row === undefined ? {} : { kernel: row.entry.weight }) },
    inKernel: row !== undefined,
    activeConnections: row?.activeConnections ?? 0,
    inactiveConnections: row?.inactiveConnections ?? 0,
    persistentConnections: row?.persistentConnections ?? 0,
    ...counters(row),
    ...checkSnapshot(live),
    failedChecks: health.failedChecks,
    downTransitions: health.downTransitions,
    downtimeMs: Math.floor(downtimeUs(health, clock.nowUs()) / 1000),
  };
}

/** The checker that decides: one that is down or failing, else the one heard last. */
function checkSnapshot(live: LiveRealServer): Pick<RealServerSnapshot, "check"> {
  const ranked = live.checkers.map(({ config: checker, result: dated }, index) => {
    const state = live.health.checkers[index];
    const failures = state?.failures ?? 0;
    return { checker, dated, failures, rank: state?.up === false ? 2 : failures > 0 ? 1 : 0 };
  }).sort((a, b) => b.rank - a.rank || (b.dated?.atMs ?? 0) - (a.dated?.atMs ?? 0));
  const first = ranked[0];
  if (first === undefined) return {};
  const { checker, dated, failures } = first;
  const common = { type: checker.type, fall: checker.retry + 1, rise: 1, consecutiveFailures: failures };
  if (dated === undefined) {
    return { check: { ...common, status: "INI", text: "not checked yet", durationUs: 0, atMs: 0 } };
  }
  const { status, code, text, durationUs } = dated.result;
  const check: CheckSnapshot = { ...common, status, text, durationUs, atMs: dated.atMs };
  return { check: code === undefined ? check : { ...check, code } };
}

function counters(row: VirtualServerRow | RealServerRow | undefined): Pick<VirtualServerRow, "counters"> | object {
  return row === undefined ? {} : { counters: row.counters };
}

function wallMs(atUs: number, clock: Clock): number {
  return Math.round(clock.wallMs() - (clock.nowUs() - atUs) / 1000);
}
