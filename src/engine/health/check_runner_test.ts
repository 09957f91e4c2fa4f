import { assertEquals } from "../../../test/assert.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { Agenda } from "./agenda.ts";
import { type Check, CheckRunner } from "./check_runner.ts";
import { FakeTime } from "./fake_time.ts";

const ok: ProbeResult = { ok: true, status: "L4OK", text: "connected", durationUs: 1 };

function setUp(limit: number): { time: FakeTime; runner: CheckRunner; results: ProbeResult[] } {
  const time = new FakeTime();
  return { time, runner: new CheckRunner(time, new Agenda(time, time), limit), results: [] };
}

/** A check that takes `durationMs`, or until it is cancelled. */
function check(time: FakeTime, results: ProbeResult[], durationMs: number): Check {
  return {
    dueUs: 0,
    limitUs: 1_000_000,
    run: (signal) =>
      new Promise((resolve) => {
        time.after(durationMs, () => resolve(ok));
        signal.addEventListener("abort", () => resolve({ ...ok, ok: false, status: "SOCKERR", text: "cancelled" }));
      }),
    done: (result) => results.push(result),
  };
}

Deno.test("CheckRunner runs at most `limit` checks at once, the others in order, and counts the late ones", async () => {
  const { time, runner, results } = setUp(2);
  for (let count = 0; count < 5; count++) runner.start(check(time, results, 200));
  await time.pass(199);
  assertEquals([results.length, runner.lateChecks], [0, 0]);
  await time.pass(1);
  assertEquals([results.length, runner.lateChecks], [2, 2]);
  await time.pass(400);
  assertEquals([results.length, runner.lateChecks], [5, 3]);
});

Deno.test("CheckRunner runs at most 256 programs at once, and other checks beside them", async () => {
  const { time, runner, results } = setUp(1000);
  const scripts: ProbeResult[] = [];
  for (let count = 0; count < 300; count++) runner.start({ ...check(time, scripts, 200), isScript: true });
  for (let count = 0; count < 300; count++) runner.start(check(time, results, 200));
  await time.pass(200);
  assertEquals([scripts.length, results.length, runner.statistics().inFlight], [256, 300, 44]);
  await time.pass(200);
  assertEquals([scripts.length, runner.statistics().inFlight], [300, 0]);
});

Deno.test("CheckRunner cancels a check at its deadline: a failure, whatever it says then", async () => {
  const { time, runner, results } = setUp(2);
  runner.start(check(time, results, 5000));
  await time.pass(999);
  assertEquals(results, []);
  await time.pass(1);
  assertEquals(results, [{ ok: false, status: "L7TOUT", text: "the check did not end in time", durationUs: 1 }]);
});

Deno.test("CheckRunner takes a probe that rejects for a failed check", async () => {
  const { time, runner, results } = setUp(2);
  runner.start({ ...check(time, results, 0), run: () => Promise.reject(new Error("bug")) });
  await time.pass(0);
  assertEquals(results, [{ ok: false, status: "SOCKERR", text: "the probe failed: bug", durationUs: 0 }]);
});

Deno.test("CheckRunner stop() cancels what runs, forgets what waits, delivers nothing", async () => {
  const { time, runner, results } = setUp(1);
  runner.start(check(time, results, 5000));
  runner.start(check(time, results, 5000));
  await runner.stop();
  runner.start(check(time, results, 0));
  await time.pass(10_000);
  assertEquals(results, []);
});

Deno.test("CheckRunner begins checks that need no promise, ends them at their deadline and when it stops", async () => {
  const { time, runner, results } = setUp(2);
  const cancelled: string[] = [];
  const light = (name: string, durationMs: number): Check => {
    const begin: Check["begin"] = (end) => {
      const forget = time.after(durationMs, () => end(ok));
      return () => {
        forget();
        cancelled.push(name);
        end({ ...ok, ok: false, status: "L4TOUT", text: "cancelled" });
      };
    };
    return { ...check(time, results, 0), run: () => Promise.reject(new Error("not this way")), begin };
  };
  runner.start(light("a", 10));
  runner.start(light("b", 5000));
  runner.start(light("c", 10));
  await time.pass(20);
  assertEquals([results, cancelled], [[ok, ok], []]);
  await time.pass(990);
  assertEquals([results.at(-1), cancelled], [{ ...ok, ok: false, status: "L4TOUT", text: "cancelled" }, ["b"]]);
  assertEquals([runner.statistics().overruns, runner.statistics().inFlight], [1, 0]);
  runner.start(light("d", 5000));
  await runner.stop();
  assertEquals([results.length, cancelled], [3, ["b", "d"]]);
});
