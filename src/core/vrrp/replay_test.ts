import { assert, assertEquals } from "../../../test/assert.ts";
import type { AuthStamp } from "../../wire/auth_trailer.ts";
import {
  defaultTimeWindowSeconds,
  judgeStamp,
  nextStamp,
  type ReplayPolicy,
  type ReplayState,
  sequenceIsNew,
} from "./replay.ts";

const policy: ReplayPolicy = { antiReplay: "time", timeWindowSeconds: 5, slots: 2 };
const none: ReplayState = new Map();

function stamp(seconds: number, fraction = 0, counter = 0): AuthStamp {
  return { seconds, fraction, counter };
}

Deno.test("sequenceIsNew() wants numbers that grow while backup, and learns any as master (RFC 2402 3.4.3)", () => {
  assertEquals(sequenceIsNew(undefined, 700, false), true);
  assertEquals([8, 7, 6].map((sequence) => sequenceIsNew(7, sequence, false)), [true, false, false]);
  assertEquals(sequenceIsNew(700, 1, true), true);
});

Deno.test("defaultTimeWindowSeconds() is three advertisements and at least 5 s", () => {
  assertEquals([10_000, 1_000_000, 2_000_000].map(defaultTimeWindowSeconds), [5, 5, 6]);
});

Deno.test("judgeStamp() accepts a first packet within the window, either way, and no other", () => {
  for (const seconds of [995, 1000, 1005]) assert(judgeStamp(policy, none, "a", stamp(seconds), 1000).ok);
  for (const late of [stamp(994), stamp(1005, 1)]) {
    assertEquals(judgeStamp(policy, none, "a", late, 1000), { ok: false, reason: "stale" });
  }
});

Deno.test("judgeStamp() accepts a newer second, fraction or counter, and nothing twice", () => {
  const known: ReplayState = new Map([["a", stamp(1000, 5, 7)]]);
  for (const newer of [stamp(1001), stamp(1000, 6), stamp(1000, 5, 8)]) {
    assertEquals(judgeStamp(policy, known, "a", newer, 1000), { ok: true, state: new Map([["a", newer]]) });
  }
  for (const old of [stamp(1000, 5, 7), stamp(1000, 5, 6), stamp(1000, 4, 9), stamp(999, 9, 9)]) {
    assertEquals(judgeStamp(policy, known, "a", old, 1000), { ok: false, reason: "replay" });
  }
});

Deno.test("judgeStamp() with `monotonic` does not look at the clock", () => {
  const monotonic: ReplayPolicy = { ...policy, antiReplay: "monotonic" };
  const known: ReplayState = new Map([["a", stamp(10)]]);
  assert(judgeStamp(monotonic, known, "a", stamp(11), 5000).ok);
  assertEquals(judgeStamp(monotonic, known, "a", stamp(10), 5000), { ok: false, reason: "replay" });
});

Deno.test("judgeStamp() knows senders apart and forgets the one that was silent longest", () => {
  let state = none;
  for (const [sender, at] of [["a", 1000], ["b", 1000], ["a", 1001], ["c", 1001]] as const) {
    const judged = judgeStamp(policy, state, sender, stamp(at), 1000);
    assert(judged.ok);
    state = judged.state;
  }
  assertEquals([...state.keys()], ["a", "c"]);
  // Forgotten is not a hole: the window still holds.
  assertEquals(judgeStamp(policy, state, "b", stamp(990), 1000), { ok: false, reason: "stale" });
});

Deno.test("nextStamp() is the time, and grows even if the clock stands still or goes back", () => {
  const first = nextStamp(undefined, 1000.5);
  assertEquals(first, stamp(1000, 0x8000));
  assertEquals(nextStamp(first, 1000.5), stamp(1000, 0x8000, 1));
  assertEquals(nextStamp(first, 900), stamp(1000, 0x8000, 1));
  assertEquals(nextStamp(first, 1000.75), stamp(1000, 0xc000));
  assertEquals(nextStamp(stamp(1000, 3, 0xffff), 900), stamp(1000, 4));
  assertEquals(nextStamp(stamp(1000, 0xffff, 0xffff), 900), stamp(1001));
});
