// /metrics: the snapshot in Prometheus' text format, by prom-client. Our own names; those of others are in metrics_compat.ts.
import { Registry } from "prom-client";
import { formatEndpoint } from "../base/ip.ts";
import type { Snapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { addCompatibleMetrics } from "./metrics_compat.ts";
import { MetricFamilies } from "./metric_families.ts";
import { rollUp } from "./virtual_server_table.tsx";

/** The text format that every Prometheus reads. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

const VRRP_STATES = ["init", "backup", "master", "fault"] as const;
const REAL_SERVER_STATES = ["up", "going-down", "down", "going-up", "no-check"] as const;

/** All metrics of one moment. A registry of its own each time: what is gone from the snapshot is gone from here. */
export function renderMetrics(snapshot: Snapshot): Promise<string> {
  const families = new MetricFamilies("holdfast_");
  addNode(families, snapshot);
  for (const instance of snapshot.vrrpInstances) addVrrpInstance(families, instance);
  for (const server of snapshot.virtualServers) addVirtualServer(families, server);
  addCompatibleMetrics(families.registry, snapshot);
  return families.registry.metrics();
}

function addNode(families: MetricFamilies, { node }: Snapshot): void {
  families.gauge("build_info", "Version of this program; always 1", 1, { version: node.version });
  families.gauge("start_time_seconds", "When the supervisor started, Unix time", node.startedAtMs / 1000);
  families.gauge("config_generation", "1 after start, one more with each configuration taken over", node.generation);
  families.gauge("warnings", "Lasting conditions that want attention", node.warnings.length);
  for (const role of node.roles) {
    families.gauge("component_up", "Whether a role is running", role.state === "running" ? 1 : 0, {
      component: role.name,
    });
    families.counter("component_restarts_total", "How often a role died and was started again", role.restarts, {
      component: role.name,
    });
  }
}

function addVrrpInstance(families: MetricFamilies, instance: VrrpInstanceSnapshot): void {
  const iname = instance.name;
  const { counters, lastTransition, master } = instance;
  const identity = { iname, intf: instance.interface, vrid: String(instance.vrid), family: String(instance.family) };
  for (const state of VRRP_STATES) {
    const value = instance.state === state ? 1 : 0;
    families.gauge("vrrp_state", "1 for the state that the instance is in, 0 for the others", value, {
      ...identity,
      state,
    });
  }
  families.gauge("vrrp_priority", "Configured and effective priority", instance.basePriority, { iname, kind: "base" });
  families.gauge("vrrp_priority", "", instance.effectivePriority, { iname, kind: "effective" });
  families.counter("vrrp_transitions_total", "Changes of state", counters.transitions, { iname });
  if (lastTransition !== undefined) {
    const help = "When the state changed last, Unix time";
    families.gauge("vrrp_last_transition_timestamp_seconds", help, lastTransition.atMs / 1000, { iname });
  }
  const adverts = "Advertisements received and sent";
  families.counter("vrrp_adverts_total", adverts, counters.advertisementsReceived, { iname, direction: "in" });
  families.counter("vrrp_adverts_total", adverts, counters.advertisementsSent, { iname, direction: "out" });
  for (const [reason, value] of Object.entries(counters.discarded)) {
    families.counter("vrrp_adverts_discarded_total", "Advertisements found wrong, by reason", value, { iname, reason });
  }
  const zero = "Advertisements of priority 0: a master left";
  families.counter("vrrp_priority_zero_total", zero, counters.priorityZeroReceived, { iname, direction: "in" });
  families.counter("vrrp_priority_zero_total", zero, counters.priorityZeroSent, { iname, direction: "out" });
  families.counter("vrrp_garp_sent_total", "Gratuitous ARP messages sent", counters.gratuitousArpSent, { iname });
  if (master !== undefined) {
    const labels = { iname, address: master.address, priority: String(master.priority) };
    families.gauge("vrrp_master_info", "Who is master, as far as heard; always 1", 1, labels);
  }
  for (const { address, device, present } of instance.virtualAddresses) {
    const help = "Whether the kernel has the virtual address now";
    families.gauge("vrrp_vip_present", help, present ? 1 : 0, { iname, vip: address, device });
  }
}

function addVirtualServer(families: MetricFamilies, server: VirtualServerSnapshot): void {
  const vs = server.name;
  families.gauge("vs_info", "What a virtual server is; always 1", 1, {
    vs,
    proto: server.protocol,
    vip: server.address,
    vport: String(server.port),
    scheduler: server.scheduler,
    forward: server.forwardingMethod,
  });
  families.gauge("vs_up", "Whether the virtual server has its quorum", server.up ? 1 : 0, { vs });
  families.gauge("vs_degraded", "1 when up, but a real server is not", rollUp(server) === "degraded" ? 1 : 0, { vs });
  families.gauge("vs_quorum", "Weight needed", server.quorum.need, { vs });
  families.gauge("vs_weight", "Weight there is", server.quorum.have, { vs });
  families.gauge("vs_in_kernel", "Whether the kernel has the virtual server", server.inKernel ? 1 : 0, { vs });
  for (const state of REAL_SERVER_STATES) {
    const count = server.realServers.filter((entry) => entry.state === state).length;
    families.gauge("vs_real_servers", "Real servers in each state", count, { vs, state });
  }
  addTraffic(families, "vs", { vs }, server);
  for (const entry of server.realServers) addRealServer(families, vs, entry);
}

function addRealServer(
  families: MetricFamilies,
  vs: string,
  entry: VirtualServerSnapshot["realServers"][number],
): void {
  const labels = { vs, rs: formatEndpoint(entry.address, entry.port) };
  for (const state of REAL_SERVER_STATES) {
    const value = entry.state === state ? 1 : 0;
    families.gauge("rs_state", "1 for the state that the real server is in, 0 for the others", value, {
      ...labels,
      state,
    });
  }
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
  families.counter("rs_down_transitions_total", "How often it went down", entry.downTransitions, labels);
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
  labels: Readonly<Record<string, string>>,
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
