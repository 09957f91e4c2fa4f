import { assertEquals } from "../../../test/assert.ts";
import { downtimeUs, type RealServerHealth, recordCheck, startRealServer, stateName } from "./real_server.ts";
import { startChecker } from "./verdict.ts";

const timing = { delayLoopUs: 6_000_000, retry: 1, delayBeforeRetryUs: 1_000_000 };

const start = (count: number, up: boolean): RealServerHealth =>
  startRealServer(Array.from({ length: count }, () => startChecker({ up, firstCheckUs: 0 })), 0);

const check = (health: RealServerHealth, index: number, ok: boolean, nowUs: number): RealServerHealth =>
  recordCheck(health, { index, timing, ok, nowUs }).health;

Deno.test("a real server without checkers is always up", () => {
  const health = start(0, false);
  assertEquals([health.up, stateName(health)], [true, "no-check"]);
});

Deno.test("recordCheck() needs every checker to be up", () => {
  let health = start(2, true);
  assertEquals([health.up, stateName(health)], [true, "up"]);
  health = check(health, 0, true, 1);
  const down = recordCheck(health, { index: 1, timing, ok: false, nowUs: 1_000_000 });
  assertEquals([down.change, down.health.up, stateName(down.health)], ["down", false, "down"]);
  const still = recordCheck(down.health, { index: 0, timing, ok: true, nowUs: 2_000_000 });
  assertEquals([still.change, still.health.up, stateName(still.health)], [undefined, false, "down"]);
  const up = recordCheck(still.health, { index: 1, timing, ok: true, nowUs: 3_500_000 });
  assertEquals([up.change, up.health.up, stateName(up.health)], ["up", true, "up"]);
  assertEquals([up.health.sinceUs, up.health.downTransitions, up.health.failedChecks], [3_500_000, 1, 1]);
});

Deno.test("downtimeUs() adds the outages up, the present one too", () => {
  let health = check(start(1, true), 0, false, 1_000_000);
  assertEquals(downtimeUs(health, 1_400_000), 400_000);
  health = check(health, 0, true, 3_000_000);
  assertEquals(downtimeUs(health, 9_000_000), 2_000_000);
  health = check(check(health, 0, false, 10_000_000), 0, false, 11_000_000);
  assertEquals([health.downTransitions, downtimeUs(health, 11_500_000)], [2, 2_500_000]);
});

Deno.test("stateName() is going-down while retries are left", () => {
  const health = check(check(start(1, true), 0, true, 0), 0, false, 1);
  assertEquals([health.up, stateName(health)], [true, "going-down"]);
});

Deno.test("stateName() is going-up while only checkers without a result hold it back", () => {
  let health = start(2, false);
  assertEquals(stateName(health), "down");
  health = check(health, 0, true, 1);
  assertEquals([health.up, stateName(health)], [false, "going-up"]);
  assertEquals(stateName(check(health, 1, false, 2)), "down");
  assertEquals(stateName(check(health, 1, true, 2)), "up");
});
