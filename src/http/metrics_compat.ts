// The metric names of others, from our own state, so that existing dashboards work: keepalived-exporter (mehdy) and the
// ipvs collector of node_exporter. Label sets are exactly theirs.
import type { Registry } from "prom-client";
import type { Snapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { MetricFamilies } from "./metric_families.ts";

/** keepalived-exporter's numbers for states. */
const STATE_NUMBERS = { init: 0, backup: 1, master: 2, fault: 3 } as const;

/** Adds both families of names. */
export function addCompatibleMetrics(registry: Registry, snapshot: Snapshot): void {
  const keepalived = new MetricFamilies("keepalived_", registry);
  const vrrpRuns = snapshot.node.roles.some((role) => role.name === "vrrp" && role.state === "running");
  keepalived.gauge("up", "Whether the VRRP part runs", vrrpRuns ? 1 : 0);
  for (const instance of snapshot.vrrpInstances) addKeepalivedNames(keepalived, instance);
  addNodeExporterNames(new MetricFamilies("node_ipvs_", registry), snapshot);
}

function addKeepalivedNames(families: MetricFamilies, instance: VrrpInstanceSnapshot): void {
  const { counters } = instance;
  const common = { iname: instance.name, intf: instance.interface, vrid: String(instance.vrid) };
  for (const { address, prefixLength, device } of instance.virtualAddresses) {
    families.gauge("vrrp_state", "0 init, 1 backup, 2 master, 3 fault", STATE_NUMBERS[instance.state], {
      ...common,
      intf: device,
      ip_address: `${address}/${prefixLength}`,
    });
  }
  const discarded = (reason: string): number => counters.discarded[reason] ?? 0;
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
    ["authentication_mismatch_total", "Packets of another authentication type", discarded("auth-type")],
    ["authentication_failure_total", "Packets with a wrong password", discarded("auth-fail")],
    ["priority_zero_received_total", "Advertisements of priority 0 received", counters.priorityZeroReceived],
    ["priority_zero_sent_total", "Advertisements of priority 0 sent", counters.priorityZeroSent],
  ];
  for (const [name, help, value] of counts) families.counter(name, help, value, common);
}

function addNodeExporterNames(families: MetricFamilies, snapshot: Snapshot): void {
  const totals = { connections: 0, incoming_packets: 0, outgoing_packets: 0, incoming_bytes: 0, outgoing_bytes: 0 };
  for (const server of snapshot.virtualServers) {
    addTo(totals, server);
    for (const entry of server.realServers) {
      if (!entry.inKernel) continue;
      const labels = {
        local_address: server.address,
        local_port: String(server.port),
        remote_address: entry.address,
        remote_port: String(entry.port),
        proto: server.protocol.toUpperCase(),
        local_mark: "",
      };
      families.gauge("backend_connections_active", "Active connections", entry.activeConnections, labels);
      families.gauge("backend_connections_inactive", "Inactive connections", entry.inactiveConnections, labels);
      families.gauge("backend_weight", "Weight", entry.weight.kernel ?? entry.weight.effective, labels);
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
