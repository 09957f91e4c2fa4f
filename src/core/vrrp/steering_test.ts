import { assert, assertEquals } from "../../../test/assert.ts";
import {
  expire,
  membersOf,
  nextEndUs,
  obeying,
  ordersFor,
  type SteeredInstance,
  type Steering,
  type SteeringRequest,
  stepSteering,
  whyNotFailover,
  whyNotPriority,
} from "./steering.ts";
import type { RouterConfig } from "./state.ts";

const SECOND = 1_000_000;

function play(...requests: readonly SteeringRequest[]): Steering {
  return requests.reduce<Steering>((steering, request) => stepSteering(steering, request, 5 * SECOND), new Map());
}

function instance(name: string, more: Partial<SteeredInstance> = {}): SteeredInstance {
  return { name, state: "master", priority: 100, hasPeer: true, ...more };
}

Deno.test("stepSteering() holds and releases, one or all, and leaves priorities alone", () => {
  const steering = play(
    { type: "hold", names: ["a", "b"] },
    { type: "priority", name: "b", value: 50 },
    { type: "hold", names: ["c"], forUs: SECOND },
  );
  assertEquals(ordersFor(steering, "a"), { held: true });
  assertEquals(ordersFor(steering, "b"), { held: true, priority: 50 });
  assertEquals(ordersFor(steering, "d"), { held: false });
  const one = stepSteering(steering, { type: "release", names: ["a"] }, 0);
  assertEquals([...one.keys()], ["b", "c"]);
  const all = stepSteering(one, { type: "release" }, 0);
  assertEquals([...all], [["b", { priority: { value: 50 } }]]);
  assertEquals(stepSteering(all, { type: "clear-priority", name: "b" }, 0).size, 0);
});

Deno.test("expire() ends what has had its time, each thing by itself", () => {
  const steering = play(
    { type: "hold", names: ["a"], forUs: 10 * SECOND },
    { type: "priority", name: "a", value: 50, forUs: 20 * SECOND },
    { type: "hold", names: ["b"] },
  );
  assertEquals(nextEndUs(steering), 15 * SECOND);
  assertEquals(expire(steering, 14 * SECOND), { steering, ended: [] });
  const first = expire(steering, 15 * SECOND);
  assertEquals(first.ended, [{ name: "a", what: "held" }]);
  assertEquals(ordersFor(first.steering, "a"), { held: false, priority: 50 });
  const second = expire(first.steering, 25 * SECOND);
  assertEquals(second.ended, [{ name: "a", what: "priority" }]);
  assertEquals([...second.steering.keys()], ["b"]);
  assertEquals(nextEndUs(second.steering), undefined);
  const again = stepSteering(steering, { type: "hold", names: ["a"] }, 6 * SECOND);
  assertEquals(nextEndUs(again), 25 * SECOND, "a later word stands in for an earlier one");
});

Deno.test("obeying() a hold is Preempt_Mode false, and nothing else", () => {
  const config = { preemptMode: true, priority: 100 } as RouterConfig;
  assertEquals(obeying(config, { held: false }), config);
  assertEquals(obeying(config, { held: true }), { ...config, preemptMode: false });
});

Deno.test("membersOf() takes a sync group as a whole, by its name and by a member's", () => {
  const all = [instance("a", { group: "G" }), instance("b"), instance("c", { group: "G" })];
  const names = (name: string): string[] => membersOf(all, name).map((member) => member.name);
  assertEquals([names("b"), names("a"), names("G"), names("x")], [["b"], ["a", "c"], ["a", "c"], []]);
});

Deno.test("whyNotFailover() wants masters and a peer, and with force only masters", () => {
  assertEquals(whyNotFailover([instance("a")], "a", false), undefined);
  assertEquals(whyNotFailover([], "x", true), "there is no instance or sync group `x`");
  const backup = [instance("a"), instance("b", { state: "backup" })];
  for (const force of [false, true]) {
    const why = "b is not master (it is in backup), so it has nothing to hand over";
    assertEquals(whyNotFailover(backup, "a", force), why);
  }
  const lonely = [instance("a", { hasPeer: false })];
  assert(whyNotFailover(lonely, "a", false)?.startsWith("no peer of a has been heard yet"));
  assertEquals(whyNotFailover(lonely, "a", true), undefined);
});

Deno.test("whyNotPriority() keeps 0 and 255 for the protocol, and owners as they are", () => {
  assertEquals(whyNotPriority({ priority: 100 }, "a", 254), undefined);
  for (const value of [0, 255, 1.5, NaN, -1]) assert(whyNotPriority({ priority: 100 }, "a", value) !== undefined);
  assertEquals(
    whyNotPriority({ priority: 255 }, "a", 10),
    "a owns its addresses (priority 255): its priority does not change",
  );
});
