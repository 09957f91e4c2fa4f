// Whether an authenticated packet is new: the sequence numbers of `auth_type AH` and the time stamps of `auth_hmac`.
// Knows no packets and no hashes; asked only about what was authentic.
import type { AuthStamp } from "../../wire/auth_trailer.ts";

/**
 * The sequence number of an Authentication Header (RFC 2402 section 3.4.3). It must grow while we are backup; a master
 * learns whatever comes, because a peer that was started again begins at 1.
 *
 * @param last the last number of this sender, undefined before the first
 * @returns whether the packet is new; its number is then the last one
 */
export function sequenceIsNew(last: number | undefined, sequence: number, master: boolean): boolean {
  return master || last === undefined || sequence > last;
}

/** How `auth_hmac` tells new packets from old ones (`anti_replay`, `time_window`). */
export interface ReplayPolicy {
  /** `time`: stamps grow and are near our clock; `monotonic`: they grow. */
  readonly antiReplay: "time" | "monotonic";
  /** How far a sender's clock may be from ours, either way. Seconds. */
  readonly timeWindowSeconds: number;
  /** Senders to remember: 4 for multicast, the number of peers for unicast. */
  readonly slots: number;
}

/** The last stamp of each sender, least recently heard first. */
export type ReplayState = ReadonlyMap<string, AuthStamp>;

/** `time_window` when none is configured: three advertisements, and at least 5 s. */
export function defaultTimeWindowSeconds(advertisementIntervalUs: number): number {
  return Math.max((3 * advertisementIntervalUs) / 1_000_000, 5);
}

/**
 * Judges the stamp of an authentic packet.
 *
 * @param sender its source address
 * @param utcSeconds our clock, since 1970, with fraction
 * @returns the state with the stamp in it, or why the packet is not believed: `stale` is outside of the window, `replay`
 *   is not newer than the one before
 */
export function judgeStamp(
  policy: ReplayPolicy,
  state: ReplayState,
  sender: string,
  stamp: AuthStamp,
  utcSeconds: number,
): { readonly ok: true; readonly state: ReplayState } | { readonly ok: false; readonly reason: "stale" | "replay" } {
  const sentSeconds = stamp.seconds + stamp.fraction / 0x10000;
  if (policy.antiReplay === "time" && Math.abs(sentSeconds - utcSeconds) > policy.timeWindowSeconds) {
    return { ok: false, reason: "stale" };
  }
  const last = state.get(sender);
  if (last !== undefined && compareStamps(stamp, last) <= 0) return { ok: false, reason: "replay" };
  const next = new Map(state);
  next.delete(sender); // so that it comes last
  next.set(sender, stamp);
  for (const oldest of next.keys()) {
    if (next.size <= policy.slots) break;
    next.delete(oldest);
  }
  return { ok: true, state: next };
}

/** The stamp for the next packet: the time, and a counter for packets of the same moment; it grows even if the clock does not. */
export function nextStamp(last: AuthStamp | undefined, utcSeconds: number): AuthStamp {
  const seconds = Math.floor(utcSeconds);
  const stamp: AuthStamp = { seconds, fraction: Math.floor((utcSeconds - seconds) * 0x10000), counter: 0 };
  if (last === undefined || compareStamps(stamp, last) > 0) return stamp;
  if (last.counter < 0xffff) return { ...last, counter: last.counter + 1 };
  if (last.fraction < 0xffff) return { ...last, fraction: last.fraction + 1, counter: 0 };
  return { seconds: last.seconds + 1, fraction: 0, counter: 0 };
}

function compareStamps(left: AuthStamp, right: AuthStamp): number {
  return left.seconds - right.seconds || left.fraction - right.fraction || left.counter - right.counter;
}
