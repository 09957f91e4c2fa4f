// The metric names of others, from our own state, so that existing dashboards work: keepalived-exporter (mehdy) and the
// ipvs collector of node_exporter. Label sets are exactly theirs.
import type { Snapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import type { MetricFamilies } from "./metric_families.ts";

/** keepalived-exporter's numbers for states. */
const STATE_NUMBERS = { init: 0, backup: 1, master: 2, fault: 3 } as const;

/** Adds both families of names. */
export function addCompatibleMetrics(families: MetricFamilies, snapshot: Snapshot): void {
  const keepalived = families.prefix("keepalived_");
  const vrrpRuns = snapshot.node.roles.some((role) => role.name === "vrrp" && role.state === "running");
  keepalived.gauge("up", "Whether the VRRP part runs", vrrpRuns ? 1 : 0);
  const { version } = snapshot.node;
  keepalived.gauge("exporter_build_info", "Version of this program; always 1", 1, { version });
  for (const { name, verdict, running } of snapshot.node.scripts ?? []) {
    keepalived.gauge("script_status", "0 bad, 1 good", verdict === "up" ? 1 : 0, { name });
    keepalived.gauge("script_state", "0 idle, 1 running", running ? 1 : 0, { name });
  }
  for (const instance of snapshot.vrrpInstances) addKeepalivedNames(keepalived, instance);
  addNodeExporterNames(families.prefix("node_ipvs_"), snapshot);
}

function addKeepalivedNames(families: MetricFamilies, instance: VrrpInstanceSnapshot): void {
  const { counters } = instance;
  const common = { iname: instance.name, intf: instance.interface, vrid: String(instance.vrid) };
  for (const { address, prefixLength, device, present, excluded } of instance.virtualAddresses) {
    const labels = { ...common, intf: device, ip_address: `${address}/${prefixLength}` };
    const name = excluded ? "vrrp_excluded_state" : "vrrp_state";
    families.gauge(name, "0 init, 1 backup, 2 master, 3 fault", STATE_NUMBERS[instance.state], labels);
    const check = "Whether the kernel has the address exactly when this is the master";
    const isRight = present === (instance.state === "master");
    families.gauge("exporter_check_script_status", check, isRight ? 1 : 0, labels);
  }
  const discarded = (reason: string): number => counters.discarded[reason] ?? 0;
  const invalid = ["auth-header", "auth-missing", "auth-malformed"].reduce((sum, word) => sum + discarded(word), 0);
  const failed = ["auth-fail", "auth-unknown-key", "auth-invalid-hmac", "auth-stale", "auth-replay"]
    .reduce((sum, word) => sum + discarded(word), 0);
  const counts: readonly [name: string, help: string, value: number][] = [
    ["advertisements_received_total", "Advertisements received", counters.advertisementsReceived],
    ["advertisements_sent_total", "Advertisements sent", counters.advertisementsSent],
    ["become_master_total", "Times it became master", counters.becameMaster],
    ["release_master_total", "Times it left master", counters.releasedMaster],
    ["packet_length_errors_total", "Packets of a wrong length", discarded("length")],
    ["advertisements_interval_errors_total", "Packets of another interval", discarded("interval")],
    ["ip_ttl_errors_total", "Packets of a TTL other than 255", discarded("ttl")],
    ["invalid_type_received_total", "Packets of an unknown type", discarded("type")],
    ["address_list_errors_total", "Packets with another address list", discarded("address-list")],
    ["authentication_invalid_total", "Packets whose authentication cannot be read", invalid],
    ["authentication_mismatch_total", "Packets of another authentication type", discarded("auth-type")],
    ["authentication_failure_total", "Packets with a wrong password or signature", failed],
    ["priority_zero_received_total", "Advertisements of priority 0 received", counters.priorityZeroReceived],
    ["gratuitous_arp_delay_total", "Not a count: the configured garp_delay in seconds", instance.garpDelaySeconds ?? 0],
    ["priority_zero_sent_total", "Advertisements of priority 0 sent", counters.priorityZeroSent],
  ];
  for (const [name, help, value] of counts) families.counter(name, help, value, common);
}

function addNodeExporterNames(families: MetricFamilies, snapshot: Snapshot): void {
  const totals = { connections: 0, incoming_packets: 0, outgoing_packets: 0, incoming_bytes: 0, outgoing_bytes: 0 };
  for (const server of snapshot.virtualServers) {
    addTo(totals, server);
    if (server.address.startsWith("group ")) continue; // its members' rows are not told apart
    const isMark = server.fwmark !== undefined;
    for (const entry of server.realServers) {
      if (!entry.inKernel) continue;
      const labels = {
        local_address: isMark ? "" : server.address,
        local_port: isMark ? "" : String(server.port),
        remote_address: entry.address,
        remote_port: String(entry.port),
        proto: isMark ? "FWM" : server.protocol.toUpperCase(),
        local_mark: isMark ? markOf(server.fwmark ?? 0) : "",
      };
      const row = families.row("backend", labels);
      row?.gauge("backend_connections_active", "Active connections", entry.activeConnections);
      row?.gauge("backend_connections_inactive", "Inactive connections", entry.inactiveConnections);
      row?.gauge("backend_weight", "Weight", entry.weight.kernel ?? entry.weight.effective);
    }
  }
  if (snapshot.virtualServers.every((server) => server.counters === undefined)) return; // the kernel was not read
  for (const [name, value] of Object.entries(totals)) {
    families.counter(`${name}_total`, `IPVS total of ${name.replace("_", " ")}, of our virtual servers`, value);
  }
}

function addTo(totals: Record<string, number>, { counters }: Pick<VirtualServerSnapshot, "counters">): void {
  if (counters === undefined) return;
  totals.connections = (totals.connections ?? 0) + counters.connections;
  totals.incoming_packets = (totals.incoming_packets ?? 0) + counters.packetsIn;
  totals.outgoing_packets = (totals.outgoing_packets ?? 0) + counters.packetsOut;
  totals.incoming_bytes = (totals.incoming_bytes ?? 0) + counters.bytesIn;
  totals.outgoing_bytes = (totals.outgoing_bytes ?? 0) + counters.bytesOut;
}

/** As /proc/net/ip_vs prints it. */
function markOf(mark: number): string {
  return mark.toString(16).toUpperCase().padStart(8, "0");
}
