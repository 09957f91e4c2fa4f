import { assertEquals } from "../../../test/assert.ts";
import { step } from "./router.ts";
import type { RouterConfig, RouterState } from "./state.ts";

const SECOND = 1_000_000;

const OLD: RouterConfig = {
  version: 2,
  priority: 100,
  advertisementIntervalUs: SECOND,
  initialState: "backup",
  preemptMode: true,
  preemptDelayUs: 0,
  announcements: {
    repeat: 5,
    delayUs: 5 * SECOND,
    refreshUs: 0,
    refreshRepeat: 1,
    lowerPriorityRepeat: 5,
    lowerPriorityDelayUs: 5 * SECOND,
  },
};
const MASTER: RouterState = { name: "master", adverTimerUs: 4 * SECOND };
const BACKUP: RouterState = { name: "backup", masterDownTimerUs: 3_609_375, masterAdverIntervalUs: SECOND };

function reconfigured(
  state: RouterState,
  before: RouterConfig,
  after: RouterConfig,
  nowUs: number,
  addressesAdded = false,
): ReturnType<typeof step> {
  return step(after, state, { type: "reconfigure", previous: before, addressesAdded }, nowUs);
}

Deno.test("reconfigure: a master stays master, says its new priority at once, and keeps the new beat", () => {
  const after = { ...OLD, priority: 150, advertisementIntervalUs: 2 * SECOND };
  assertEquals(reconfigured(MASTER, OLD, after, 3_500_000), {
    state: { name: "master", adverTimerUs: 5_500_000 },
    actions: [{ type: "send-advertisement", priority: 150 }],
  });
});

Deno.test("reconfigure: a master adds and announces new addresses after its advertisement, and again after garp_master_delay", () => {
  assertEquals(reconfigured(MASTER, OLD, OLD, 3 * SECOND, true), {
    state: { name: "master", adverTimerUs: 4 * SECOND, announceTimerUs: 8 * SECOND, announceRepeat: 5 },
    actions: [{ type: "send-advertisement", priority: 100 }, { type: "add-new-addresses", repeat: 5 }],
  });
  const pending: RouterState = { ...MASTER, announceTimerUs: 4 * SECOND, announceRepeat: 2 };
  assertEquals(reconfigured(pending, OLD, OLD, 3 * SECOND, true).state, {
    name: "master",
    adverTimerUs: 4 * SECOND,
    announceTimerUs: 4 * SECOND,
    announceRepeat: 2,
  });
});

Deno.test("reconfigure: garp_master_refresh begins, goes on and ends", () => {
  const refreshing = { ...OLD, announcements: { ...OLD.announcements, refreshUs: 60 * SECOND } };
  const begun = reconfigured(MASTER, OLD, refreshing, 3 * SECOND).state;
  assertEquals(begun, { name: "master", adverTimerUs: 4 * SECOND, refreshTimerUs: 63 * SECOND });
  const other = { ...refreshing, priority: 99 };
  assertEquals(reconfigured(begun, refreshing, other, 10 * SECOND).state, {
    name: "master",
    adverTimerUs: 11 * SECOND,
    refreshTimerUs: 63 * SECOND,
  });
  assertEquals(reconfigured(begun, refreshing, OLD, 10 * SECOND).state, {
    name: "master",
    adverTimerUs: 11 * SECOND,
  });
});

Deno.test("reconfigure: a backup waits longer or shorter by the difference of Skew_Time, from when it heard its master", () => {
  // Version 2: (256 - 200) / 256 s = 0.21875 s instead of (256 - 100) / 256 s = 0.609375 s.
  assertEquals(reconfigured(BACKUP, OLD, { ...OLD, priority: 200 }, SECOND), {
    state: { name: "backup", masterDownTimerUs: 3_218_750, masterAdverIntervalUs: SECOND },
    actions: [],
  });
});

Deno.test("reconfigure: a version 2 backup with another interval waits a whole Master_Down_Interval from now", () => {
  // 3 * 2 s + 0.609375 s after second 3
  assertEquals(reconfigured(BACKUP, OLD, { ...OLD, advertisementIntervalUs: 2 * SECOND }, 3 * SECOND).state, {
    name: "backup",
    masterDownTimerUs: 9_609_375,
    masterAdverIntervalUs: 2 * SECOND,
  });
});

Deno.test("reconfigure: a version 3 backup keeps the interval that it learned", () => {
  const before = { ...OLD, version: 3 as const };
  const after = { ...before, advertisementIntervalUs: 100_000 };
  assertEquals(reconfigured(BACKUP, before, after, SECOND).state, BACKUP);
});

Deno.test("reconfigure: preempt_delay goes on from its beginning, and ends with the keyword or with Preempt_Mode", () => {
  const before = { ...OLD, preemptDelayUs: 10 * SECOND };
  const waiting: RouterState = { ...BACKUP, preemptDelayTimerUs: 15 * SECOND };
  assertEquals(reconfigured(waiting, before, { ...OLD, preemptDelayUs: 20 * SECOND }, 6 * SECOND).state, {
    ...waiting,
    preemptDelayTimerUs: 25 * SECOND,
  });
  assertEquals(reconfigured(waiting, before, OLD, 6 * SECOND).state, BACKUP);
  assertEquals(reconfigured(waiting, before, { ...before, preemptMode: false }, 6 * SECOND).state, BACKUP);
});

Deno.test("reconfigure: in init and in fault nothing happens", () => {
  const fault: RouterState = { name: "fault", causes: ["interface eth0 is down"] };
  for (const state of [fault, { name: "init" }] as const) {
    assertEquals(reconfigured(state, OLD, { ...OLD, priority: 1 }, SECOND, true), { state, actions: [] });
  }
});
