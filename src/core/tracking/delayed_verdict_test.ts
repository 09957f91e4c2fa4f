import { assertEquals } from "../../../test/assert.ts";
import { passVerdictTimer, seeVerdict } from "./delayed_verdict.ts";

Deno.test("seeVerdict() without delay follows at once", () => {
  assertEquals(seeVerdict({ up: true }, false, 0, 5), { up: false });
  assertEquals(seeVerdict({ up: false }, true, 0, 5), { up: true });
  assertEquals(seeVerdict({ up: true }, true, 700, 5), { up: true });
});

Deno.test("seeVerdict() believes a change when its delay is over, and not before", () => {
  const waiting = seeVerdict({ up: true }, false, 2_000_000, 1_000_000);
  assertEquals(waiting, { up: true, changeTimerUs: 3_000_000 });
  assertEquals(passVerdictTimer(waiting, 2_999_999), waiting);
  assertEquals(passVerdictTimer(waiting, 3_000_000), { up: false });
});

Deno.test("seeVerdict() forgets a change that goes back in time, and does not prolong one that lasts", () => {
  const waiting = { up: true, changeTimerUs: 3_000_000 };
  assertEquals(seeVerdict(waiting, true, 2_000_000, 2_000_000), { up: true });
  assertEquals(seeVerdict(waiting, false, 2_000_000, 2_000_000), waiting);
});

Deno.test("seeVerdict() believes a delay that ended unnoticed before it looks again", () => {
  const waiting = { up: true, changeTimerUs: 3_000_000 };
  assertEquals(seeVerdict(waiting, true, 500_000, 4_000_000), { up: false, changeTimerUs: 4_500_000 });
});
