// Whether HAProxy counts as up for instances that track it: a short outage does not, since a restart is over before a peer
// could have taken over; and after a long one it must have been well for a while, so that addresses do not go to and fro.

/** What is known. Times are milliseconds of any steady clock. */
export interface Verdict {
  /** Undefined: not known yet, which takes no instance down. */
  readonly up: boolean | undefined;
  /** Since when it has been bad without a break. */
  readonly badSinceMs?: number;
  /** Since when it has been good without a break. */
  readonly goodSinceMs?: number;
  /** It was up once. */
  readonly wasUp: boolean;
}

/** How it is judged. */
export interface VerdictConfig {
  /** `fail_after`: an outage this long counts. */
  readonly graceMs: number;
}

/** How long it must be well after an outage that counted. */
export const RECOVERY_MS = 3000;
/** How long one that a reload of Holdfast brought may take before its absence counts. */
export const FIRST_START_MS = 10_000;

/** @param up false at the start of Holdfast; undefined when a reload brings it while addresses may be here */
export function startVerdict(up: false | undefined): Verdict {
  return { up, wasUp: false };
}

/** It was seen to be good or bad at a time. */
export function judge(before: Verdict, isGood: boolean, nowMs: number, { graceMs }: VerdictConfig): Verdict {
  if (isGood) {
    const goodSinceMs = before.goodSinceMs ?? nowMs;
    const isUp = before.up === true || !before.wasUp || nowMs - goodSinceMs >= RECOVERY_MS;
    return { up: isUp ? true : before.up, goodSinceMs, wasUp: before.wasUp || isUp };
  }
  const badSinceMs = before.badSinceMs ?? nowMs;
  const limitMs = before.up === undefined ? Math.max(graceMs, FIRST_START_MS) : graceMs;
  const isOver = nowMs - badSinceMs >= limitMs;
  return { up: isOver ? false : before.up, badSinceMs, wasUp: before.wasUp };
}
