// The metrics of virtual and real servers, under our own names.
import { formatEndpoint } from "../base/ip.ts";
import type { RealServerSnapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import type { Labels, MetricFamilies } from "./metric_families.ts";
import { rollUp } from "./roll_up.ts";

const STATES = ["up", "going_down", "down", "going_up", "no_check", "drain", "maint"] as const;

/** One virtual server with its real servers. */
export function addVirtualServer(
  families: MetricFamilies,
  server: VirtualServerSnapshot,
  instances: readonly VrrpInstanceSnapshot[],
): void {
  const vs = server.name;
  const hasAddress = server.fwmark === undefined;
  families.gauge("vs_info", "What a virtual server is; always 1", 1, {
    vs,
    proto: hasAddress ? server.protocol : "fwm",
    vip: hasAddress ? server.address : "",
    vport: hasAddress ? String(server.port) : "",
    fwmark: hasAddress ? "" : String(server.fwmark),
    scheduler: server.scheduler,
    forward: server.forwardingMethod,
    vrrp: instanceOf(server, instances),
  });
  families.gauge("vs_up", "Whether the virtual server has its quorum", server.up ? 1 : 0, { vs });
  families.gauge("vs_degraded", "1 when up, but a real server is not", rollUp(server) === "degraded" ? 1 : 0, { vs });
  families.gauge("vs_quorum", "Weight needed", server.quorum.need, { vs });
  families.gauge("vs_weight", "Weight there is", server.quorum.have, { vs });
  families.gauge("vs_in_kernel", "Whether the kernel has the virtual server", server.inKernel ? 1 : 0, { vs });
  families.counter("vs_down_transitions_total", "How often it lost its quorum", server.downTransitions, { vs });
  for (const state of STATES) {
    const count = server.realServers.filter((entry) => stateOf(entry) === state).length;
    families.gauge("vs_real_servers", "Real servers in each state", count, { vs, state });
  }
  if (server.sorryServer !== undefined) {
    const help = "Whether the sorry server gets the connections";
    families.gauge("vs_sorry_server_active", help, server.sorryServer.active ? 1 : 0, { vs });
  }
  const open = "Whether failed real servers stay in the table because none is up (fail_open)";
  families.gauge("vs_failing_open", open, server.realServers.some(({ held }) => held) ? 1 : 0, { vs });
  addTraffic(families, "vs", { vs }, server);
  for (const entry of server.realServers) addRealServer(families, vs, entry);
}

/** The state as a label: what an operator ordered, else what the checks say. */
function stateOf(entry: RealServerSnapshot): string {
  if (entry.presence === "out") return "maint";
  if (entry.presence === "draining") return "drain";
  return entry.state.replace("-", "_");
}

/** The VRRP instance that has the server's address; empty: none. */
function instanceOf({ address }: VirtualServerSnapshot, instances: readonly VrrpInstanceSnapshot[]): string {
  return instances.find(({ virtualAddresses }) => virtualAddresses.some((vip) => vip.address === address))?.name ?? "";
}

function addRealServer(families: MetricFamilies, vs: string, entry: RealServerSnapshot): void {
  const labels = { vs, rs: formatEndpoint(entry.address, entry.port) };
  const state = "1 for the state that the real server is in, 0 for the others";
  families.states("rs_state", state, labels, STATES, stateOf(entry));
  const weight = "Weight as configured, as wanted now, and as the kernel has it";
  families.gauge("rs_weight", weight, entry.weight.configured, { ...labels, kind: "configured" });
  families.gauge("rs_weight", weight, entry.weight.effective, { ...labels, kind: "effective" });
  if (entry.weight.kernel !== undefined) {
    families.gauge("rs_weight", weight, entry.weight.kernel, { ...labels, kind: "kernel" });
  }
  const connections = "Connections now, by the kernel's count";
  families.gauge("rs_connections", connections, entry.activeConnections, { ...labels, kind: "active" });
  families.gauge("rs_connections", connections, entry.inactiveConnections, { ...labels, kind: "inactive" });
  families.gauge("rs_connections", connections, entry.persistentConnections, { ...labels, kind: "persistent" });
  for (const kind of ["upper", "lower"] as const) {
    const value = entry.thresholds?.[kind] ?? 0;
    const help = "Connections from which on it gets no more, and below which it gets some again";
    if (value > 0) families.gauge("rs_threshold", help, value, { ...labels, kind });
  }
  const changes = "How often it went down, and came back after that";
  const isDown = entry.state === "down" || entry.state === "going-up";
  const ups = Math.max(0, entry.downTransitions - (isDown ? 1 : 0));
  families.counter("rs_transitions_total", changes, entry.downTransitions, { ...labels, to: "down" });
  families.counter("rs_transitions_total", changes, ups, { ...labels, to: "up" });
  families.counter("rs_failed_checks_total", "Checks that failed", entry.failedChecks, labels);
  families.counter("rs_downtime_seconds_total", "Time it has been down", entry.downtimeMs / 1000, labels);
  const since = "When its state changed last, Unix time";
  families.gauge("rs_last_transition_timestamp_seconds", since, entry.sinceMs / 1000, labels);
  addTraffic(families, "rs", labels, entry);
  if (entry.check !== undefined && entry.check.atMs > 0) {
    const duration = "How long the last check took";
    families.gauge("check_last_duration_seconds", duration, entry.check.durationUs / 1_000_000, labels);
    families.gauge("check_status", "The last check's outcome in HAProxy's words; always 1", 1, {
      ...labels,
      type: entry.check.type,
      status: entry.check.status,
    });
  }
}

/** Traffic out is left away for dr and tun: replies bypass the director, and a 0 would be read as a number. */
function addTraffic(
  families: MetricFamilies,
  prefix: "vs" | "rs",
  labels: Labels,
  { counters, forwardingMethod }: Pick<VirtualServerSnapshot, "counters" | "forwardingMethod">,
): void {
  if (counters === undefined) return;
  families.counter(`${prefix}_connections_total`, "Connections scheduled", counters.connections, labels);
  const packets = "Packets through the director";
  const bytes = "Bytes through the director";
  families.counter(`${prefix}_packets_total`, packets, counters.packetsIn, { ...labels, direction: "in" });
  families.counter(`${prefix}_bytes_total`, bytes, counters.bytesIn, { ...labels, direction: "in" });
  if (forwardingMethod !== "nat") return;
  families.counter(`${prefix}_packets_total`, packets, counters.packetsOut, { ...labels, direction: "out" });
  families.counter(`${prefix}_bytes_total`, bytes, counters.bytesOut, { ...labels, direction: "out" });
}
