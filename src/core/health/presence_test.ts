import { assertEquals } from "../../../test/assert.ts";
import {
  isMoving,
  LEAST_DRAIN_US,
  type Presence,
  type PresenceEvent,
  type PresenceTerms,
  PRESENT,
  risenWeight,
  stepPresence,
} from "./presence.ts";

const S = 1_000_000;
const terms: PresenceTerms = { slowStartUs: 20 * S, drainTimeoutUs: 60 * S };
const tick = (connections: number | undefined): PresenceEvent => ({ type: "tick", connections });

function after(start: Presence, ...events: readonly (readonly [atUs: number, event: PresenceEvent])[]): Presence {
  return events.reduce((presence, [atUs, event]) => stepPresence(terms, presence, event, atUs), start);
}

const draining: Presence = { name: "draining", sinceUs: 0 };

Deno.test("a draining server waits for its connections, and five seconds at least", () => {
  assertEquals(after(PRESENT, [0, { type: "drain" }]), draining);
  assertEquals(after(draining, [LEAST_DRAIN_US - 1, tick(0)]), draining);
  assertEquals(after(draining, [LEAST_DRAIN_US, tick(0)]), { name: "out", drained: "ended" });
  assertEquals(after(draining, [59 * S, tick(3)]), draining);
  assertEquals(after(draining, [59 * S, tick(undefined)]), draining, "an unknown count is not none");
});

Deno.test("a draining server leaves at its deadline, connections or not", () => {
  assertEquals(after(draining, [60 * S, tick(3)]), { name: "out", drained: "deadline" });
  assertEquals(after(draining, [60 * S, tick(undefined)]), { name: "out", drained: "deadline" });
  const patient = { ...terms, drainTimeoutUs: undefined };
  assertEquals(stepPresence(patient, draining, tick(1), 1e6 * S), draining);
});

Deno.test("a second drain does not begin anew, maintenance ends a drain, and a recovery does not", () => {
  assertEquals(after(draining, [30 * S, { type: "drain" }]), draining);
  assertEquals(after(draining, [30 * S, { type: "recovered" }]), draining);
  assertEquals(after(draining, [30 * S, { type: "maint" }]), { name: "out", drained: "maint" });
  const out: Presence = { name: "out", drained: "ended" };
  assertEquals(after(out, [30 * S, { type: "drain" }], [31 * S, { type: "recovered" }], [99 * S, tick(0)]), out);
});

Deno.test("ready and recovery begin a slow start, which ends by itself", () => {
  const rising: Presence = { name: "present", risingSinceUs: 3 * S };
  assertEquals(after(PRESENT, [3 * S, { type: "recovered" }]), rising);
  assertEquals(after(draining, [3 * S, { type: "ready" }]), rising);
  assertEquals(after({ name: "out", drained: "maint" }, [3 * S, { type: "ready" }]), rising);
  assertEquals(after(PRESENT, [3 * S, { type: "ready" }]), PRESENT);
  assertEquals(after(rising, [23 * S - 1, tick(0)]), rising);
  assertEquals(after(rising, [23 * S, tick(0)]), PRESENT);
  const abrupt = { ...terms, slowStartUs: 0 };
  assertEquals(stepPresence(abrupt, PRESENT, { type: "recovered" }, 3 * S), PRESENT);
  assertEquals(stepPresence(abrupt, draining, { type: "ready" }, 3 * S), PRESENT);
});

Deno.test("risenWeight() goes up in twentieths, from 1 to the whole weight", () => {
  const rising: Presence = { name: "present", risingSinceUs: 0 };
  const at = (atUs: number, weight = 100): number => risenWeight(terms, rising, weight, atUs);
  assertEquals([at(0), at(S - 1), at(S), at(10 * S), at(20 * S - 1), at(20 * S), at(90 * S)], [
    1,
    1,
    5,
    50,
    95,
    100,
    100,
  ]);
  assertEquals([at(0, 1), at(0, 0), at(10 * S, 3)], [1, 0, 1]);
  assertEquals(risenWeight(terms, PRESENT, 7, 0), 7);
});

Deno.test("isMoving() is true for what changes by itself", () => {
  assertEquals([PRESENT, draining, { name: "out", drained: "maint" } as const].map(isMoving), [false, true, false]);
  assertEquals(isMoving({ name: "present", risingSinceUs: 0 }), true);
});
