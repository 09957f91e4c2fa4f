// The IPVS table in ipvsadm's words: virtual servers with their real servers. Knows nothing of netlink.
import type {
  RealServerEntry,
  RealServerRow,
  TrafficCounters,
  VirtualServerEntry,
  VirtualServerKey,
} from "../../wire/ipvs_types.ts";

export type {
  ForwardingMethod,
  IpvsCommand,
  IpvsTimeouts,
  Protocol,
  RealServerEntry,
  RealServerRow,
  SyncDaemon,
  TrafficCounters,
  Tunnel,
  VirtualServerEntry,
  VirtualServerKey,
} from "../../wire/ipvs_types.ts";

/** A virtual server as read from the kernel, with its real servers. */
export interface VirtualServerRow {
  readonly entry: VirtualServerEntry;
  readonly counters: TrafficCounters;
  readonly realServers: readonly RealServerRow[];
}

/** A virtual server as wanted, real servers in the order of the configuration (rr, sh and dh depend on it). */
export interface WantedVirtualServer {
  readonly entry: VirtualServerEntry;
  readonly realServers: readonly RealServerEntry[];
}

/** A stable text of a key, for maps and logs: `tcp 192.0.2.1:80`, `fwmark 7 (IPv4)`. */
export function formatKey(key: VirtualServerKey): string {
  if (key.kind === "fwmark") return `fwmark ${key.fwmark} (IPv${key.family})`;
  const host = key.address.includes(":") ? `[${key.address}]` : key.address;
  return `${key.protocol} ${host}:${key.port}`;
}
