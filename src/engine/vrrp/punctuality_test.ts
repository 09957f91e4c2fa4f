import { assertEquals } from "../../../test/assert.ts";
import { Punctuality } from "./punctuality.ts";

const SECOND = 1_000_000;

Deno.test("Punctuality counts a time-out from the last advertisement, and its phases", () => {
  const seen = new Punctuality();
  seen.heard(100, "backup", 10 * SECOND);
  seen.heard(100, "backup", 11 * SECOND);
  const takeover = { type: "transition", from: "backup", to: "master", reason: "no advertisement within ..." } as const;
  seen.tookOver({ type: "add-addresses" }, 14.6 * SECOND, 14.602 * SECOND);
  seen.transition(takeover, 90, 14.6 * SECOND);
  const { detection, takeover: phases, advertIntervalIn, transitions } = seen.snapshot();
  assertEquals(advertIntervalIn.sum, 1);
  assertEquals(detection.timeout?.sum.toFixed(3), "3.600");
  assertEquals(phases.vip_add?.counts.slice(0, 3), [0, 1, 0]);
  assertEquals(transitions, [{ from: "backup", to: "master", reason: "timeout", count: 1 }]);
});

Deno.test("Punctuality tells why a backup became master: priority 0, preemption, nobody heard, the group", () => {
  const why = (heard: number | undefined, reason = "no advertisement within ..."): string | undefined => {
    const seen = new Punctuality();
    if (heard !== undefined) seen.heard(heard, "backup", 0);
    seen.transition({ type: "transition", from: "backup", to: "master", reason }, 100, SECOND);
    return seen.snapshot().transitions[0]?.reason;
  };
  assertEquals([why(0), why(50), why(150), why(undefined), why(150, "VI_2: fault")], [
    "priority-0",
    "preempt",
    "timeout",
    "start",
    "group",
  ]);
});

Deno.test("Punctuality measures how late a master sends, and not what it sends for another reason", () => {
  const seen = new Punctuality();
  seen.timer({ name: "master", adverTimerUs: 5 * SECOND });
  seen.sent(5 * SECOND + 2000);
  seen.sent(5 * SECOND + 500_000); // an answer to a lower master
  const { sendDelay, advertIntervalOut } = seen.snapshot();
  assertEquals([sendDelay.sum, sendDelay.counts.reduce((a, b) => a + b)], [0.002, 1]);
  assertEquals(advertIntervalOut.sum.toFixed(3), "0.498");
});

Deno.test("Punctuality counts a second master", () => {
  const seen = new Punctuality();
  seen.heard(50, "master", 0);
  seen.heard(0, "master", SECOND);
  seen.heard(50, "backup", SECOND);
  assertEquals(seen.snapshot().duplicateMasters, 1);
});
