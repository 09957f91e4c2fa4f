// One `vrrp_script`: when to run it, when to kill it, and what its results mean. Starts no process and reads no clock.

/** How a script is run and judged (keepalived.conf(5), "VRRP script(s)"). Durations in microseconds. */
export interface ScriptConfig {
  /** From one start to the next (`interval`). */
  readonly intervalUs: number;
  /** How long a run may take before it counts as a failure and is killed (`timeout`; keepalived's default is `interval`). */
  readonly timeoutUs: number;
  /** Successes in a row that make a failed script good (`rise`), 1 or more. */
  readonly rise: number;
  /** Failures in a row that make a good script failed (`fall`), 1 or more. */
  readonly fall: number;
  /** Begin as failed instead of waiting for the first result (`init_fail`). */
  readonly initFail: boolean;
}

/**
 * What a script says about its tracker. `unknown` until the first result; keepalived's instances wait in INIT for it.
 * `unavailable`: it cannot be run and never could, so that it says nothing; keepalived leaves such a one out.
 */
export type ScriptVerdict = "unknown" | "unavailable" | "up" | "down";

/** The process, if any. A timer is a deadline in the state; monotonic microseconds. */
export type ScriptRun =
  | { readonly name: "idle" }
  | { readonly name: "running"; readonly timeoutTimerUs: number }
  /** It was told to end (SIGTERM) and is killed at the deadline. Its verdict has been counted. */
  | { readonly name: "terminating"; readonly killTimerUs: number }
  /** SIGKILL was sent: only its end is awaited. */
  | { readonly name: "killed" };

/** All that is known about one script. */
export interface ScriptState {
  readonly verdict: ScriptVerdict;
  /** keepalived's `result`, 0 to rise + fall - 1: below `rise` is failed, `rise` and more is good. */
  readonly counter: number;
  readonly run: ScriptRun;
  /** When the next run is due. */
  readonly nextRunUs: number;
  /** Whether a run has said anything yet. */
  readonly isJudged: boolean;
  /** Why it could not be started the last time. */
  readonly obstacle?: string;
}

/** Something that happened to a script. */
export type ScriptEvent =
  /** A deadline may have passed. */
  | { readonly type: "timer" }
  /** The process ended by itself: exit status 0 is a success. */
  | { readonly type: "exited"; readonly code: number }
  /** The process died of a signal, which is a failure. */
  | { readonly type: "signalled"; readonly signal: number }
  /** The process could not be started at all: of what the script looks after nothing is known. */
  | { readonly type: "start-failed"; readonly message: string };

/** What to do, in this order. */
export type ScriptAction =
  | { readonly type: "run" }
  /** To the whole process group: scripts start children. */
  | { readonly type: "kill"; readonly signal: "SIGTERM" | "SIGKILL" }
  | { readonly type: "verdict"; readonly verdict: "up" | "down"; readonly reason: string }
  /** It cannot be run, and could before, or for another reason. */
  | { readonly type: "cannot-run"; readonly verdict: ScriptVerdict; readonly reason: string }
  /** A run was due while the one before had not ended: it is left out. */
  | { readonly type: "skipped" };

/** What a step leads to. */
export interface ScriptStep {
  readonly state: ScriptState;
  readonly actions: readonly ScriptAction[];
}

/** How long a script that was told to end may take before it is killed, as in keepalived. */
const TERMINATION_GRACE_US = 2_000_000;

/** A script that has not run yet; its first run is due at once. */
export function startScript(config: ScriptConfig, nowUs: number): ScriptState {
  return {
    verdict: config.initFail ? "down" : "unknown",
    counter: 0,
    run: { name: "idle" },
    nextRunUs: nowUs,
    isJudged: false,
  };
}

/**
 * The same script after a reload: what was known stays known. Where `rise` or `fall` changed, the verdict stays and must
 * be refuted from the beginning.
 */
export function resumeScript(config: ScriptConfig, before: ScriptState, same: boolean, nowUs: number): ScriptState {
  if (!before.isJudged) return startScript(config, nowUs);
  const counter = same ? before.counter : before.verdict === "up" ? highest(config) : 0;
  return { verdict: before.verdict, counter, run: { name: "idle" }, nextRunUs: nowUs, isJudged: true };
}

/** The earliest deadline in a state. */
export function nextDeadlineUs(state: ScriptState): number {
  switch (state.run.name) {
    case "idle":
    case "killed":
      return state.nextRunUs;
    case "running":
      return Math.min(state.nextRunUs, state.run.timeoutTimerUs);
    case "terminating":
      return Math.min(state.nextRunUs, state.run.killTimerUs);
    default:
      return state.run satisfies never;
  }
}

/** Decides. Never throws for any event in any state. */
export function stepScript(config: ScriptConfig, state: ScriptState, event: ScriptEvent, nowUs: number): ScriptStep {
  switch (event.type) {
    case "timer":
      return timers(config, state, nowUs);
    case "exited":
      return ended(config, state, event.code === 0, `exited with status ${event.code}`);
    case "signalled":
      return ended(config, state, false, `ended by signal ${event.signal}`);
    case "start-failed":
      return notStarted(state, event.message);
    default:
      return event satisfies never;
  }
}

function timers(config: ScriptConfig, before: ScriptState, nowUs: number): ScriptStep {
  const actions: ScriptAction[] = [];
  let state = before;
  if (state.run.name === "running" && nowUs >= state.run.timeoutTimerUs) {
    // keepalived counts the failure when the process is gone, up to 2 s later; nothing better can come of waiting.
    const counted = count(config, state, false, `timed out after ${config.timeoutUs / 1_000_000} s`);
    actions.push({ type: "kill", signal: "SIGTERM" }, ...counted.actions);
    state = { ...counted.state, run: { name: "terminating", killTimerUs: nowUs + TERMINATION_GRACE_US } };
  } else if (state.run.name === "terminating" && nowUs >= state.run.killTimerUs) {
    actions.push({ type: "kill", signal: "SIGKILL" });
    state = { ...state, run: { name: "killed" } };
  }
  if (nowUs < state.nextRunUs) return { state, actions };
  // Keep the beat; after a long stall start a new one.
  let nextRunUs = state.nextRunUs + config.intervalUs;
  if (nextRunUs <= nowUs) nextRunUs = nowUs + config.intervalUs;
  if (state.run.name !== "idle") return { state: { ...state, nextRunUs }, actions: [...actions, { type: "skipped" }] };
  const run: ScriptRun = { name: "running", timeoutTimerUs: nowUs + config.timeoutUs };
  return { state: { ...state, run, nextRunUs }, actions: [...actions, { type: "run" }] };
}

/**
 * A script that is not there says nothing of what it looks after: what it said last holds, and one that never said anything
 * counts for nothing. keepalived leaves out what it cannot find when it starts, and takes it for good later: whoever
 * comes from there has an instance that serves, and would have one in FAULT on each of his routers.
 */
function notStarted(before: ScriptState, obstacle: string): ScriptStep {
  if (before.run.name !== "running") return { state: before, actions: [] };
  const verdict = before.isJudged ? before.verdict : "unavailable";
  const state: ScriptState = { ...before, verdict, run: { name: "idle" }, obstacle };
  if (before.obstacle === obstacle) return { state, actions: [] };
  return { state, actions: [{ type: "cannot-run", verdict, reason: obstacle }] };
}

function ended(config: ScriptConfig, state: ScriptState, success: boolean, how: string): ScriptStep {
  switch (state.run.name) {
    case "idle":
      return { state, actions: [] };
    case "running": {
      const counted = count(config, state, success, how);
      return { state: { ...counted.state, run: { name: "idle" } }, actions: counted.actions };
    }
    case "terminating":
      // The script obeyed; what it had started may not have.
      return { state: { ...state, run: { name: "idle" } }, actions: [{ type: "kill", signal: "SIGKILL" }] };
    case "killed":
      return { state: { ...state, run: { name: "idle" } }, actions: [] };
    default:
      return state.run satisfies never;
  }
}

/** One more result. The first one decides alone; later `fall` failures or `rise` successes in a row are needed. */
function count(
  config: ScriptConfig,
  { obstacle: _, ...before }: ScriptState,
  success: boolean,
  how: string,
): ScriptStep {
  const state: ScriptState = { ...before, isJudged: true };
  if (state.verdict === "unknown" || state.verdict === "unavailable") {
    return decide({ ...state, counter: success ? highest(config) : 0 }, success ? "up" : "down", how);
  }
  if (state.verdict === "down") {
    if (!success) return { state: { ...state, counter: 0 }, actions: [] };
    if (state.counter + 1 < config.rise) return { state: { ...state, counter: state.counter + 1 }, actions: [] };
    return decide({ ...state, counter: highest(config) }, "up", how);
  }
  if (success) return { state: { ...state, counter: highest(config) }, actions: [] };
  if (state.counter - 1 >= config.rise) return { state: { ...state, counter: state.counter - 1 }, actions: [] };
  return decide({ ...state, counter: 0 }, "down", how);
}

function decide(state: ScriptState, verdict: "up" | "down", how: string): ScriptStep {
  return { state: { ...state, verdict }, actions: [{ type: "verdict", verdict, reason: how }] };
}

function highest(config: ScriptConfig): number {
  return config.rise + config.fall - 1;
}
