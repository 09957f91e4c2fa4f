// What a configuration says, whichever syntax it came in: plain data (survives JSON), units in the names, defaults filled in.
import type { ForwardingMethod, Protocol } from "../core/ipvs/table.ts";
import type { AnnouncementSchedule } from "../core/vrrp/state.ts";
import type { AddressAssignment } from "../ports/network.ts";
import type { HttpUrl } from "../ports/probes.ts";

/** Where something stands in a configuration file; line and column count from 1, column in characters. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the text meant, in characters, at least 1. */
  readonly length: number;
}

/** A whole configuration. */
export interface Config {
  /** `router_id`; default: the host name, filled in by the caller of the parser. */
  readonly routerId: string;
  readonly vrrpInstances: readonly VrrpInstance[];
  readonly virtualServers: readonly VirtualServer[];
}

/** One `vrrp_instance`. */
export interface VrrpInstance {
  readonly name: string;
  /** Device that advertisements are sent and received on. */
  readonly interface: string;
  /** VRID, 1 to 255. */
  readonly vrid: number;
  readonly version: 2 | 3;
  /** 1 to 255; 255 is the address owner. */
  readonly priority: number;
  /** 10 000 to 40 950 000 (version 3, steps of 10 000), 1 to 255 whole seconds (version 2). */
  readonly advertisementIntervalUs: number;
  readonly initialState: "master" | "backup";
  /** Preempt_Mode; false is `nopreempt`. */
  readonly preemptMode: boolean;
  /** `preempt_delay`, 0: none. */
  readonly preemptDelayUs: number;
  /** `auth_type PASS`, version 2 only; at most 8 characters are sent. */
  readonly authentication?: { readonly type: "pass"; readonly password: string };
  /** `mcast_src_ip`; undefined: the first address of the interface. */
  readonly sourceAddress?: string;
  /** Advertised addresses, in order. */
  readonly virtualAddresses: readonly VirtualAddress[];
  /** `virtual_ipaddress_excluded`: moved with the instance, not advertised. */
  readonly excludedAddresses: readonly VirtualAddress[];
  /** `garp_master_*`, `garp_lower_prio_*`. */
  readonly gratuitousArp: AnnouncementSchedule;
  readonly location: SourceLocation;
}

/** An address that moves with its instance. Its device is `dev`, else the interface of the instance. */
export interface VirtualAddress extends AddressAssignment {
  readonly location: SourceLocation;
}

/** One `virtual_server`. */
export interface VirtualServer {
  /** Name for people, unique: `tcp 10.0.0.100:80`. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly scheduler: string;
  /** IPVS flags from `hashed`, `ops`, `flag-N`, `sh-port` ... */
  readonly flags: number;
  readonly forwardingMethod: ForwardingMethod;
  readonly persistenceTimeoutSeconds: number;
  readonly persistencePrefixLength: number;
  /** Sum of live weights needed, at least 1. */
  readonly quorum: number;
  readonly hysteresis: number;
  /** Real servers start down, until their first good check. */
  readonly alpha: boolean;
  readonly sorryServer?: SorryServer;
  readonly realServers: readonly RealServer[];
  readonly location: SourceLocation;
}

/** `sorry_server`: takes the traffic while quorum is lost. Not checked. */
export interface SorryServer {
  readonly address: string;
  readonly port: number;
  readonly forwardingMethod: ForwardingMethod;
}

/** One `real_server`. It is up when all its checkers are; without a checker it is always up. */
export interface RealServer {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly forwardingMethod: ForwardingMethod;
  /** A failed server stays in the table at weight 0 instead of being removed. */
  readonly inhibitOnFailure: boolean;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly checkers: readonly Checker[];
  readonly location: SourceLocation;
}

/** A checker with its timing. Every duration in milliseconds. */
export type Checker = CheckerCommon & (TcpChecker | HttpChecker);

/** What every checker has. */
export interface CheckerCommon {
  /** `connect_ip` and `connect_port`, else the real server's. */
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** From one check to the next. */
  readonly delayLoopMs: number;
  /** Further tries after a failure before the server is down. */
  readonly retry: number;
  readonly delayBeforeRetryMs: number;
  /** The first check comes at a random moment within this time. */
  readonly warmupMs: number;
}

/** TCP_CHECK: a connection is enough. */
export interface TcpChecker {
  readonly type: "tcp";
}

/** HTTP_GET: every url must answer as wanted. */
export interface HttpChecker {
  readonly type: "http";
  readonly urls: readonly HttpUrl[];
  /** Host header for urls without their own; undefined: address:port. */
  readonly virtualHost?: string;
  readonly httpVersion: "1.0" | "1.1";
}
