import { assertEquals } from "../../../test/assert.ts";
import {
  nextDeadlineUs,
  resumeScript,
  type ScriptAction,
  type ScriptConfig,
  type ScriptEvent,
  type ScriptState,
  startScript,
  stepScript,
} from "./script_verdict.ts";

const config: ScriptConfig = { intervalUs: 2_000_000, timeoutUs: 1_000_000, rise: 2, fall: 3, initFail: false };
const success: ScriptEvent = { type: "exited", code: 0 };
const failure: ScriptEvent = { type: "exited", code: 1 };
const timer: ScriptEvent = { type: "timer" };

/** A script that runs, with this verdict and counter. */
function running(verdict: ScriptState["verdict"], counter: number): ScriptState {
  const run = { name: "running", timeoutTimerUs: 11_000_000 } as const;
  return { verdict, counter, run, nextRunUs: 12_000_000, isJudged: verdict !== "unknown" };
}

function idle(verdict: ScriptState["verdict"], counter: number): ScriptState {
  return { verdict, counter, run: { name: "idle" }, nextRunUs: 12_000_000, isJudged: true };
}

Deno.test("startScript() knows nothing and is due at once; with init_fail it begins as failed", () => {
  const state = startScript(config, 5_000_000);
  const nothing = {
    verdict: "unknown",
    counter: 0,
    run: { name: "idle" },
    nextRunUs: 5_000_000,
    isJudged: false,
  } as const;
  assertEquals(state, nothing);
  assertEquals(startScript({ ...config, initFail: true }, 0).verdict, "down");
});

Deno.test("stepScript() runs when due, with the time limit, and keeps the beat from start to start", () => {
  const started = stepScript(config, startScript(config, 5_000_000), timer, 5_000_400);
  assertEquals(started.actions, [{ type: "run" }]);
  assertEquals(started.state.run, { name: "running", timeoutTimerUs: 6_000_400 });
  assertEquals(started.state.nextRunUs, 7_000_000);
  assertEquals(nextDeadlineUs(started.state), 6_000_400);
  assertEquals(stepScript(config, started.state, timer, 6_000_399), {
    state: started.state,
    actions: [],
  });
});

Deno.test("stepScript() starts a new beat after a stall instead of a burst of runs", () => {
  const late = stepScript(config, startScript(config, 5_000_000), timer, 60_000_000);
  assertEquals(late.state.nextRunUs, 62_000_000);
});

Deno.test("stepScript() lets the first result decide alone, whatever rise and fall are", () => {
  assertEquals(stepScript(config, running("unknown", 0), success, 10_500_000), {
    state: idle("up", 4),
    actions: [{ type: "verdict", verdict: "up", reason: "exited with status 0" }],
  });
  assertEquals(stepScript(config, running("unknown", 0), failure, 10_500_000), {
    state: idle("down", 0),
    actions: [{ type: "verdict", verdict: "down", reason: "exited with status 1" }],
  });
});

Deno.test("stepScript() needs `fall` failures in a row to go down; one success begins anew", () => {
  assertEquals(stepScript(config, running("up", 4), failure, 0), { state: idle("up", 3), actions: [] });
  assertEquals(stepScript(config, running("up", 3), failure, 0), { state: idle("up", 2), actions: [] });
  assertEquals(stepScript(config, running("up", 2), success, 0), { state: idle("up", 4), actions: [] });
  assertEquals(stepScript(config, running("up", 2), failure, 0), {
    state: idle("down", 0),
    actions: [{ type: "verdict", verdict: "down", reason: "exited with status 1" }],
  });
});

Deno.test("stepScript() needs `rise` successes in a row to come up; one failure begins anew", () => {
  assertEquals(stepScript(config, running("down", 0), success, 0), { state: idle("down", 1), actions: [] });
  assertEquals(stepScript(config, running("down", 1), failure, 0), { state: idle("down", 0), actions: [] });
  assertEquals(stepScript(config, running("down", 1), success, 0), {
    state: idle("up", 4),
    actions: [{ type: "verdict", verdict: "up", reason: "exited with status 0" }],
  });
});

Deno.test("init_fail needs all of `rise` before the first up", () => {
  const failed = { ...running("down", 0) };
  assertEquals(stepScript({ ...config, initFail: true }, failed, success, 0).state.verdict, "down");
});

Deno.test("stepScript() with rise 1 and fall 1 follows every result", () => {
  const one = { ...config, rise: 1, fall: 1 };
  assertEquals(stepScript(one, running("up", 1), failure, 0).state, idle("down", 0));
  assertEquals(stepScript(one, running("down", 0), success, 0).state, idle("up", 1));
});

Deno.test("stepScript() counts a signal as a failure", () => {
  assertEquals(stepScript(config, running("unknown", 0), { type: "signalled", signal: 11 }, 0).actions, [
    { type: "verdict", verdict: "down", reason: "ended by signal 11" },
  ]);
});

const missing: ScriptEvent = { type: "start-failed", message: "there is no such file" };

Deno.test("a script that cannot be run and never could counts for nothing, until its first run that says something", () => {
  for (const never of [running("unknown", 0), { ...running("down", 0), isJudged: false }]) {
    const { state, actions } = stepScript({ ...config, initFail: true }, never, missing, 0);
    assertEquals(actions, [{ type: "cannot-run", verdict: "unavailable", reason: "there is no such file" }]);
    assertEquals(state.verdict, "unavailable");
    const again = stepScript(config, { ...state, run: never.run }, missing, 0);
    assertEquals([again.state, again.actions], [state, []], "it is said once");
    const found = stepScript(config, { ...state, run: never.run }, failure, 0);
    assertEquals(found.actions, [{ type: "verdict", verdict: "down", reason: "exited with status 1" }]);
    assertEquals(found.state, idle("down", 0));
  }
});

Deno.test("a script that cannot be run any more counts as before", () => {
  for (const before of [running("up", 3), running("down", 1)]) {
    const { verdict } = before;
    const { state, actions } = stepScript(config, before, missing, 0);
    assertEquals(actions, [{ type: "cannot-run", verdict, reason: "there is no such file" }]);
    assertEquals(state, { ...idle(verdict, before.counter), obstacle: "there is no such file" });
    const denied = stepScript(config, { ...state, run: before.run }, { type: "start-failed", message: "denied" }, 0);
    assertEquals(denied.actions, [{ type: "cannot-run", verdict, reason: "denied" }], "another reason is news");
  }
});

Deno.test("a run that takes too long is told to end, killed 2 s later, and fails once", () => {
  const [first, log] = play({ ...config, fall: 1 }, running("up", 2), [
    [11_000_000, timer],
    [12_000_000, timer],
    [13_000_000, timer],
    [13_100_000, { type: "signalled", signal: 9 }],
    [14_000_000, timer],
  ]);
  assertEquals(log, [
    [
      { type: "kill", signal: "SIGTERM" },
      { type: "verdict", verdict: "down", reason: "timed out after 1 s" },
    ],
    [{ type: "skipped" }], // the next run was due and the process is still there
    [{ type: "kill", signal: "SIGKILL" }],
    [],
    [{ type: "run" }],
  ]);
  assertEquals(first.run.name, "running");
  assertEquals(first.counter, 0);
});

Deno.test("a run that ends when told to is not counted twice, even with status 0, and its children are killed", () => {
  const [state, log] = play(config, running("up", 4), [[11_000_000, timer], [11_500_000, success]]);
  assertEquals(log[1], [{ type: "kill", signal: "SIGKILL" }]);
  assertEquals(state, idle("up", 3));
});

Deno.test("nextDeadlineUs() is the run, the time limit or the kill, whichever comes first", () => {
  assertEquals(nextDeadlineUs(idle("up", 4)), 12_000_000);
  assertEquals(nextDeadlineUs(running("up", 4)), 11_000_000);
  const terminating: ScriptState = { ...idle("up", 4), run: { name: "terminating", killTimerUs: 11_700_000 } };
  assertEquals(nextDeadlineUs(terminating), 11_700_000);
  assertEquals(nextDeadlineUs({ ...terminating, run: { name: "killed" } }), 12_000_000);
});

Deno.test("an end that nobody waits for changes nothing", () => {
  assertEquals(stepScript(config, idle("up", 4), failure, 0), { state: idle("up", 4), actions: [] });
});

Deno.test("resumeScript() keeps what was known over a reload", () => {
  const expected = { verdict: "up", counter: 3, run: { name: "idle" }, nextRunUs: 70_000_000, isJudged: true } as const;
  assertEquals(resumeScript(config, running("up", 3), true, 70_000_000), expected);
  assertEquals(resumeScript({ ...config, rise: 5 }, running("up", 3), false, 70_000_000), { ...expected, counter: 7 });
  assertEquals(resumeScript(config, running("down", 1), false, 70_000_000).counter, 0);
  assertEquals(resumeScript(config, running("unknown", 0), true, 70_000_000), startScript(config, 70_000_000));
});

/** Plays events with their times; returns the last state and the actions of each step. */
function play(
  config: ScriptConfig,
  start: ScriptState,
  events: [nowUs: number, event: ScriptEvent][],
): [ScriptState, (readonly ScriptAction[])[]] {
  let state = start;
  const log: (readonly ScriptAction[])[] = [];
  for (const [nowUs, event] of events) {
    const step = stepScript(config, state, event, nowUs);
    state = step.state;
    log.push(step.actions);
  }
  return [state, log];
}
