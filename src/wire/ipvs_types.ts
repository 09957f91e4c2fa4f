// What crosses the wire to and from IPVS, in ipvsadm's words: virtual servers, real servers, counters, commands. No bytes.
import type { Family } from "../base/ip.ts";

/** How a director hands a packet on: masquerading, direct routing, tunneling (`lb_kind` in keepalived.conf). */
export type ForwardingMethod = "nat" | "dr" | "tun";

/** Transport protocols that IPVS balances. */
export type Protocol = "tcp" | "udp" | "sctp";

/** What identifies a virtual server in the kernel. */
export type VirtualServerKey =
  | { readonly kind: "address"; readonly protocol: Protocol; readonly address: string; readonly port: number }
  | { readonly kind: "fwmark"; readonly family: Family; readonly fwmark: number };

/** A virtual server as it should be, or as the kernel has it. */
export interface VirtualServerEntry {
  readonly key: VirtualServerKey;
  /** Scheduler module, without `ip_vs_`: rr, wrr, lc, wlc, sh ... */
  readonly scheduler: string;
  /** Scheduler and service flags other than persistent and hashed (IP_VS_SVC_F_ONEPACKET 4, SCHED1..3 8 16 32). */
  readonly flags: number;
  /** Persistence in seconds; 0: none. */
  readonly persistenceTimeoutSeconds: number;
  /** What tells clients apart instead of their address: a kernel module without `ip_vs_pe_`, such as `sip`. */
  readonly persistenceEngine?: string;
  /** Prefix length that groups clients for persistence: 32 (128 for IPv6) is one client. */
  readonly persistencePrefixLength: number;
}

/** How packets are wrapped for a real server by `tun`, where it is not plain IP in IP. */
export interface Tunnel {
  /** Generic UDP encapsulation, GRE. */
  readonly type: "gue" | "gre";
  /** UDP port of gue. */
  readonly port?: number;
  /** Checksum of the outer header; `remcsum` is gue's remote checksum offload. */
  readonly checksum?: "csum" | "remcsum";
}

/** A real server of one virtual server. Address and port are its key there. */
export interface RealServerEntry {
  readonly address: string;
  readonly port: number;
  readonly forwardingMethod: ForwardingMethod;
  /** Only with `tun`; undefined: IP in IP. */
  readonly tunnel?: Tunnel;
  /** 0 to 65535 in practice; 0 gets no new connections. */
  readonly weight: number;
  /** Connection thresholds, 0: none. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** Kernel counters since creation. Bytes and packets out stay 0 for dr and tun: replies bypass the director. */
export interface TrafficCounters {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The kernel's 2 s estimates. */
  readonly connectionsPerSecond: number;
  readonly packetsInPerSecond: number;
  readonly packetsOutPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

/** A real server as read from the kernel. */
export interface RealServerRow {
  readonly entry: RealServerEntry;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly counters: TrafficCounters;
}

/** One change of the kernel's table. */
export type IpvsCommand =
  | { readonly type: "add-virtual-server" | "set-virtual-server"; readonly entry: VirtualServerEntry }
  | { readonly type: "delete-virtual-server"; readonly key: VirtualServerKey }
  | {
    readonly type: "add-real-server" | "set-real-server";
    readonly key: VirtualServerKey;
    readonly entry: RealServerEntry;
  }
  | {
    readonly type: "delete-real-server";
    readonly key: VirtualServerKey;
    readonly address: string;
    readonly port: number;
  };

/** How long the kernel keeps idle connections, seconds (`lvs_timeouts`, ipvsadm --set). */
export interface IpvsTimeouts {
  readonly tcp: number;
  /** After a FIN. */
  readonly tcpfin: number;
  readonly udp: number;
}

/** One half of connection synchronisation (`lvs_sync_daemon`, ipvsadm --start-daemon). Undefined: the kernel's default. */
export interface SyncDaemon {
  /** The master sends, the backup listens; a director may be both. */
  readonly role: "master" | "backup";
  readonly interface: string;
  /** 0 to 255; a backup takes what has its own, or all with 0. */
  readonly syncId: number;
  /** Longest message, bytes. */
  readonly maxLength?: number;
  readonly port?: number;
  readonly ttl?: number;
  /** Multicast address. */
  readonly group?: string;
}
