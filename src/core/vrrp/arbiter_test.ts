import { assertEquals } from "../../../test/assert.ts";
import { arbiterWord, wantsKey } from "./arbiter.ts";

Deno.test("a master wants the key, and a backup that hears no master; others leave it", () => {
  const intervalMs = 1000;
  assertEquals(wantsKey({ state: "master", heardMsAgo: 10, intervalMs }), true);
  assertEquals(wantsKey({ state: "backup", heardMsAgo: 900, intervalMs }), false);
  assertEquals(wantsKey({ state: "backup", heardMsAgo: 3500, intervalMs }), false, "our knowledge may be that old");
  assertEquals(wantsKey({ state: "backup", heardMsAgo: 3501, intervalMs }), true);
  assertEquals(wantsKey({ state: "backup", intervalMs }), true);
  assertEquals([wantsKey({ state: "fault", intervalMs }), wantsKey({ state: "init", intervalMs })], [false, false]);
});

Deno.test("only who holds the key may become master", () => {
  const answers = ["lb1", "lb2", undefined].map((holder) => arbiterWord(holder, "lb1").answer);
  assertEquals(answers, ["yes", "no", "no"]);
});
