// What a BFD session is made of: its configuration, state, events and actions. The moves are in `session.ts`.
import type { BfdState, ControlPacket } from "../../wire/bfd.ts";

/** A `bfd_instance` (keepalived.conf(5), "BFD CONFIGURATION"). Intervals in microseconds. */
export interface BfdConfig {
  /** Never 0, and no other session's of this system. */
  readonly localDiscriminator: number;
  /** Between our packets while the session is up (`min_tx`), 1 and more. */
  readonly minTxUs: number;
  /** The shortest interval between the neighbor's packets that we take (`min_rx`), 1 and more. */
  readonly minRxUs: number;
  /** Between our packets while it is not up (`idle_tx`), 1 s and more (RFC 5880 section 6.8.3). */
  readonly idleTxUs: number;
  /** Our packets that may be missing before the neighbor gives us up (`multiplier`), 1 to 255. */
  readonly multiplier: number;
  /** Say nothing before the neighbor does (`passive`). */
  readonly passive: boolean;
}

/** What the neighbor said last. */
export interface Remote {
  /** 0: not heard, or not for a detection time. */
  readonly discriminator: number;
  readonly state: BfdState;
  readonly demand: boolean;
  readonly minRxUs: number;
  readonly minTxUs: number;
  readonly detectMult: number;
}

/**
 * Where a Poll Sequence is (RFC 5880 section 6.5): `asking` until a Final comes; `changed` when our parameters changed
 * meanwhile, so that a packet without Poll (`gap`) goes between this sequence and the next.
 */
export type Poll = "none" | "asking" | "changed" | "gap";

/** A session. Timers are deadlines on the monotonic clock, microseconds; Infinity: not running. */
export interface BfdSession {
  readonly state: BfdState;
  /** Why it went down or was taken out of service, one of the DIAGNOSTIC_ numbers; none while it comes or is up. */
  readonly diagnostic: number;
  readonly remote: Remote;
  /** bfd.DesiredMinTxInterval and bfd.RequiredMinRxInterval: what we announce. */
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  /** What we go by: while up, a longer transmission or a shorter reception waits until the neighbor confirmed it. */
  readonly actingMinTxUs: number;
  readonly actingMinRxUs: number;
  readonly poll: Poll;
  readonly lastSentUs: number;
  readonly transmitTimerUs: number;
  readonly detectionTimerUs: number;
}

/** Something that happened to a session. */
export type BfdEvent =
  /** A deadline may have passed. */
  | { readonly type: "timer" }
  /** A packet of this session that `readControlPacket` and `acceptsHops` let pass. */
  | { readonly type: "packet"; readonly packet: ControlPacket }
  /** The configuration of this step is not that of the step before. */
  | { readonly type: "reconfigured" }
  /** Take the session out of service, or back. */
  | { readonly type: "disable" }
  | { readonly type: "enable" };

/** What to do, in this order. */
export type BfdAction =
  | { readonly type: "send"; readonly packet: ControlPacket }
  /** A tracker is up exactly while the session is. */
  | { readonly type: "transition"; readonly from: BfdState; readonly to: BfdState; readonly diagnostic: number };

/** What a step leads to. */
export interface BfdStep {
  readonly session: BfdSession;
  readonly actions: readonly BfdAction[];
}

/** Now, and a random number from 0 to below 1 for the jitter. */
export interface Moment {
  readonly nowUs: number;
  readonly random: number;
}
