import { assertEquals } from "../../../test/assert.ts";
import { QuietTime } from "./quiet_time.ts";

const backup = (masterDownTimerUs: number) =>
  ({ name: "backup", masterDownTimerUs, masterAdverIntervalUs: 100_000 }) as const;

Deno.test("a deadline that comes nearer ends the quiet earlier; one that moves away does not make it longer", () => {
  const quiet = new QuietTime();
  assertEquals([quiet.untilUs, quiet.untilTakeoverUs], [0, 0]); // until all were asked, anything may be due
  quiet.timerIs(900);
  quiet.takeoverIs(undefined);
  quiet.note(backup(500));
  quiet.note(backup(700));
  assertEquals([quiet.untilUs, quiet.untilTakeoverUs], [500, 500]);
});

Deno.test("the timers of masters are no take-overs, and other states have none", () => {
  const quiet = new QuietTime();
  quiet.timerIs(undefined);
  quiet.takeoverIs(undefined);
  quiet.note({ name: "init" });
  assertEquals(quiet.untilUs, Infinity);
  quiet.note({ name: "master", adverTimerUs: 300 });
  assertEquals([quiet.untilUs, quiet.untilTakeoverUs], [300, Infinity]);
});
