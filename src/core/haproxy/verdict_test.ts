import { assertEquals } from "../../../test/assert.ts";
import { FIRST_START_MS, judge, RECOVERY_MS, startVerdict, type Verdict } from "./verdict.ts";

const CONFIG = { graceMs: 1000 };

/** Verdicts after looks: `[time, good]`. */
function after(start: Verdict, ...looks: (readonly [number, boolean])[]): Verdict["up"][] {
  let verdict = start;
  return looks.map(([nowMs, isGood]) => {
    verdict = judge(verdict, isGood, nowMs, CONFIG);
    return verdict.up;
  });
}

Deno.test("it begins as down, and is up with its first answer", () => {
  assertEquals(after(startVerdict(false), [0, false], [5000, false], [5100, true]), [false, false, true]);
});

Deno.test("a short outage is none; one as long as the grace counts", () => {
  const up = judge(startVerdict(false), true, 0, CONFIG);
  assertEquals(after(up, [10, false], [900, false], [950, true], [1200, false], [2100, false]), [
    true,
    true,
    true,
    true,
    true,
  ]);
  assertEquals(after(up, [10, false], [1010, false]), [true, false]);
});

Deno.test("after an outage that counted it must be well for a while, without a break", () => {
  let verdict = judge(startVerdict(false), true, 0, CONFIG);
  for (const nowMs of [10, 1010]) verdict = judge(verdict, false, nowMs, CONFIG);
  assertEquals(
    after(verdict, [2000, true], [2000 + RECOVERY_MS - 1, true], [5100, false], [5200, true], [
      5200 + RECOVERY_MS,
      true,
    ]),
    [false, false, false, false, true],
  );
});

Deno.test("one that a reload brings is unknown until it answers, or has had the time to", () => {
  assertEquals(after(startVerdict(undefined), [0, false], [2000, false], [2100, true]), [undefined, undefined, true]);
  assertEquals(after(startVerdict(undefined), [0, false], [FIRST_START_MS, false]), [undefined, false]);
});
