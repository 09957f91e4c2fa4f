// What the roles tell the api about themselves: plain data for status, metrics and page. No secrets in here, ever.
import type { ForwardingMethod, TrafficCounters } from "../core/ipvs/table.ts";
import type { Override } from "../core/health/presence.ts";
import type { CheckStatus } from "./probes.ts";

/** The whole picture that the api role shows. Every part may be missing while a role is starting. */
export interface Snapshot {
  readonly node: NodeSnapshot;
  readonly vrrpInstances: readonly VrrpInstanceSnapshot[];
  readonly virtualServers: readonly VirtualServerSnapshot[];
}

/** A child process of the supervisor. */
export interface RoleSnapshot {
  readonly name: "vrrp" | "health" | "bfd" | "api";
  readonly state: "running" | "starting" | "restarting" | "stopped";
  readonly pid?: number;
  readonly restarts: number;
}

/** This machine and this program. */
export interface NodeSnapshot {
  readonly routerId: string;
  readonly version: string;
  readonly startedAtMs: number;
  /** Configuration generation: 1 after start, one more with each applied reload. */
  readonly generation: number;
  readonly roles: readonly RoleSnapshot[];
  /** What an operator should know now, one plain sentence each: IPVS missing, a rejected reload ... */
  readonly warnings: readonly WarningSnapshot[];
}

/** A lasting condition that wants attention. */
export interface WarningSnapshot {
  /** Stable word, such as `ipvs-unavailable`. */
  readonly code: string;
  readonly message: string;
  readonly sinceMs: number;
}

/** The states of RFC 5798 (RFC 9568 says Active for master) and keepalived's fault. */
export type VrrpStateName = "init" | "backup" | "master" | "fault";

/** One VRRP instance, now. */
export interface VrrpInstanceSnapshot {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly state: VrrpStateName;
  /** When it entered that state, wall clock. */
  readonly sinceMs: number;
  readonly basePriority: number;
  readonly effectivePriority: number;
  readonly advertisementIntervalUs: number;
  readonly masterDownIntervalUs: number;
  readonly preemptMode: boolean;
  /** Who is master, as far as we hear: ourselves, or the last sender. */
  readonly master?: { readonly address: string; readonly priority: number };
  readonly virtualAddresses: readonly {
    readonly address: string;
    readonly prefixLength: number;
    readonly device: string;
    /** Seen in the kernel, not believed. */
    readonly present: boolean;
  }[];
  /** The `vrrp_sync_group` that it moves with. */
  readonly syncGroup?: string;
  /** The other router that was heard last, at any time; priority 0: it said that it leaves. */
  readonly peer?: { readonly address: string; readonly priority: number; readonly heardMs: number };
  /** What operators have said of it; without a time it holds until it is taken back. */
  readonly orders?: {
    /** It does not take over while a master is heard. */
    readonly held?: { readonly untilMs?: number };
    /** Instead of the configured one. */
    readonly priority?: { readonly value: number; readonly untilMs?: number };
  };
  /** Why it is in fault; empty otherwise. */
  readonly faults: readonly string[];
  /** Signs that another router is master at the same time, for longer than a change takes. */
  readonly splitBrain?: readonly SplitBrainSnapshot[];
  readonly lastTransition?: {
    readonly from: VrrpStateName;
    readonly to: VrrpStateName;
    readonly atMs: number;
    readonly reason: string;
  };
  readonly counters: VrrpCounters;
}

/** A sign of another master. */
export interface SplitBrainSnapshot {
  /** It advertises as master, or answers for one of our addresses. */
  readonly kind: "advertisement" | "address";
  /** Its IP address, or its hardware address. */
  readonly who: string;
  /** For `address`: the one that it claims. */
  readonly address?: string;
  /** Why its advertisements are not believed; undefined: they are, but it does not give way. */
  readonly unbelieved?: string;
  readonly sinceMs: number;
  readonly count: number;
}

/** Counters of one instance since the vrrp role started; the names follow keepalived's statistics. */
export interface VrrpCounters {
  readonly advertisementsReceived: number;
  readonly advertisementsSent: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly priorityZeroReceived: number;
  readonly priorityZeroSent: number;
  readonly gratuitousArpSent: number;
  readonly transitions: number;
  /** While it was master: advertisements of other masters, and their claims to its addresses. */
  readonly rivalSigns: number;
  /** Refused packets by reason: ttl, checksum, version, length, interval, address-list, auth-type, auth-fail, type. */
  readonly discarded: Readonly<Record<string, number>>;
}

/** State of a real server, as HAProxy counts: going down and going up are between two verdicts. */
export type RealServerState = "up" | "going-down" | "down" | "going-up" | "no-check";

/** One virtual server, now. */
export interface VirtualServerSnapshot {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly scheduler: string;
  readonly forwardingMethod: ForwardingMethod;
  readonly persistenceTimeoutSeconds: number;
  /** Quorum reached: the virtual server counts as up. */
  readonly up: boolean;
  readonly sinceMs: number;
  readonly quorum: { readonly need: number; readonly have: number };
  readonly sorryServer?: {
    readonly address: string;
    readonly port: number;
    readonly active: boolean;
    readonly activeConnections: number;
    readonly inactiveConnections: number;
    readonly counters?: TrafficCounters;
  };
  /** Found in the kernel's table at the last reading. */
  readonly inKernel: boolean;
  /** Undefined until the kernel was read once, or without IPVS. */
  readonly counters?: TrafficCounters;
  readonly downTransitions: number;
  readonly realServers: readonly RealServerSnapshot[];
}

/** One real server of a virtual server, now. */
export interface RealServerSnapshot {
  readonly address: string;
  readonly port: number;
  readonly forwardingMethod: ForwardingMethod;
  readonly state: RealServerState;
  readonly sinceMs: number;
  readonly weight: { readonly configured: number; readonly effective: number; readonly kernel?: number };
  readonly inKernel: boolean;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly counters?: TrafficCounters;
  /** The newest result of the checker that decides; undefined without checkers. */
  readonly check?: CheckSnapshot;
  readonly failedChecks: number;
  readonly downTransitions: number;
  readonly downtimeMs: number;
  /** Whether it may be in the table: `draining` at weight 0, `out` not at all. Absent: `present`. */
  readonly presence?: "present" | "draining" | "out";
  /** What an operator said. */
  readonly override?: Override;
  /** Why it gets the connections that it gets, in plain words, the one that decides first. */
  readonly causes?: readonly string[];
}

/** The last result of a checker. */
export interface CheckSnapshot {
  readonly type: "tcp" | "http" | "https" | "udp" | "ping" | "smtp" | "dns" | "misc" | "bfd" | "file";
  readonly status: CheckStatus;
  readonly code?: number;
  readonly text: string;
  readonly durationUs: number;
  /** Wall clock of the result; 0 before the first. */
  readonly atMs: number;
  /** Failures needed to go down (retry + 1) and successes to come up (1). */
  readonly fall: number;
  readonly rise: number;
  /** Consecutive failures so far, at most `fall`. */
  readonly consecutiveFailures: number;
}
