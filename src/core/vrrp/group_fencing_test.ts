// A sync group that has the silent master fenced before it takes over: once, for all members.
import { assertEquals } from "../../../test/assert.ts";
import {
  changeMembers,
  type GroupAction,
  type GroupEvent,
  type GroupMember,
  type GroupState,
  type GroupStateName,
  stepGroup,
} from "./sync_group.ts";

const pair: readonly GroupMember[] = [{ name: "a", owner: false }, { name: "b", owner: false }];
const BACKUP: GroupState = { name: "backup", wants: new Map([["a", "backup"], ["b", "backup"]]) };
const silent = (member: string): GroupEvent => ({ type: "timed-out", member, unheard: true });
const goodbye = (member: string): GroupEvent => ({ type: "timed-out", member });
const answer = (id: number, allowed: boolean): GroupEvent => {
  return { type: "fenced", member: "a", id, allowed, reason: "the fencing script ended with status 1" };
};
const heard = (member: string): GroupEvent => {
  return { type: "yield", member, reason: "a master is heard", sayGoodbye: false };
};

/** Steps through events, a second apart and with 3 s for the script. */
function play(...events: GroupEvent[]): { name: GroupStateName; said: string[] } {
  let state = BACKUP;
  const said: string[] = [];
  events.forEach((event, index) => {
    const step = stepGroup(pair, state, event, { timeoutUs: 3_000_000, nowUs: index * 1_000_000 });
    state = step.state;
    said.push(...step.actions.map(text));
  });
  return { name: state.name, said };
}

function text(action: GroupAction): string {
  switch (action.type) {
    case "fence":
      return `fence ${action.id / 1_000_000}`;
    case "held":
      return `${action.member} held${action.reason === undefined ? "" : `: ${action.reason}`}`;
    case "order":
      return `${action.member} ${action.become}`;
    default:
      return `group ${action.to}: ${action.reason}`;
  }
}

const TAKEN = "group master: no advertisement within the master down interval, and fencing succeeded";

Deno.test("stepGroup() fences once when the last member hears nothing, and all become master when that is done", () => {
  assertEquals(play(silent("a"), silent("b"), silent("a"), answer(1_000_000, true)), {
    name: "master",
    said: ["a held", "fence 1", "b held", "a held", "a master", "b master", TAKEN],
  });
});

Deno.test("stepGroup() fences nobody as long as one member hears the master", () => {
  assertEquals(play(silent("a"), silent("a"), silent("a")), { name: "backup", said: ["a held", "a held", "a held"] });
});

Deno.test("stepGroup() fences nobody when one member heard that the master leaves, or preempts", () => {
  const taken = ["a master", "b master", "group master: b: no advertisement within the master down interval"];
  assertEquals(play(goodbye("a"), silent("b")), { name: "master", said: ["a held", ...taken] });
  // While the script runs, too; its answer is no news then.
  const late = play(silent("a"), silent("b"), goodbye("b"), answer(1_000_000, false));
  assertEquals(late, { name: "master", said: ["a held", "fence 1", "b held", ...taken] });
});

Deno.test("stepGroup() holds all members when fencing fails or has no answer, and tries again", () => {
  const why = "the fencing script ended with status 1";
  assertEquals(play(silent("a"), silent("b"), answer(1_000_000, false), silent("a"), silent("b")), {
    name: "backup",
    said: ["a held", "fence 1", "b held", `a held: ${why}`, `b held: ${why}`, "a held", "fence 4", "b held"],
  });
  const late = play(silent("a"), silent("b"), silent("a"), silent("a"), silent("a"));
  assertEquals(late.said.slice(-2), ["a", "b"].map((name) => `${name} held: fencing has had no answer in time`));
});

Deno.test("stepGroup() takes no answer for a master that was heard meanwhile, nor one to another question", () => {
  const said = ["a held", "fence 1", "b held"];
  assertEquals(play(silent("a"), silent("b"), heard("b"), answer(1_000_000, true)), { name: "backup", said });
  assertEquals(play(silent("a"), silent("b"), answer(2_000_000, true)), { name: "backup", said });
  // Nor does what it was silent about before count: only what is silent now.
  assertEquals(play(silent("a"), silent("b"), heard("b"), goodbye("a"), silent("b")).name, "master");
});

Deno.test("changeMembers() makes no master where one is to be fenced: those who stay time out again", () => {
  const { state } = stepGroup(pair, BACKUP, silent("a"), { timeoutUs: 1, nowUs: 0 });
  const alone = [{ name: "a", owner: false }];
  assertEquals(changeMembers(state, alone).state.name, "master");
  assertEquals(changeMembers(state, alone, true), {
    state: { name: "backup", wants: new Map([["a", "backup"] as const]) },
    actions: [],
  });
});
