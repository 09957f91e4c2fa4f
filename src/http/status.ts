// /api/v1/status: the snapshot in the API's words. Durations in milliseconds are named so, times are RFC 3339.
import { formatEndpoint } from "../base/ip.ts";
import type {
  CheckSnapshot,
  OrderTerms,
  RealServerSnapshot,
  Snapshot,
  VirtualServerSnapshot,
  VrrpInstanceSnapshot,
} from "../ports/snapshot.ts";
import { haproxyStatus } from "./haproxy_status.ts";
import { rollUp } from "./roll_up.ts";

/** The status document. */
export function statusOf(snapshot: Snapshot, nowMs: number): Record<string, unknown> {
  const { node, vrrpInstances, virtualServers } = snapshot;
  const realServers = virtualServers.flatMap((server) => server.realServers);
  return {
    node: node.routerId,
    version: node.version,
    generation: node.generation,
    time: time(nowMs),
    startedAt: time(node.startedAtMs),
    ...(node.maintenance && { maintenance: true }),
    roles: node.roles,
    vrrp: {
      master: vrrpInstances.filter((instance) => instance.state === "master").length,
      backup: vrrpInstances.filter((instance) => instance.state === "backup").length,
      fault: vrrpInstances.filter((instance) => instance.state === "fault").length,
    },
    virtualServersSummary: countBy(virtualServers.map(rollUp), ["up", "degraded", "down"]),
    realServersSummary: countBy(realServers.map((server) => server.state), [
      "up",
      "going-down",
      "down",
      "going-up",
      "no-check",
    ]),
    warnings: node.warnings.map(({ code, message, sinceMs }) => ({ code, message, since: time(sinceMs) })),
    vrrpInstances: vrrpInstances.map(vrrpInstance),
    virtualServers: virtualServers.map(virtualServer),
    ...(snapshot.haproxy && { haproxy: haproxyStatus(snapshot.haproxy) }),
  };
}

/** One VRRP instance. */
export function vrrpInstance(instance: VrrpInstanceSnapshot): Record<string, unknown> {
  const { counters, lastTransition, orders, peer } = instance;
  return {
    name: instance.name,
    vrid: instance.vrid,
    interface: instance.interface,
    version: instance.version,
    family: instance.family,
    state: instance.state,
    since: time(instance.sinceMs),
    priority: {
      base: instance.basePriority,
      effective: instance.effectivePriority,
      ...(orders?.priority && { override: instanceOverride(orders).priority }),
    },
    ...(instance.splitBrain && {
      splitBrain: instance.splitBrain.map(({ sinceMs, ...sign }) => ({ ...sign, since: time(sinceMs) })),
    }),
    ...(orders?.held && { held: instanceOverride(orders).held }),
    ...(peer && { peer: { address: peer.address, priority: peer.priority, heardAt: time(peer.heardMs) } }),
    advertIntervalMs: instance.advertisementIntervalUs / 1000,
    masterDownMs: instance.masterDownIntervalUs / 1000,
    preempt: instance.preemptMode,
    ...(instance.master && { master: instance.master }),
    vips: instance.virtualAddresses,
    ...(instance.syncGroup !== undefined && { syncGroup: instance.syncGroup }),
    faults: instance.faults,
    ...(instance.takeoverForbidden && { takeoverForbidden: takeoverForbidden(instance.takeoverForbidden) }),
    tracked: instance.tracked ?? [],
    ...(lastTransition && {
      lastTransition: {
        from: lastTransition.from,
        to: lastTransition.to,
        at: time(lastTransition.atMs),
        reason: lastTransition.reason,
      },
    }),
    counters: {
      advertsIn: counters.advertisementsReceived,
      advertsOut: counters.advertisementsSent,
      becameMaster: counters.becameMaster,
      releasedMaster: counters.releasedMaster,
      priorityZeroIn: counters.priorityZeroReceived,
      priorityZeroOut: counters.priorityZeroSent,
      gratuitousArpOut: counters.gratuitousArpSent,
      transitions: counters.transitions,
      rivalSigns: counters.rivalSigns,
      discarded: counters.discarded,
    },
  };
}

function takeoverForbidden(
  { reason, count, lastMs }: NonNullable<VrrpInstanceSnapshot["takeoverForbidden"]>,
): Record<string, unknown> {
  return { ...(reason !== undefined && { reason }), count, ...(lastMs !== undefined && { last: time(lastMs) }) };
}

/** One virtual server with its real servers. */
export function virtualServer(server: VirtualServerSnapshot): Record<string, unknown> {
  const { quorum, sorryServer } = server;
  return {
    name: server.name,
    uid: uidOf(server.name),
    engine: "ipvs",
    proto: server.protocol,
    address: server.address,
    port: server.port,
    ...(server.fwmark !== undefined && { fwmark: server.fwmark }),
    scheduler: server.scheduler,
    forward: server.forwardingMethod,
    ...(server.persistenceTimeoutSeconds > 0 && { persistence: { timeoutSeconds: server.persistenceTimeoutSeconds } }),
    state: server.disabled === undefined ? rollUp(server) : "disabled",
    ...(server.disabled && { override: disabledBy(server.disabled) }),
    since: time(server.sinceMs),
    quorum: { ...quorum, met: server.up },
    inKernel: server.inKernel,
    ...(sorryServer && {
      sorryServer: { id: formatEndpoint(sorryServer.address, sorryServer.port), active: sorryServer.active },
    }),
    ...(server.counters && { counters: server.counters }),
    realServers: server.realServers.map(realServer),
  };
}

/** One real server. */
export function realServer(server: RealServerSnapshot): Record<string, unknown> {
  return {
    id: formatEndpoint(server.address, server.port),
    address: server.address,
    port: server.port,
    forward: server.forwardingMethod,
    operState: server.state,
    since: time(server.sinceMs),
    weight: server.weight,
    inKernel: server.inKernel,
    ...(server.thresholds && { thresholds: server.thresholds }),
    current: {
      active: server.activeConnections,
      inactive: server.inactiveConnections,
      persistent: server.persistentConnections,
    },
    ...(server.counters && { counters: server.counters }),
    ...(server.check && { check: check(server.check) }),
    failedChecks: server.failedChecks,
    transitions: server.downTransitions,
    downtimeSeconds: server.downtimeMs / 1000,
    ...(server.presence && { presence: server.presence }),
    ...(server.backup && { backup: true }),
    ...(server.held && { held: true }),
    ...(server.override && { override: serverOverride(server.override) }),
    ...(server.certificate && { certificate: certificate(server.certificate) }),
    ...(server.agent && { agent: server.agent }),
    ...(server.causes && { causes: server.causes }),
  };
}

function certificate({ notAfterMs, ...rest }: NonNullable<RealServerSnapshot["certificate"]>): Record<string, unknown> {
  return { notAfter: time(notAfterMs), ...rest };
}

/** What operators have said of a real server. */
export function serverOverride(
  said: RealServerSnapshot["override"],
): Omit<NonNullable<RealServerSnapshot["override"]>, "atMs" | "untilMs" | "author"> & SignedTerms {
  if (said === undefined) return {};
  const { atMs, untilMs, ...rest } = said;
  return { ...rest, ...(atMs > 0 && { at: time(atMs) }), ...until(untilMs) };
}

/** What operators have said of a whole virtual server. */
export function disabledBy(
  said: VirtualServerSnapshot["disabled"],
): { readonly state: "disabled" | "enabled" } & SignedTerms {
  if (said === undefined) return { state: "enabled" };
  const { mode: _, ...rest } = serverOverride(said);
  return { state: "disabled", ...rest };
}

/** What operators have said of an instance. */
export function instanceOverride(
  orders: VrrpInstanceSnapshot["orders"],
): { readonly held?: SignedTerms; readonly priority?: SignedTerms & { readonly priority: number } } {
  const terms = ({ untilMs, atMs, author, reason }: OrderTerms): SignedTerms => ({
    ...(author === undefined ? {} : { author }),
    ...(reason === undefined ? {} : { reason }),
    ...(atMs === undefined ? {} : { at: time(atMs) }),
    ...until(untilMs),
  });
  const { held, priority } = orders ?? {};
  return {
    ...(held && { held: terms(held) }),
    ...(priority && { priority: { priority: priority.value, ...terms(priority) } }),
  };
}

/** What is said of the whole node. */
export function maintenanceOf(
  { maintenance }: Snapshot["node"],
): { readonly active: boolean; readonly takesOverAlone?: boolean } & SignedTerms {
  if (maintenance === undefined) return { active: false };
  const { author, reason, atMs, untilMs, takesOverAlone } = maintenance;
  return {
    active: true,
    takesOverAlone,
    author,
    ...(reason === undefined ? {} : { reason }),
    at: time(atMs),
    ...until(untilMs),
  };
}

/** Whose word it is, and until when. */
interface SignedTerms {
  readonly author?: string;
  readonly reason?: string;
  readonly at?: string;
  readonly until?: string;
}

/** The last result of a checker, with what it takes to change the state. */
export function check(last: CheckSnapshot): Record<string, unknown> {
  const { atMs, durationUs, ...rest } = last;
  return { ...rest, durationSeconds: durationUs / 1_000_000, ...(atMs > 0 && { at: time(atMs) }) };
}

/** Until when; nothing: until it is taken back. */
function until(untilMs: number | undefined): { until?: string } {
  return untilMs === undefined ? {} : { until: time(untilMs) };
}

/** RFC 3339. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** How often each of the words occurs, and how many there are in all. */
function countBy(values: readonly string[], words: readonly string[]): Record<string, number> {
  const counts = words.map((word) => [word, values.filter((value) => value === word).length] as const);
  return { total: values.length, ...Object.fromEntries(counts) };
}

/** A short name of a virtual server that needs no escaping: a hash of its name, which says protocol, address and port. */
export function uidOf(name: string): string {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < name.length; at++) {
    low = Math.imul(low ^ name.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ name.charCodeAt(at), 0x85ebca6b);
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36);
}

/** What a check is called: its virtual server's uid and its real server's id. */
export function checkId(virtualServer: string, realServer: string): string {
  return `${uidOf(virtualServer)}@${realServer}`;
}
