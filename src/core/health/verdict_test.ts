import { assertEquals } from "../../../test/assert.ts";
import { type CheckerState, type CheckerTiming, judge, startChecker } from "./verdict.ts";

const timing: CheckerTiming = { delayLoopUs: 6_000_000, retry: 2, delayBeforeRetryUs: 1_000_000 };
const up: CheckerState = { up: true, judged: true, failures: 0, nextCheckUs: 0 };

Deno.test("startChecker() assumes what it is told and waits for its first check", () => {
  assertEquals(startChecker({ up: true, firstCheckUs: 700 }), {
    up: true,
    judged: false,
    failures: 0,
    nextCheckUs: 700,
  });
});

Deno.test("judge() takes a success as up at once, whatever came before", () => {
  const expected = { up: true, judged: true, failures: 0, nextCheckUs: 16_000_000 };
  assertEquals(judge(timing, up, true, 10_000_000), expected);
  assertEquals(judge(timing, { ...up, failures: 2 }, true, 10_000_000), expected);
  assertEquals(judge(timing, { ...up, up: false, failures: 3 }, true, 10_000_000), expected);
  assertEquals(judge(timing, startChecker({ up: false, firstCheckUs: 0 }), true, 10_000_000), expected);
});

Deno.test("judge() goes down after the failure and `retry` more, every delay_before_retry", () => {
  const first = judge(timing, up, false, 10_000_000);
  assertEquals(first, { up: true, judged: true, failures: 1, nextCheckUs: 11_000_000 });
  const second = judge(timing, first, false, 11_100_000);
  assertEquals(second, { up: true, judged: true, failures: 2, nextCheckUs: 12_100_000 });
  const third = judge(timing, second, false, 12_200_000);
  assertEquals(third, { up: false, judged: true, failures: 3, nextCheckUs: 18_200_000 });
});

Deno.test("judge() changes nothing by a check that could not be carried out", () => {
  const started = startChecker({ up: false, firstCheckUs: 0 });
  for (const state of [up, { ...up, failures: 2 }, { ...up, up: false, failures: 3 }, started]) {
    assertEquals(judge(timing, state, undefined, 10_000_000), { ...state, nextCheckUs: 16_000_000 });
  }
});

Deno.test("judge() does not hurry while down", () => {
  const down = { up: false, judged: true, failures: 3, nextCheckUs: 0 };
  assertEquals(judge(timing, down, false, 20_000_000), { ...down, nextCheckUs: 26_000_000 });
});

Deno.test("judge() takes one failure as down before the first result: the start is the last retry", () => {
  const started = startChecker({ up: true, firstCheckUs: 0 });
  assertEquals(judge(timing, started, false, 1_000_000), {
    up: false,
    judged: true,
    failures: 3,
    nextCheckUs: 7_000_000,
  });
});

Deno.test("judge() with retry 0 goes down with the first failure", () => {
  assertEquals(judge({ ...timing, retry: 0 }, up, false, 0), {
    up: false,
    judged: true,
    failures: 1,
    nextCheckUs: 6_000_000,
  });
});
