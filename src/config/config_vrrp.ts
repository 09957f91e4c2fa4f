// What instances track, notify and move, as data. Part of `Config`; durations have their unit in the name.
import type { Watermark } from "../core/tracking/server_word.ts";
import type { RouteRequest } from "../wire/route.ts";
import type { RuleRequest } from "../wire/rule.ts";
import type { SourceLocation } from "./config.ts";

/** A command of the administrator's, split without a shell. */
export interface Script {
  readonly command: string;
  /** Default: `script_user`. */
  readonly user?: string;
  readonly group?: string;
}

/** How much a tracked thing changes the priority; 0: it decides between serving and fault. */
export interface Weight {
  readonly weight: number;
  /** Counts the other way round. */
  readonly reverse: boolean;
}

/** `vrrp_script`. */
export interface VrrpScript extends Weight {
  readonly name: string;
  readonly script: Script;
  /** From one start to the next, at least 1. */
  readonly intervalMs: number;
  /** Then it is ended, and has failed. */
  readonly timeoutMs: number;
  /** Good results in a row until it is up, and bad ones until it is down. */
  readonly rise: number;
  readonly fall: number;
  /** `init_fail`: down until its first results say otherwise. */
  readonly startsDown: boolean;
  readonly location: SourceLocation;
}

/** `vrrp_track_process`. */
export interface TrackedProcess extends Weight {
  readonly name: string;
  readonly process: readonly string[];
  /** `param_match`: how parameters compare; undefined: as `exact` if there are any. */
  readonly match?: "exact" | "initial" | "partial";
  /** Processes needed, 1 to 65535. */
  readonly quorum: number;
  /** More than these are as bad as too few. */
  readonly quorumMax?: number;
  readonly forkDelayUs: number;
  readonly terminateDelayUs: number;
  /** `full_command`: the whole command line is compared. */
  readonly comparesCommandLine: boolean;
  readonly location: SourceLocation;
}

/** `track_file`: a number in a file. */
export interface TrackedFile extends Weight {
  readonly name: string;
  readonly path: string;
  /** `init_file`: written at the start. */
  readonly initial?: { readonly value: number; readonly overwrite: boolean };
  readonly location: SourceLocation;
}

/** `bfd_instance` (RFC 5880, RFC 5881). */
export interface BfdInstance extends Weight {
  readonly name: string;
  readonly neighbor: string;
  readonly source?: string;
  readonly minRxUs: number;
  readonly minTxUs: number;
  readonly idleTxUs: number;
  readonly multiplier: number;
  readonly passive: boolean;
  readonly ttl: number;
  /** How much lower a received TTL may be; -1: not looked at. */
  readonly maxHops: number;
  readonly multihop: boolean;
  readonly forVrrp: boolean;
  readonly forCheckers: boolean;
  readonly location: SourceLocation;
}

/** `garp_group`: interfaces that share the spacing of gratuitous ARP and unsolicited NA. */
export interface GarpGroup {
  readonly interfaces: readonly string[];
  readonly garpIntervalUs: number;
  readonly naIntervalUs: number;
  readonly location: SourceLocation;
}

/** One tracked thing; without a weight of its own, that of its definition counts. */
export interface TrackedItem {
  readonly name: string;
  readonly weight?: number;
  readonly reverse: boolean;
  readonly location: SourceLocation;
}

/** `track_virtual_server` of holdfast.yaml: a virtual server by its name. */
export interface TrackedServer extends TrackedItem, Watermark {}

/** What an instance or a sync group tracks. */
export interface Tracking {
  readonly interfaces: readonly TrackedItem[];
  readonly scripts: readonly TrackedItem[];
  readonly files: readonly TrackedItem[];
  readonly processes: readonly TrackedItem[];
  readonly bfd: readonly TrackedItem[];
  readonly virtualServers?: readonly TrackedServer[];
}

/** Scripts that hear of changes. */
export interface Notifications {
  /** With the arguments `INSTANCE|GROUP NAME STATE PRIORITY`. */
  readonly any?: Script;
  readonly master?: Script;
  readonly backup?: Script;
  readonly fault?: Script;
  readonly stop?: Script;
  readonly deleted?: Script;
  /** A master hears an advertisement of lower priority. */
  readonly masterHearsLower?: Script;
  /** `notify_deleted` alone: removal counts as deleted, not as fault. */
  readonly saysDeleted: boolean;
}

/** `vrrp_sync_group`. */
export interface SyncGroup {
  readonly name: string;
  readonly members: readonly string[];
  readonly tracking: Tracking;
  readonly notifications: Notifications;
  readonly mails: boolean;
  readonly notifiesPriorityChanges: boolean;
  /** `sync_group_tracking_weight`: weights of the members' tracked things count. */
  readonly keepsWeights: boolean;
  readonly location: SourceLocation;
}

/** A line of `unicast_peer`. */
export interface Peer {
  readonly address: string;
  /** 0 to 255. */
  readonly minTtl?: number;
  readonly maxTtl?: number;
}

/** `auth_hmac` of keepalived 2.4. */
export interface HmacAuthentication {
  readonly keys: readonly { readonly id: number; readonly secret: string }[];
  /** Id of the key for sending. */
  readonly activeKey: number;
  /** Accepted difference of clocks. */
  readonly timeWindowSeconds: number;
  readonly antiReplay: "time" | "monotonic";
  readonly mode: "enforce" | "permissive" | "receive-only";
}

/** `use_vmac`, `use_ipvlan`. */
export interface VirtualLink {
  readonly type: "macvlan" | "ipvlan";
  /** Name of the link; undefined: made from the VRID. */
  readonly name?: string;
  /** The other words of the line, as written. */
  readonly options: readonly string[];
}

/** The macvlan of addresses that have the virtual hardware address on another device, or by a flag of their own. */
export interface AddressLink {
  readonly name: string;
  /** The device that it stands on. */
  readonly parent: string;
  /** Of its addresses: it decides the hardware address. */
  readonly family: 4 | 6;
}

/** A line of `virtual_routes`, in the words of ip-route(8). */
export interface Route {
  /** `unicast`, `blackhole` ... */
  readonly type: string;
  /** `default`, or address and prefix length. */
  readonly destination: string;
  /** Word and value of each option, deprecated spellings replaced; the value is missing where there is none. */
  readonly options: readonly (readonly string[])[];
  /** What the kernel is asked for; filled in by `startable`, which knows the system's names. */
  readonly request?: RouteRequest;
  readonly location: SourceLocation;
}

/** A line of `virtual_rules`, in the words of ip-rule(8). */
export interface Rule {
  readonly options: readonly (readonly string[])[];
  /** As for a route. */
  readonly request?: RuleRequest;
  readonly location: SourceLocation;
}

/** What static addresses, routes and rules have in common. */
export interface StaticEntry {
  /** Instances of this `track_group` go to backup when someone deletes it. */
  readonly trackGroup?: string;
}
