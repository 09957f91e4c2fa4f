// What the roles tell the api about themselves: plain data for status, metrics and page. No secrets in here, ever.
import type { HistogramSnapshot } from "../base/histogram.ts";
import type { ForwardingMethod, TrafficCounters } from "../core/ipvs/table.ts";
import type { StatTable } from "../core/haproxy/stats_csv.ts";
import type { Override } from "../core/health/presence.ts";
import type { CheckStatus } from "./probes.ts";

/** The whole picture that the api role shows. Every part may be missing while a role is starting. */
export interface Snapshot {
  readonly node: NodeSnapshot;
  readonly vrrpInstances: readonly VrrpInstanceSnapshot[];
  readonly virtualServers: readonly VirtualServerSnapshot[];
  /** Of checks and of the kernel's table, since the health role started. */
  readonly healthStatistics?: HealthStatistics;
  /** Undefined where it is not configured. */
  readonly haproxy?: HaproxySnapshot;
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
  /** What the processes use; empty where the kernel does not say. */
  readonly processes?: readonly ProcessSnapshot[];
  /** The tracked scripts. */
  readonly scripts?: readonly ScriptSnapshot[];
  /** Undefined: it takes part. */
  readonly maintenance?: MaintenanceSnapshot;
  /** How often configurations were taken over and refused since the start. */
  readonly reloads?: { readonly accepted: number; readonly rejected: number; readonly lastAcceptedAtMs: number };
}

/** An operator has said that the whole node steps down. */
export interface MaintenanceSnapshot {
  readonly author: string;
  readonly reason?: string;
  readonly atMs: number;
  /** Then it is over; undefined: when it is taken back. */
  readonly untilMs?: number;
  /** It takes over all the same when no master is heard. */
  readonly takesOverAlone: boolean;
}

/** What one of our processes uses, by /proc. */
export interface ProcessSnapshot {
  readonly component: "supervisor" | RoleSnapshot["name"];
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly openFiles: number;
}

/** A `vrrp_script`, now. */
export interface ScriptSnapshot {
  readonly name: string;
  /** `unavailable`: it could never be run, and counts for nothing. */
  readonly verdict: "up" | "down" | "unknown" | "unavailable";
  readonly running: boolean;
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
  /** `garp_master_delay`. */
  readonly garpDelaySeconds?: number;
  /** Who is master, as far as we hear: ourselves, or the last sender. */
  readonly master?: { readonly address: string; readonly priority: number };
  readonly virtualAddresses: readonly {
    readonly address: string;
    readonly prefixLength: number;
    readonly device: string;
    /** Seen in the kernel, not believed. */
    readonly present: boolean;
    /** Not in the advertisements: `virtual_ipaddress_excluded`. */
    readonly excluded?: boolean;
  }[];
  /** The `vrrp_sync_group` that it moves with. */
  readonly syncGroup?: string;
  /** The other router that was heard last, at any time; priority 0: it said that it leaves. */
  readonly peer?: { readonly address: string; readonly priority: number; readonly heardMs: number };
  /** What operators have said of it; without a time it holds until it is taken back. */
  readonly orders?: {
    /** It does not take over while a master is heard. */
    readonly held?: OrderTerms;
    /** Instead of the configured one. */
    readonly priority?: OrderTerms & { readonly value: number };
  };
  /** Why it is in fault; empty otherwise. */
  readonly faults: readonly string[];
  /** Witnesses: why it must not become master now (absent: it may), how often that stood against it, when last. */
  readonly takeoverForbidden?: { readonly reason?: string; readonly count: number; readonly lastMs?: number };
  /** Signs that another router is master at the same time, for longer than a change takes. */
  readonly splitBrain?: readonly SplitBrainSnapshot[];
  readonly lastTransition?: {
    readonly from: VrrpStateName;
    readonly to: VrrpStateName;
    readonly atMs: number;
    readonly reason: string;
  };
  /** What it tracks, its group's included. */
  readonly tracked?: readonly TrackedSnapshot[];
  readonly counters: VrrpCounters;
  readonly timings?: VrrpTimings;
}

/** Until when an operator's word holds, who said it, why and when; wall clock. */
export interface OrderTerms {
  readonly untilMs?: number;
  readonly author?: string;
  readonly reason?: string;
  readonly atMs?: number;
}

/** Something that an instance tracks, now. */
export interface TrackedSnapshot {
  readonly kind: "interface" | "script" | "file" | "process" | "bfd" | "virtual_server";
  readonly name: string;
  readonly weight: number;
  /** A file is up unless its number alone is a fault. */
  readonly up: boolean;
}

/** How punctual an instance is, since the vrrp role started. Seconds. */
export interface VrrpTimings {
  readonly advertIntervalIn: HistogramSnapshot;
  readonly advertIntervalOut: HistogramSnapshot;
  /** From when an advertisement was due to when it was sent. */
  readonly sendDelay: HistogramSnapshot;
  /** From the last advertisement to the decision to take over, by cause: timeout, priority-0. */
  readonly detection: Readonly<Record<string, HistogramSnapshot>>;
  /** From the decision to the end of each phase: advertise, vip_add, garp, total. */
  readonly takeover: Readonly<Record<string, HistogramSnapshot>>;
  /** Advertisements of others heard while we were master: two at a time. */
  readonly duplicateMasters: number;
  /** Changes of state; `reason` is one of few words. */
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly count: number;
  }[];
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
  /** It is selected by this mark, and has no address. */
  readonly fwmark?: number;
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
  /** An operator has taken all of it out of service. */
  readonly disabled?: Override;
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
  /** Connections from which on it gets no more, and below which it gets some again; 0: none. */
  readonly thresholds?: { readonly upper: number; readonly lower: number };
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
  /** It is for when others fail; while it waits its effective weight is 0. */
  readonly backup?: boolean;
  /** All have failed, and `fail_open` keeps this one in the table. */
  readonly held?: boolean;
  /** What an operator said. */
  readonly override?: Override;
  /** How long the certificate of a TLS_CHECK is valid: the one that ends first. `daysLeft` at the last check. */
  readonly certificate?: {
    readonly notAfterMs: number;
    readonly daysLeft: number;
    /** They are fewer than `warn_days`. */
    readonly ending: boolean;
  };
  /** What its agent said last: what is not said is as at the start. */
  readonly agent?: {
    readonly up: boolean;
    readonly mode: "ready" | "drain" | "maint";
    readonly percent: number;
    /** Its last line. */
    readonly said?: string;
    /** It could not be heard at the last try. */
    readonly silence?: string;
  };
  /** Why it gets the connections that it gets, in plain words, the one that decides first. */
  readonly causes?: readonly string[];
}

/** The keyword of a checker, in short. */
export type CheckType = typeof CHECK_TYPES[number];

/** All of them: keepalived's, then our own. */
export const CHECK_TYPES = [
  "tcp",
  "http",
  "https",
  "udp",
  "ping",
  "smtp",
  "dns",
  "misc",
  "bfd",
  "file",
  "agent",
  "tls",
  "grpc",
  "mysql",
  "postgresql",
  "redis",
] as const;

/** The last result of a checker. */
export interface CheckSnapshot {
  readonly type: CheckType;
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

/** What the health role counts beside its servers. Seconds. */
export interface HealthStatistics {
  readonly checks: readonly CheckSeries[];
  /** From the first result against the state until the table was changed, by virtual server and direction. */
  readonly reactions: readonly {
    readonly vs: string;
    readonly to: "up" | "down";
    readonly histogram: HistogramSnapshot;
  }[];
  /** From when a check was due to when it began. */
  readonly scheduleDelay: HistogramSnapshot;
  readonly inFlight: number;
  /** Checks cut off at their limit. */
  readonly overruns: number;
  /** Reading and writing the kernel's table. */
  readonly table: Readonly<Record<"read" | "apply", HistogramSnapshot>>;
  /** Times that others had changed the table and it was put right. */
  readonly drifts: number;
}

/** The results of one type of check. */
export interface CheckSeries {
  readonly vs: string;
  /** Undefined where there are so many real servers that they are counted together. */
  readonly rs?: string;
  readonly type: CheckSnapshot["type"];
  /** By HAProxy's word. */
  readonly results: Readonly<Record<string, number>>;
  /** By result: ok, fail, timeout. */
  readonly durations: Readonly<Record<string, HistogramSnapshot>>;
}

/** HAProxy beside us, now. */
export interface HaproxySnapshot {
  /** `silent`: it is there and does not answer. */
  readonly state: "running" | "starting" | "restarting" | "silent" | "stopped";
  /** As instances that track it are told. */
  readonly up: boolean;
  /** Of the master, while there is one. */
  readonly pid?: number;
  /** Of the worker that takes connections. */
  readonly worker?: { readonly pid: number; readonly version: string; readonly startedAtMs: number };
  /** Those of earlier configurations that still have connections. */
  readonly oldWorkers: number;
  /** Since Holdfast runs. */
  readonly restarts: number;
  readonly reloads: { readonly accepted: number; readonly rejected: number };
  /** What it said last of its proxies and servers, and when. */
  readonly statistics?: StatTable & { readonly atMs: number };
  /** What operators have said of its servers, by whatever way. */
  readonly overrides?: readonly HaproxyOverride[];
}

/** What operators have said of one server of HAProxy's; `atMs` 0: nobody knows who, and when. */
export interface HaproxyOverride {
  readonly backend: string;
  readonly server: string;
  readonly override: Override;
}

/** The configuration in use, as others may read it. */
export interface RunningConfig {
  readonly generation: number;
  /** Of the configuration with its secrets. */
  readonly etag: string;
  /** The file that it was read from. */
  readonly source: string;
  /** RFC 3339. */
  readonly appliedAt: string;
  readonly syntax: "keepalived" | "yaml";
  /** Without its secrets. */
  readonly text: string;
}
