// The health of one real server: up only while all its checkers are. Pure; the weight in the table is decided elsewhere.
import { assert } from "../../base/assert.ts";
import { type CheckerState, type CheckerTiming, judge } from "./verdict.ts";

/** As HAProxy counts: going down and going up are between two verdicts. */
export type RealServerStateName = "up" | "going-down" | "down" | "going-up" | "no-check";

/** What is known about one real server. Times are monotonic microseconds. */
export interface RealServerHealth {
  readonly up: boolean;
  /** When it went up or down; the start counts. */
  readonly sinceUs: number;
  /** In the order of the configuration; empty: always up. */
  readonly checkers: readonly CheckerState[];
  readonly downTransitions: number;
  /** Failed checks since the start. */
  readonly failedChecks: number;
  /** Time down in earlier outages; a present one is not in it, see `downtimeUs()`. */
  readonly pastDowntimeUs: number;
}

/** The change that a result brought. */
export interface RealServerStep {
  readonly health: RealServerHealth;
  /** The server went that way just now. */
  readonly change?: "up" | "down";
}

/** A real server at start. It is up while all `checkers` are assumed to be. */
export function startRealServer(checkers: readonly CheckerState[], nowUs: number): RealServerHealth {
  return {
    up: checkers.every((checker) => checker.up),
    sinceUs: nowUs,
    checkers,
    downTransitions: 0,
    failedChecks: 0,
    pastDowntimeUs: 0,
  };
}

/** A checker's result came in. `index` counts the checkers in the order of the configuration; `ok` as in `judge`. */
export function recordCheck(
  health: RealServerHealth,
  result: {
    readonly index: number;
    readonly timing: CheckerTiming;
    readonly ok: boolean | undefined;
    readonly nowUs: number;
  },
): RealServerStep {
  const { index, timing, ok, nowUs } = result;
  const before = health.checkers[index];
  assert(before !== undefined, "a result belongs to a checker");
  const checkers = health.checkers.with(index, judge(timing, before, ok, nowUs));
  const failedChecks = health.failedChecks + (ok === false ? 1 : 0);
  return withCheckers({ ...health, failedChecks }, checkers, nowUs);
}

/**
 * Other checkers, or the same in another order: what a new configuration brings. History and counters stay. A server whose
 * last failing checker is gone is up.
 */
export function replaceCheckers(
  health: RealServerHealth,
  checkers: readonly CheckerState[],
  nowUs: number,
): RealServerStep {
  return withCheckers(health, checkers, nowUs);
}

/** A checker that takes the place of others: it holds the server's present state until its first result. */
export function succeedingChecker(health: RealServerHealth, firstCheckUs: number): CheckerState {
  // An up server keeps its patience: without it one failure would do, as at start.
  const judged = health.up && health.checkers.some((checker) => checker.judged);
  return { up: health.up, judged, failures: 0, nextCheckUs: firstCheckUs };
}

function withCheckers(
  health: RealServerHealth,
  checkers: readonly CheckerState[],
  nowUs: number,
): RealServerStep {
  const up = checkers.every((checker) => checker.up);
  if (up === health.up) return { health: { ...health, checkers } };
  return {
    change: up ? "up" : "down",
    health: {
      ...health,
      up,
      sinceUs: nowUs,
      checkers,
      downTransitions: health.downTransitions + (up ? 0 : 1),
      pastDowntimeUs: downtimeUs(health, nowUs),
    },
  };
}

/** All the time that the server was down since the start, microseconds. */
export function downtimeUs(health: RealServerHealth, nowUs: number): number {
  return health.pastDowntimeUs + (health.up ? 0 : nowUs - health.sinceUs);
}

/**
 * The state in words. Going down: up, with failures that do not count yet. Going up: down, with a good result and no
 * bad one, so only checkers without a result hold it back.
 */
export function stateName(health: RealServerHealth): RealServerStateName {
  if (health.checkers.length === 0) return "no-check";
  const failing = health.checkers.some((checker) => checker.failures > 0);
  if (health.up) return failing ? "going-down" : "up";
  return !failing && health.checkers.some((checker) => checker.judged) ? "going-up" : "down";
}
