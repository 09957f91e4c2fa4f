import { assert, assertEquals } from "../../../test/assert.ts";
import { Prng } from "../../base/prng.ts";
import {
  changeMembers,
  type GroupAction,
  type GroupEvent,
  type GroupMember,
  type GroupState,
  type GroupStateName,
  startGroup,
  stepGroup,
} from "./sync_group.ts";

const pair: readonly GroupMember[] = [{ name: "a", owner: false }, { name: "b", owner: false }];

function state(name: GroupStateName, a: GroupStateName, b: GroupStateName): GroupState {
  return { name, wants: new Map([["a", a], ["b", b]]) };
}

/** Steps through events; the last state and the actions of the last step. */
function play(start: GroupState, ...events: GroupEvent[]): { state: GroupState; actions: readonly GroupAction[] } {
  let step: { state: GroupState; actions: readonly GroupAction[] } = { state: start, actions: [] };
  for (const event of events) step = stepGroup(pair, step.state, event);
  return step;
}

const timedOut = (member: string): GroupEvent => ({ type: "timed-out", member });
const ready = (member: string): GroupEvent => ({ type: "ready", member });
const fault = (member: string): GroupEvent => ({ type: "fault", member, reason: "interface eth1 is down" });
const higher = (member: string): GroupEvent => ({
  type: "yield",
  member,
  reason: "advertisement of higher priority 200",
  sayGoodbye: false,
});

Deno.test("stepGroup() begins when every member can: one that waits for its script holds all in INIT", () => {
  const one = play(startGroup(pair), { type: "waiting", member: "a" }, ready("b"));
  assertEquals(one, { state: state("init", "init", "backup"), actions: [] });
  assertEquals(stepGroup(pair, one.state, ready("a")), {
    state: state("backup", "backup", "backup"),
    actions: [
      {
        type: "order",
        member: "a",
        become: "backup",
        sayGoodbye: false,
        reason: "nothing stands against it any more",
      },
      {
        type: "order",
        member: "b",
        become: "backup",
        sayGoodbye: false,
        reason: "a: nothing stands against it any more",
      },
      { type: "transition", from: "init", to: "backup", reason: "a: nothing stands against it any more" },
    ],
  });
});

Deno.test("stepGroup() holds a member that timed out alone, and says for whom it waits", () => {
  assertEquals(stepGroup(pair, state("backup", "backup", "backup"), timedOut("a")), {
    state: state("backup", "master", "backup"),
    actions: [{ type: "held", member: "a", waitingFor: ["b"] }],
  });
});

Deno.test("stepGroup() makes all members master when the last one timed out", () => {
  const { state: after, actions } = stepGroup(pair, state("backup", "master", "backup"), timedOut("b"));
  assertEquals(after, state("master", "master", "master"));
  const silence = "no advertisement within the master down interval";
  assertEquals(actions, [
    { type: "order", member: "a", become: "master", sayGoodbye: false, reason: `b: ${silence}` },
    { type: "order", member: "b", become: "master", sayGoodbye: false, reason: silence },
    { type: "transition", from: "backup", to: "master", reason: `b: ${silence}` },
  ]);
});

Deno.test("stepGroup() forgets that a member timed out when it hears a master again", () => {
  const { state: after, actions } = play(state("backup", "master", "backup"), higher("a"));
  assertEquals(after, state("backup", "backup", "backup"));
  assertEquals(actions, []);
  assertEquals(stepGroup(pair, after, timedOut("b")).state.name, "backup");
});

Deno.test("stepGroup() makes all backup without priority 0 when one member hears a higher master", () => {
  const { state: after, actions } = stepGroup(pair, state("master", "master", "master"), higher("a"));
  assertEquals(after, state("backup", "backup", "backup"));
  assertEquals(
    actions.map((action) => action.type === "order" ? [action.member, action.become, action.sayGoodbye] : action.type),
    [["a", "backup", false], ["b", "backup", false], "transition"],
  );
});

Deno.test("stepGroup() says good-bye for all members when one loses an address", () => {
  const lost: GroupEvent = { type: "yield", member: "b", reason: "address 192.0.2.1 was removed", sayGoodbye: true };
  const { actions } = stepGroup(pair, state("master", "master", "master"), lost);
  assertEquals(actions.filter((action) => action.type === "order" && action.sayGoodbye).length, 2);
});

Deno.test("stepGroup() puts all into FAULT with priority 0 when one has a fault, from every state", () => {
  for (const name of ["init", "backup", "master"] as const) {
    const { state: after, actions } = stepGroup(pair, state(name, name, name), fault("b"));
    assertEquals(after.name, "fault");
    assertEquals(actions, [
      { type: "order", member: "a", become: "fault", sayGoodbye: true, reason: "b: interface eth1 is down" },
      { type: "order", member: "b", become: "fault", sayGoodbye: true, reason: "interface eth1 is down" },
      { type: "transition", from: name, to: "fault", reason: "b: interface eth1 is down" },
    ]);
  }
});

Deno.test("stepGroup() leaves FAULT when no member has one, as backup with everything to begin anew", () => {
  const both = play(state("master", "master", "master"), fault("a"), fault("b"), ready("a"));
  assertEquals(both, { state: state("fault", "backup", "fault"), actions: [] });
  const { state: after } = stepGroup(pair, both.state, ready("b"));
  assertEquals(after, state("backup", "backup", "backup"));
});

Deno.test("stepGroup() does not count who timed out while the group was in FAULT", () => {
  const { state: after } = play(state("fault", "backup", "fault"), timedOut("a"), timedOut("b"), ready("b"));
  assertEquals(after, state("backup", "backup", "backup"));
});

Deno.test("stepGroup() ignores `waiting` once the group has begun, and `ready` of one that is", () => {
  const master = state("master", "master", "master");
  assertEquals(play(master, { type: "waiting", member: "a" }, ready("b")), { state: master, actions: [] });
});

Deno.test("stepGroup() of owners is master at once, and again when the fault is over", () => {
  const owners = pair.map((member) => ({ ...member, owner: true }));
  let step = stepGroup(owners, startGroup(owners), ready("a"));
  assertEquals(step.state.name, "init");
  step = stepGroup(owners, step.state, ready("b"));
  assertEquals(step.state, state("master", "master", "master"));
  step = stepGroup(owners, step.state, fault("a"));
  assertEquals(step.state, state("fault", "fault", "master"));
  assertEquals(stepGroup(owners, step.state, ready("a")).state, state("master", "master", "master"));
});

Deno.test("stepGroup() with one owner waits for the other member to time out", () => {
  const [a, b] = [{ name: "a", owner: true }, { name: "b", owner: false }];
  const members = [a, b];
  let step = stepGroup(members, startGroup(members), ready("a"));
  step = stepGroup(members, step.state, ready("b"));
  assertEquals(step.state, state("backup", "master", "backup"));
  assertEquals(stepGroup(members, step.state, timedOut("b")).state.name, "master");
});

Deno.test("a group of one follows its member", () => {
  const [only] = pair;
  assert(only !== undefined);
  let step = stepGroup([only], startGroup([only]), ready("a"));
  assertEquals(step.state.name, "backup");
  step = stepGroup([only], step.state, timedOut("a"));
  assertEquals(step.state.name, "master");
});

Deno.test("startGroup() can resume as master; a name that is no member's changes nothing", () => {
  const resumed = startGroup(pair, "master");
  assertEquals(resumed, state("master", "master", "master"));
  assertEquals(stepGroup(pair, resumed, fault("c")), { state: resumed, actions: [] });
});

Deno.test("changeMembers() takes a new member along and does not leave master for it", () => {
  const three = [...pair, { name: "c", owner: false }];
  const { state: after, actions } = changeMembers(state("master", "master", "master"), three);
  assertEquals(after.name, "master");
  assertEquals([...after.wants.values()], ["master", "master", "master"]);
  assertEquals(actions, [
    { type: "order", member: "c", become: "master", sayGoodbye: false, reason: "the members of the group changed" },
  ]);
});

Deno.test("changeMembers() moves the group when the member goes that held it", () => {
  const [a] = pair;
  assert(a !== undefined);
  const { state: after, actions } = changeMembers(state("fault", "backup", "fault"), [a]);
  assertEquals([after.name, ...after.wants], ["backup", ["a", "backup"]]);
  assertEquals(actions.length, 2);
});

Deno.test("whatever happens, all members are in the group's state, and nobody serves with a fault (2000 lives)", () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= 2000; seed++) randomLife(seed, reached);
  assertEquals([...reached].sort(), ["backup", "fault", "init", "master"]);
});

/** One group under random events; members obey orders and nothing else. */
function randomLife(seed: number, reached: Set<string>): void {
  const prng = new Prng(seed);
  const members = ["a", "b", "c", "d"].slice(0, prng.integer(1, 4)).map((name) => ({ name, owner: prng.chance(0.1) }));
  const states = new Map<string, GroupStateName>(members.map(({ name }) => [name, "init"]));
  const faulty = new Set<string>();
  let group = startGroup(members);
  for (let count = 0; count < 60; count++) {
    const event = randomEvent(prng, prng.pick(members).name);
    if (event.type === "fault") faulty.add(event.member);
    if (event.type === "ready" || event.type === "waiting") faulty.delete(event.member);
    const step = stepGroup(members, group, event);
    group = step.state;
    for (const action of step.actions) {
      if (action.type === "order") states.set(action.member, action.become);
    }
    reached.add(group.name);
    for (const [name, own] of states) assertEquals(own, group.name, `seed ${seed}, event ${count}: member ${name}`);
    if (faulty.size > 0) assertEquals(group.name, "fault", `seed ${seed}, event ${count}`);
    if (group.name === "master") {
      assert([...group.wants.values()].every((want) => want === "master"), `seed ${seed}, event ${count}`);
    }
  }
}

function randomEvent(prng: Prng, member: string): GroupEvent {
  switch (prng.integer(0, 7)) {
    case 0:
      return fault(member);
    case 1:
      return { type: "waiting", member };
    case 2:
      return { ...higher(member), sayGoodbye: prng.chance(0.5) } as GroupEvent;
    case 3:
    case 4:
      return timedOut(member);
    default:
      return ready(member);
  }
}
