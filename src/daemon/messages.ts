// What the roles say to one another over their links: one JSON value each. What a child says is checked before use, since
// the api role and the mail role talk to the network.
import { parseIp } from "../base/ip.ts";
import type { VirtualServer } from "../config/config.ts";
import type { BfdInstance } from "../config/config_vrrp.ts";
import type { IpvsSettings } from "../config/sync_daemon.ts";
import type { MailTls } from "../config/own_keywords.ts";
import type { VirtualServerKey } from "../core/ipvs/table.ts";
import type { Entry, Fact } from "../core/journal/entry.ts";
import { isFact } from "../core/journal/record.ts";
import type { RouterOrders } from "../core/vrrp/steering.ts";
import type { JudgedWord } from "../core/tracking/server_word.ts";
import type { BfdStates } from "../engine/bfd/bfd_engine.ts";
import type { OperationAnswer, VrrpOperation } from "../engine/vrrp/operations.ts";
import type { ServerNews } from "../engine/health/server_news.ts";
import type { ServerName, ServerOverride, SignedOrder } from "../engine/health/operator.ts";
import type { SyncRole } from "../engine/health/settings_keeper.ts";
import type { ApiSettings } from "./api_settings.ts";
import type { OwnSettings } from "./process_tuning.ts";
import type { ToldServer } from "./told_servers.ts";
import type { TrackStatus } from "../engine/vrrp/tracked_items.ts";
import type { FenceRequest, InstanceNotice, StateTransition } from "../engine/vrrp/surroundings.ts";
import type { VrrpPart } from "./vrrp_part.ts";
import type {
  HaproxySnapshot,
  HealthStatistics,
  NodeSnapshot,
  RunningConfig,
  VirtualServerSnapshot,
  VrrpInstanceSnapshot,
  WarningSnapshot,
} from "../ports/snapshot.ts";

import type { CommandAnswer, OperationsSnapshot, StoredToken } from "../ports/commands.ts";
import { acceptCommand, type ApiCommand } from "./api_request.ts";
import type { OrderAnswer } from "./server_orders.ts";

/** The child roles. */
export type RoleName = "vrrp" | "health" | "bfd" | "api" | "mail";

/** Supervisor to vrrp. `configure` comes first and once, then `start`; `reconfigure` at any time after `configure`. */
export type ToVrrp =
  | {
    readonly type: "configure";
    readonly part: VrrpPart;
    /** A predecessor has died and its masters may be resumed if we are quick: prepare nothing that can wait. */
    readonly urgent: boolean;
  }
  /**
   * Begin, but not before a monotonic time in microseconds; `resume` names the instances (interface and VRID) that were
   * master a moment ago.
   */
  | { readonly type: "start"; readonly resume: readonly string[]; readonly notBeforeUs: number }
  /** Go over to another configuration without ending; the answer is `reconfigured` with the same id. */
  | {
    readonly type: "reconfigure";
    readonly id: number;
    readonly part: VrrpPart;
  }
  /** Results of scripts and files that instances track. */
  | { readonly type: "track"; readonly status: TrackStatus }
  /** What operators say of instances, by name: all of it, each time. */
  /** What it is to do to its own process. */
  | { readonly type: "tune"; readonly own: OwnSettings }
  | { readonly type: "steer"; readonly orders: Readonly<Record<string, RouterOrders>> }
  /** Something to do now; the answer is `operated` with the same id. */
  | { readonly type: "operate"; readonly id: number; readonly operation: VrrpOperation }
  | { readonly type: "stop" };

/** Supervisor to health. */
export type ToHealth =
  | {
    readonly type: "configure";
    readonly virtualServers: readonly VirtualServer[];
    readonly settings: IpvsSettings;
    /** Virtual servers of earlier configurations: ours to remove from the kernel when they are configured no more. */
    readonly previousKeys: readonly VirtualServerKey[];
    /** `rs_init_notifies`. */
    readonly tellsInitialStates: boolean;
    /** A role before this one has told of the start. */
    readonly isRestart: boolean;
    /** `net_namespace_ipvs`: where the kernel's table is. */
    readonly namespace?: string;
  }
  | { readonly type: "start" }
  /** As for vrrp. Virtual servers that are as told before are named by their places in that list. */
  | {
    readonly type: "reconfigure";
    readonly id: number;
    readonly virtualServers: readonly ToldServer[];
    readonly settings: IpvsSettings;
  }
  /** As for vrrp. */
  | { readonly type: "tune"; readonly own: OwnSettings }
  /** What operators have said to an earlier process; comes before `start`. */
  | { readonly type: "restore"; readonly overrides: readonly ServerOverride[] }
  /** An operator's order; the answer is `ordered` with the same id. */
  | { readonly type: "order"; readonly id: number; readonly name: ServerName; readonly order: SignedOrder }
  /** Checks of one server are to run now, or its connections to end; the answer is `ordered` with the same id. */
  | { readonly type: "check-now" | "kill-connections"; readonly id: number; readonly name: ServerName }
  /** The half of connection synchronisation that runs here. */
  | { readonly type: "sync-role"; readonly role: SyncRole }
  /** The VRRP instances that are master here, for `follow_instance`: all of them, each time. */
  | { readonly type: "masters"; readonly instances: readonly string[] }
  /** What BFD sessions said last, for BFD_CHECK. */
  | { readonly type: "bfd"; readonly sessions: BfdStates }
  /** `removed`: a reload left no virtual server, and this is not the daemon's end. */
  | { readonly type: "stop"; readonly keepTable: boolean; readonly removed: boolean };

/** Supervisor to bfd. */
export type ToBfd =
  | { readonly type: "configure"; readonly instances: readonly BfdInstance[] }
  | { readonly type: "start" }
  /** As for vrrp. */
  | { readonly type: "reconfigure"; readonly id: number; readonly instances: readonly BfdInstance[] }
  /** As for vrrp. */
  | { readonly type: "tune"; readonly own: OwnSettings }
  | { readonly type: "stop" };

/** Supervisor to api. */
export type ToApi =
  | { readonly type: "configure"; readonly settings: ApiSettings }
  | { readonly type: "node"; readonly node: NodeSnapshot }
  /** The configuration in use, without its secrets. */
  | { readonly type: "config"; readonly config: RunningConfig }
  | { readonly type: "vrrp"; readonly instances: readonly VrrpInstanceSnapshot[] }
  | HealthReport
  /** What is new in the journal; the first one has what was there before. */
  | { readonly type: "journal"; readonly entries: readonly Entry[] }
  /** What operators did. */
  | { readonly type: "operations"; readonly operations: OperationsSnapshot }
  /** The tokens that were made at run time: all of them, each time. */
  | { readonly type: "tokens"; readonly tokens: readonly StoredToken[] }
  /** Answer to `command`. */
  | { readonly type: "commanded"; readonly id: number; readonly answer: CommandAnswer }
  | HaproxyReport
  | { readonly type: "stop" };

/** Supervisor to mail. */
export type ToMail =
  /** Send one; the answer is `mailed` with the same id. */
  | {
    readonly type: "send";
    readonly id: number;
    readonly server: {
      readonly host: string;
      readonly port: number;
      readonly heloName: string;
      /** For the connection and for each answer. */
      readonly timeoutMs: number;
      readonly tls: MailTls;
      readonly login?: { readonly user: string; readonly pass: string };
      /** Certificates in PEM that the server's must be signed by; missing: the public ones. */
      readonly authorities?: string;
    };
    readonly mail: {
      readonly from: string;
      readonly to: readonly string[];
      readonly subject: string;
      readonly text: string;
    };
  }
  | { readonly type: "stop" };
/** What the health role says of itself. */
export interface HealthReport {
  readonly type: "health";
  readonly virtualServers: readonly VirtualServerSnapshot[];
  /** With the last part. */
  readonly statistics?: HealthStatistics;
  /** Undefined: these are all virtual servers. */
  readonly part?: {
    /** Of the configuration: reports of different ones are not mixed. */
    readonly generation: number;
    /** The place of the first virtual server in the whole list. */
    readonly from: number;
    readonly isLast: boolean;
  };
}

/** What the supervisor knows of HAProxy. */
export interface HaproxyReport {
  readonly type: "haproxy";
  /** Undefined: it is not configured. */
  readonly haproxy?: HaproxySnapshot;
}

/** Any child to the supervisor. */
export type FromChild =
  /** Configured and prepared; waits for `start`. */
  | { readonly type: "ready" }
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "vrrp"; readonly instances: readonly VrrpInstanceSnapshot[] }
  /** An instance or a sync group changed its state. */
  | { readonly type: "transition"; readonly transition: StateTransition }
  /** An instance would take over from a silent master; the answer comes with `steer`. */
  | { readonly type: "fence"; readonly request: FenceRequest }
  /** An instance has something else to tell. */
  | { readonly type: "notice"; readonly notice: InstanceNotice }
  | HealthReport
  /** Sessions of BFD that are up or down. */
  | { readonly type: "bfd"; readonly sessions: BfdStates }
  /** How virtual servers are that instances track; those that are other than before. */
  | { readonly type: "quorums"; readonly words: Readonly<Record<string, JudgedWord>> }
  /** Virtual or real servers went up or down. */
  | { readonly type: "servers"; readonly news: readonly ServerNews[] }
  /** Answer to `send`: it is sent, or why not. */
  | { readonly type: "mailed"; readonly id: number; readonly problem?: string }
  | { readonly type: "warnings"; readonly warnings: readonly WarningSnapshot[] }
  /** Answer to `reconfigure`: it is done; `refused`: why it could not be, everything is as before. */
  | { readonly type: "reconfigured"; readonly id: number; readonly refused?: string }
  /** For the journal; when it happened, wall clock. */
  | { readonly type: "observed"; readonly atMs: number; readonly fact: Fact }
  /** Answer to `operate`. */
  | { readonly type: "operated"; readonly id: number; readonly answer: OperationAnswer }
  /** Answer to `order`. */
  | { readonly type: "ordered"; readonly id: number; readonly answer: OrderAnswer }
  /** Somebody asks over the API for something to be done; the answer is `commanded` with the same id. */
  | ApiCommand
  /** Cannot work at all, and starting it again would not help: one sentence why. */
  | { readonly type: "failed"; readonly message: string };

/** Message types that each role may send; anything else is dropped. */
const ALLOWED: Readonly<Record<RoleName, readonly FromChild["type"][]>> = {
  vrrp: ["ready", "log", "vrrp", "transition", "notice", "fence", "reconfigured", "operated", "observed", "failed"],
  health: ["ready", "log", "health", "servers", "quorums", "warnings", "reconfigured", "ordered", "failed"],
  bfd: ["ready", "log", "bfd", "reconfigured", "failed"],
  api: ["ready", "log", "command", "failed"],
  mail: ["ready", "log", "mailed", "failed"],
};

/** Longest log line taken from a child, in characters. */
const MAX_LINE = 4096;

/**
 * Checks what a child sent.
 *
 * @returns undefined when that role may not say this
 */
export function acceptFromChild(role: RoleName, message: unknown): FromChild | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  const { type } = message;
  if (!ALLOWED[role].some((allowed) => allowed === type)) return undefined;
  const fields = message as Record<string, unknown>;
  switch (type as FromChild["type"]) {
    case "ready":
      return { type: "ready" };
    case "log":
      return typeof fields.line === "string" ? { type: "log", line: printable(fields.line) } : undefined;
    case "failed":
      return typeof fields.message === "string" ? { type: "failed", message: printable(fields.message) } : undefined;
    case "vrrp":
      return Array.isArray(fields.instances) ? message as FromChild : undefined;
    case "transition":
      return typeof fields.transition === "object" && fields.transition !== null ? message as FromChild : undefined;
    case "notice":
      return typeof fields.notice === "object" && fields.notice !== null ? message as FromChild : undefined;
    case "fence":
      return isFenceRequest(fields.request) ? { type: "fence", request: fields.request } : undefined;
    case "health":
      return Array.isArray(fields.virtualServers) ? message as FromChild : undefined;
    case "bfd":
      return isStates(fields.sessions) ? { type: "bfd", sessions: fields.sessions } : undefined;
    case "quorums":
      return isWords(fields.words) ? { type: "quorums", words: fields.words } : undefined;
    case "servers":
      return Array.isArray(fields.news) ? message as FromChild : undefined;
    case "mailed": {
      if (typeof fields.id !== "number") return undefined;
      const problem = typeof fields.problem === "string" ? { problem: printable(fields.problem) } : {};
      return { type: "mailed", id: fields.id, ...problem };
    }
    case "warnings":
      return Array.isArray(fields.warnings) ? message as FromChild : undefined;
    case "observed":
      return typeof fields.atMs === "number" && isFact(fields.fact) ? message as FromChild : undefined;
    case "command":
      return acceptCommand(fields);
    case "operated":
    case "ordered":
      return typeof fields.id === "number" && typeof fields.answer === "object" && fields.answer !== null
        ? message as FromChild
        : undefined;
    case "reconfigured": {
      if (typeof fields.id !== "number") return undefined;
      const refused = typeof fields.refused === "string" ? { refused: printable(fields.refused) } : {};
      return { type: "reconfigured", id: fields.id, ...refused };
    }
  }
}

/** The bfd role talks to the network, too. */
function isStates(value: unknown): value is BfdStates {
  return typeof value === "object" && value !== null && Object.values(value).every((up) => typeof up === "boolean");
}

function isWords(value: unknown): value is Readonly<Record<string, JudgedWord>> {
  return typeof value === "object" && value !== null && Object.values(value).every((word) => {
    if (typeof word !== "object" || word === null) return false;
    const { quorum, servers, weight, judged } = word as Readonly<Record<string, unknown>>;
    const isCounted = typeof servers === "number" && typeof weight === "number";
    return typeof quorum === "boolean" && typeof judged === "boolean" && isCounted;
  });
}

/** Words of it become arguments of a script. */
function isFenceRequest(value: unknown): value is FenceRequest {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, id, address } = value as Readonly<Record<string, unknown>>;
  if (kind !== undefined && kind !== "group") return false;
  const isAddress = typeof address === "string" && parseIp(address) !== undefined;
  return typeof name === "string" && typeof id === "number" && (address === undefined || isAddress);
}

/** Without control characters, which could draw on the operator's terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- removing them is the point
  return text.slice(0, MAX_LINE).replace(/[\x00-\x1f\x7f]/g, "?");
}
