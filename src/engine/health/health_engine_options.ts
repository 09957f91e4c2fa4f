// What the health engine is made with, and how it is told to leave.
import type { JudgedWord } from "../../core/tracking/server_word.ts";
import type { VirtualServerKey } from "../../core/ipvs/table.ts";
import type { VirtualServer } from "../../config/config.ts";
import type { IpvsSettings } from "../../config/sync_daemon.ts";
import type { Clock } from "../../ports/clock.ts";
import type { IpvsPort } from "../../ports/ipvs.ts";
import type { ProbePort } from "../../ports/probes.ts";
import type { Timers } from "./agenda.ts";
import type { ServerNews } from "./server_news.ts";

/** What the engine works with. */
export interface HealthEngineOptions {
  /** The configured virtual servers, in order. */
  readonly virtualServers: readonly VirtualServer[];
  readonly clock: Clock;
  /** Default: the platform's. */
  readonly timers?: Timers;
  /** Opens the kernel's table; called again every 30 s while it throws IpvsUnavailableError. Checks go on meanwhile. */
  readonly openIpvs: () => IpvsPort;
  readonly probes: ProbePort;
  /** From 0 to below 1, for spreading the first checks. */
  readonly random: () => number;
  /** Takes one line for the log, in keepalived's words, without a line end. */
  readonly log: (line: string) => void;
  /** Takes what scripts, FIFOs and mails are to hear. */
  readonly tell?: (news: readonly ServerNews[]) => void;
  /** Takes what instances that track virtual servers are to know; only what is other than before. */
  readonly tellQuorums?: (words: Readonly<Record<string, JudgedWord>>) => void;
  /** The real servers that are up at the start are told of, too, not only quorums: `rs_init_notifies`. */
  readonly tellsInitialStates?: boolean;
  /** An engine before this one has told of the start. */
  readonly isRestart?: boolean;
  /** Virtual servers of the earlier configuration: those that are gone from this one are deleted from the table. */
  readonly previousKeys?: readonly VirtualServerKey[];
  /** Probes at the same time, default 256; the others wait their turn. */
  readonly maxConcurrentChecks?: number;
  /** What IPVS is set to beside its table; default: nothing. */
  readonly settings?: IpvsSettings;
  /** Whether this host has an address, for `ha_suspend`; default: it has all. */
  readonly isLocal?: (address: string) => boolean;
  /** Whether a VRRP instance is master here, for `follow_instance`; default: all are. */
  readonly isMaster?: (instance: string) => boolean;
}

/** How to leave. */
export interface StopOptions {
  /** Leave the virtual servers in the kernel, with their connections; otherwise ours are deleted. */
  readonly keepTable: boolean;
  /** They are configured no more: all are told of, and not only those with `omega`. */
  readonly removed?: boolean;
}
