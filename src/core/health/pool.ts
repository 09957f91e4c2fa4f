// What each real server does for its virtual server: it serves, stands by (`backup`), or is held although its checks fail
// (`fail_open`). Pure; weights and the table are decided elsewhere.
import type { RealServerStanding } from "./virtual_server.ts";

/** Which servers stay when all have failed. */
export interface FailOpen {
  /** `last`: those that failed last; `all`: every one that failed. */
  readonly mode: "last" | "all";
  /**
   * How far apart the checks may notice one outage, microseconds: servers that went down so long before the last one, or
   * longer, failed for reasons of their own.
   */
  readonly windowUs: number;
}

/** What decides about the pool beside the servers themselves. */
export interface PoolPolicy {
  /** Undefined: what fails leaves, and at the end nothing is left, as in keepalived. */
  readonly failOpen?: FailOpen;
  /** Servers marked `backup` serve while fewer others are up; at least 1. */
  readonly backupBelow: number;
}

/** What a real server does now. */
export type Duty =
  /** It is up and gets connections. */
  | "serves"
  /** It is up, and waits for others to fail. */
  | "stands-by"
  /** It is down, and gets connections all the same. */
  | "held"
  /** It gets none: down, draining or taken out. */
  | "idle";

/** What each of them does, in their order. */
export function dutiesOf(policy: PoolPolicy, standings: readonly RealServerStanding[]): Duty[] {
  const isUp = ({ up, draining }: RealServerStanding): boolean => up && draining !== true;
  const primaries = standings.filter((server) => isUp(server) && server.backup !== true && server.entry.weight > 0);
  const backupsServe = primaries.length < policy.backupBelow;
  const held = heldOpen(policy, standings);
  return standings.map((server) => {
    if (isUp(server)) return server.backup && !backupsServe ? "stands-by" : "serves";
    return held.has(server) ? "held" : "idle";
  });
}

/**
 * Servers that stay in the table although all have failed; empty while one with a weight is up. Of one outage the checks
 * hear one after the other, so that `last` is a time and not one server. A server that was never up stays out of it, and so
 * does a backup beside others: it had no connections to keep.
 */
function heldOpen(
  { failOpen }: PoolPolicy,
  standings: readonly RealServerStanding[],
): ReadonlySet<RealServerStanding> {
  if (failOpen === undefined) return new Set();
  if (standings.some(({ up, draining, entry }) => up && !draining && entry.weight > 0)) return new Set();
  const failed = standings.filter(({ failure }) => {
    return failure !== undefined && (failOpen.mode === "all" || failure.wasUp);
  });
  const lastUs = Math.max(...failed.map(({ failure }) => failure?.sinceUs ?? 0));
  const chosen = failOpen.mode === "all"
    ? failed
    : failed.filter(({ failure }) => (failure?.sinceUs ?? 0) > lastUs - failOpen.windowUs);
  const primaries = chosen.filter(({ backup }) => backup !== true);
  return new Set(primaries.length > 0 ? primaries : chosen);
}
