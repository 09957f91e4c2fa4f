// What a virtual router needs of its surroundings, and what it tells them.
import type { SyncGroup } from "../../config/config_vrrp.ts";
import type { RouterFact } from "../../core/journal/entry.ts";
import type { RouterState } from "../../core/vrrp/state.ts";
import type { GroupEvent } from "../../core/vrrp/sync_group.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Digests } from "../../ports/digests.ts";
import type { NetworkPort } from "../../ports/network.ts";
import type { AnnouncementPacer } from "./announcement_pacer.ts";

/** What a virtual router needs of its surroundings. */
export interface VirtualRouterPorts {
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly digests: Digests;
  /** Keeps announcements apart; missing: all leave at once, and none is repeated. */
  readonly pacer?: AnnouncementPacer;
  /** One line for people, without time stamp. */
  readonly log: (line: string) => void;
  /** Something that the snapshot shows has changed. */
  readonly changed: () => void;
  /** The state of an instance or a sync group changed: for scripts that are to hear of it. */
  readonly transition?: (transition: StateTransition) => void;
  /** What the journal is to keep. */
  readonly observe?: (fact: RouterFact) => void;
  /** Fence the master that fell silent; the answer comes as `RouterOrders.fenced`, of all members of a group. */
  readonly fence?: (request: FenceRequest) => void;
  /** Something else happened that they may hear of. */
  readonly notice?: (notice: InstanceNotice) => void;
}

/** An instance, or a sync group, would take over from a silent master. */
export interface FenceRequest {
  /** Absent: an instance. */
  readonly kind?: "group";
  readonly name: string;
  readonly id: number;
  /** The router that was heard last; absent: none ever was. */
  readonly address?: string;
}

/** A change of state, for those who are told. */
export interface StateTransition {
  readonly kind: "instance" | "group";
  readonly name: string;
  readonly from: RouterState["name"];
  readonly to: RouterState["name"];
  /** The effective one; 0 for a group. */
  readonly priority: number;
}

/** What an instance tells besides its changes of state. */
export interface InstanceNotice {
  readonly kind: "instance";
  readonly name: string;
  /** A master heard an advertisement of lower priority, or the effective priority is another. */
  readonly event: "lower-heard" | "priority";
  readonly state: RouterState["name"];
  readonly priority: number;
}

/** A peer could send advertisements of lower priority at any rate: one is told of in this time. */
export const NOTICE_INTERVAL_US = 1_000_000;

/** What a member knows of its sync group. */
export interface Membership {
  readonly config: SyncGroup;
  /** Hears what the member would do; its order comes during the call, by `obey`. */
  readonly tell: (event: GroupEvent) => void;
}
