// What the VRRP state machine is made of: its configuration, states, events and actions. The moves are in `router.ts`.
import type { Ban } from "./witness.ts";

/** What a virtual router is configured to do. Times in microseconds. */
export interface RouterConfig {
  readonly version: 2 | 3;
  /** 1 to 255; 255 owns the addresses. */
  readonly priority: number;
  readonly advertisementIntervalUs: number;
  readonly initialState: "master" | "backup";
  /** Preempt_Mode: whether a backup takes over from a master of lower priority. */
  readonly preemptMode: boolean;
  /** How long a lower master is left alone before it is preempted; 0: not at all. keepalived's `preempt_delay`. */
  readonly preemptDelayUs: number;
  readonly announcements: AnnouncementSchedule;
  /** Advertisements that may go missing before a backup takes over; default 3. */
  readonly downTimerAdverts?: number;
  /** A master does not answer an advertisement of lower priority; keepalived's `lower_prio_no_advert`. */
  readonly silentTowardsLower?: boolean;
  /** A master that gives way sends one more advertisement; keepalived's `higher_prio_send_advert`. */
  readonly advertisesBeforeGivingWay?: boolean;
  /** A master so late that a peer of this priority must have taken over becomes backup; `timer_expired_backup`. */
  readonly timerExpiredBackup?: number;
  /** Witnesses forbid it to become master; a master stays. */
  readonly ban?: Ban;
  /** Before it takes over from a master that fell silent, that one is to be fenced; how long that may take. */
  readonly fencing?: { readonly timeoutUs: number };
}

/** When addresses are announced by gratuitous ARP, after the set at the transition itself. */
export interface AnnouncementSchedule {
  /** Messages for each address in a set. */
  readonly repeat: number;
  /** A second set this long after becoming master; 0: none. */
  readonly delayUs: number;
  /** A set this often while master; 0: never. */
  readonly refreshUs: number;
  readonly refreshRepeat: number;
  /** After an advertisement of lower priority: messages now, and again after the delay (0: not again). */
  readonly lowerPriorityRepeat: number;
  readonly lowerPriorityDelayUs: number;
}

/** A timer is a deadline in the state, so leaving the state drops it and no stale timer can fire. Monotonic microseconds. */
export type RouterState =
  | { readonly name: "init" }
  /** keepalived's, not the RFC's: cannot serve, says nothing, waits until no cause is left. */
  | {
    readonly name: "fault";
    /** Its own; empty: only its sync group keeps it here. */
    readonly causes: readonly string[];
    /** Why its sync group is in fault. */
    readonly group?: string;
  }
  | {
    readonly name: "backup";
    readonly masterDownTimerUs: number;
    readonly masterAdverIntervalUs: number;
    /** While a lower master is left alone: when that ends. */
    readonly preemptDelayTimerUs?: number;
    /** The Master_Down_Timer that was granted after a sleep; any other one is not. */
    readonly listensUntilUs?: number;
    /** While the silent master is being fenced, until Master_Down_Timer at most: which attempt it is. */
    readonly fencingId?: number;
  }
  | {
    readonly name: "master";
    readonly adverTimerUs: number;
    /** The second set of announcements: when, and how many messages for each address. */
    readonly announceTimerUs?: number;
    readonly announceRepeat?: number;
    readonly refreshTimerUs?: number;
    /** Another address owner, priority 255 like us: when it was heard first and last. */
    readonly rivalOwner?: { readonly sinceUs: number; readonly lastUs: number };
  };

/** An advertisement that passed every check of `acceptance.ts`. */
export interface HeardAdvertisement {
  readonly priority: number;
  readonly advertisementIntervalUs: number;
  /** Sender's address compared with ours as unsigned integers in network order: above 0 when the sender's is greater. */
  readonly senderOrder: number;
}

export type RouterEvent =
  | { readonly type: "startup" }
  /** Take over where a predecessor of this process was master: it went a moment ago and its addresses are still there. */
  | { readonly type: "resume" }
  | { readonly type: "shutdown" }
  /** The configuration given to `step` is a new one, of the same version; `previous` was the one until now. */
  | {
    readonly type: "reconfigure";
    readonly previous: RouterConfig;
    /** There are virtual addresses that were not there before. */
    readonly addressesAdded: boolean;
  }
  | {
    readonly type: "timer";
    /** What was heard last, if that is not long ago: a master, or that it leaves. Absent: silence. */
    readonly heard?: "master" | "goodbye";
  }
  | { readonly type: "advertisement"; readonly advertisement: HeardAdvertisement }
  /** The outcome of an attempt to fence the silent master; `reason` why it may not be taken for gone. */
  | { readonly type: "fenced"; readonly id: number; readonly allowed: boolean; readonly reason: string }
  /** Something without which we cannot serve is missing; the cause is a sentence for people and a key. */
  | { readonly type: "fault"; readonly cause: string }
  | { readonly type: "fault-cleared"; readonly cause: string }
  /** Somebody else removed what we have while we are master: `address 192.0.2.1`, `route ...`. */
  | { readonly type: "address-lost"; readonly what: string }
  /** An operator wants another router to be master. */
  | { readonly type: "resign"; readonly reason: string }
  /** Its sync group decided: there, whatever the protocol alone would do. */
  | {
    readonly type: "order";
    readonly become: "fault" | "backup" | "master";
    /** Whether a master that leaves sends priority 0. */
    readonly sayGoodbye: boolean;
    readonly reason: string;
  }
  /** Its sync group could not follow it to master, or `reason` forbids it: it waits for another Master_Down_Interval. */
  | { readonly type: "held"; readonly reason?: string };

export type RouterAction =
  | { readonly type: "send-advertisement"; readonly priority: number }
  | { readonly type: "add-addresses" }
  | { readonly type: "remove-addresses" }
  /** Add the addresses that a new configuration brought, and announce those. */
  | { readonly type: "add-new-addresses"; readonly repeat: number }
  | { readonly type: "announce-addresses"; readonly repeat: number }
  | {
    readonly type: "transition";
    readonly from: RouterState["name"];
    readonly to: RouterState["name"];
    /** Plain words for logs and the journal. */
    readonly reason: string;
  }
  /** Have the silent master fenced; the answer is `fenced` with that id, in time or not at all. */
  | { readonly type: "fence"; readonly id: number }
  /** It would have become master, but must not: the ban says why. */
  | { readonly type: "forbidden"; readonly reason: string }
  /** A lower master keeps advertising against us: worth a log line. */
  | { readonly type: "note"; readonly text: string };

/** What a step leads to. The order of the actions is part of the contract. */
export interface Step {
  readonly state: RouterState;
  readonly actions: readonly RouterAction[];
}
