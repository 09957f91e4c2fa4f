// The metrics of virtual and real servers, under our own names.
import { formatEndpoint } from "../base/ip.ts";
import type { RealServerSnapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import type { MetricFamilies, MetricRow } from "./metric_families.ts";
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
  const row = families.row("vs", { vs });
  if (row !== undefined) addTraffic(row, "vs", server);
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
  const row = families.row("rs", { vs, rs: formatEndpoint(entry.address, entry.port) });
  if (row === undefined) return;
  const help = "1 for the state that the real server is in, 0 for the others";
  const state = stateOf(entry);
  for (const other of STATES) row.gauge("rs_state", help, other === state ? 1 : 0, "state", other);
  const weight = "Weight as configured, as wanted now, and as the kernel has it";
  row.gauge("rs_weight", weight, entry.weight.configured, "kind", "configured");
  row.gauge("rs_weight", weight, entry.weight.effective, "kind", "effective");
  if (entry.weight.kernel !== undefined) row.gauge("rs_weight", weight, entry.weight.kernel, "kind", "kernel");
  const connections = "Connections now, by the kernel's count";
  row.gauge("rs_connections", connections, entry.activeConnections, "kind", "active");
  row.gauge("rs_connections", connections, entry.inactiveConnections, "kind", "inactive");
  row.gauge("rs_connections", connections, entry.persistentConnections, "kind", "persistent");
  for (const kind of ["upper", "lower"] as const) {
    const value = entry.thresholds?.[kind] ?? 0;
    const help = "Connections from which on it gets no more, and below which it gets some again";
    if (value > 0) row.gauge("rs_threshold", help, value, "kind", kind);
  }
  const changes = "How often it went down, and came back after that";
  const isDown = entry.state === "down" || entry.state === "going-up";
  const ups = Math.max(0, entry.downTransitions - (isDown ? 1 : 0));
  row.counter("rs_transitions_total", changes, entry.downTransitions, "to", "down");
  row.counter("rs_transitions_total", changes, ups, "to", "up");
  row.counter("rs_failed_checks_total", "Checks that failed", entry.failedChecks);
  row.counter("rs_downtime_seconds_total", "Time it has been down", entry.downtimeMs / 1000);
  const since = "When its state changed last, Unix time";
  row.gauge("rs_last_transition_timestamp_seconds", since, entry.sinceMs / 1000);
  addTraffic(row, "rs", entry);
  if (entry.certificate !== undefined) {
    const end = "When the certificate of TLS_CHECK ends, Unix time";
    row.gauge("rs_certificate_expiry_timestamp_seconds", end, entry.certificate.notAfterMs / 1000);
  }
  const { check } = entry;
  if (check === undefined || check.atMs === 0) return;
  row.gauge("check_last_duration_seconds", "How long the last check took", check.durationUs / 1_000_000);
  const outcome = "The last check's outcome in HAProxy's words; always 1";
  row.gauge("check_status", outcome, 1, "type", check.type, "status", check.status);
}

/** Traffic out is left away for dr and tun: replies bypass the director, and a 0 would be read as a number. */
function addTraffic(
  row: MetricRow,
  prefix: "vs" | "rs",
  { counters, forwardingMethod }: Pick<VirtualServerSnapshot, "counters" | "forwardingMethod">,
): void {
  if (counters === undefined) return;
  row.counter(`${prefix}_connections_total`, "Connections scheduled", counters.connections);
  const packets = "Packets through the director";
  const bytes = "Bytes through the director";
  row.counter(`${prefix}_packets_total`, packets, counters.packetsIn, "direction", "in");
  row.counter(`${prefix}_bytes_total`, bytes, counters.bytesIn, "direction", "in");
  if (forwardingMethod !== "nat") return;
  row.counter(`${prefix}_packets_total`, packets, counters.packetsOut, "direction", "out");
  row.counter(`${prefix}_bytes_total`, bytes, counters.bytesOut, "direction", "out");
}
