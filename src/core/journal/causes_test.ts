import { assertEquals } from "../../../test/assert.ts";
import { CauseFinder } from "./causes.ts";
import type { Fact, RouterFact } from "./entry.ts";

type Transition = RouterFact & { type: "transition" };

/** Feeds facts in order, with ids from 1. @returns the causes */
function causes(...facts: readonly Fact[]): (number | undefined)[] {
  const finder = new CauseFinder();
  return facts.map((fact, index) => finder.next(index + 1, fact));
}

function transition(
  from: Transition["from"],
  to: Transition["to"],
  reason: string,
  more: Partial<Transition> = {},
): Fact {
  return { type: "transition", kind: "instance", name: "VI_1", from, to, reason, priority: 100, ...more };
}

function priority(from: number, to: number, ...scripts: readonly string[]): Fact {
  return { type: "priority", name: "VI_1", from, to, because: scripts.map((name) => ({ kind: "script", name })) };
}

const down = (name: string): Fact => ({ type: "link", name, state: "down" });
const operator = (text: string): Fact => ({ type: "operator", names: ["VI_1"], text });
const heard = (theirs: number, lately: boolean) => ({
  heard: { address: "192.0.2.2", priority: theirs, agoMs: 500, lately },
});
const SILENCE = "no advertisement within the master down interval";

Deno.test("a carrier leads to a fault, the fault to a transition, and that to addresses and announcements", () => {
  const fault: Fact = { type: "fault", name: "VI_1", cause: "interface eth0 is down", present: true };
  assertEquals(
    causes(
      down("eth1"),
      down("eth0"),
      fault,
      transition("master", "fault", "interface eth0 is down"),
      { type: "addresses", name: "VI_1", verb: "removed", addresses: ["192.0.2.1"], refused: [] },
      { type: "announced", name: "VI_1", count: 5 },
    ),
    [undefined, undefined, 2, 3, 4, 5],
  );
});

Deno.test("a fault that is over leads out of it", () => {
  const cleared: Fact = { type: "fault", name: "VI_1", cause: "script chk fails", present: false };
  const good: Fact = { type: "track", kind: "script", name: "chk", value: "up" };
  assertEquals(causes(good, cleared, transition("fault", "backup", "script chk fails: cleared")), [undefined, 1, 2]);
});

Deno.test("a higher peer is explained by our own priority only when that turned the order round", () => {
  const bad: Fact = { type: "track", kind: "script", name: "chk", value: "down" };
  const yields = (theirs: number): Fact => transition("master", "backup", `advertisement of higher priority ${theirs}`);
  assertEquals(causes(bad, priority(100, 40, "chk"), yields(90)), [undefined, 1, 2]);
  assertEquals(causes(bad, priority(100, 95, "chk"), yields(90)).at(-1), undefined, "it was not lower than theirs");
  assertEquals(causes(bad, priority(80, 40, "chk"), yields(90)).at(-1), undefined, "theirs was higher before");
});

Deno.test("taking over from a lower master comes of what raised our priority, or of the operator who let go", () => {
  const good: Fact = { type: "track", kind: "script", name: "chk", value: "up" };
  const preempts = transition("backup", "master", SILENCE, heard(90, true));
  assertEquals(causes(good, priority(40, 100, "chk"), preempts), [undefined, 1, 2]);
  assertEquals(causes(good, priority(40, 100, "chk"), operator("VI_1: released"), preempts).at(-1), 3);
  const passing: Fact = { type: "operator", names: ["VI_1"], text: "announced", passing: true };
  assertEquals(causes(good, priority(40, 100, "chk"), passing, preempts).at(-1), 2);
  const silent = transition("backup", "master", SILENCE, heard(90, false));
  assertEquals(causes(good, priority(40, 100, "chk"), silent).at(-1), undefined, "a peer that is silent is the reason");
});

Deno.test("an operator's priority and a reload's lead to the effective one", () => {
  const reload: Fact = { type: "reload", accepted: true, text: "reload" };
  assertEquals(causes(reload, operator("priority 10"), priority(100, 10)), [undefined, undefined, 2]);
  assertEquals(causes(operator("priority 10"), reload, priority(100, 10)).at(-1), 2);
  const refused: Fact = { ...reload, accepted: false };
  assertEquals(causes(operator("priority 10"), refused, priority(100, 10)).at(-1), 1);
});

Deno.test("a member of a sync group follows the one that moved it, and so does the group", () => {
  const fault: Fact = { type: "fault", name: "VI_1", cause: "interface eth0 is down", present: true };
  const group = { kind: "group", name: "VG_1", priority: 0 } as const;
  assertEquals(
    causes(
      fault,
      transition("master", "fault", "interface eth0 is down"),
      transition("master", "fault", "VI_1: interface eth0 is down", { name: "VI_2" }),
      transition("master", "fault", "VI_1: interface eth0 is down", group),
    ),
    [undefined, 1, 2, 2],
  );
});

Deno.test("beginning and end come of the daemon, of a reload, or of a role that died", () => {
  const starts: Fact = { type: "daemon", text: "Holdfast starts" };
  const died: Fact = { type: "role", name: "vrrp", text: "the vrrp role ended" };
  assertEquals(
    causes(starts, transition("init", "backup", "startup"), died, transition("init", "master", "resuming as master")),
    [undefined, 1, undefined, 3],
  );
});

Deno.test("what is heard of a virtual server leads to the fault and the priority of who tracks it", () => {
  const name = "tcp 10.0.0.1:80";
  const track: Fact = { type: "track", kind: "virtual_server", name, value: "has no quorum: 0 servers up, weight 0" };
  const fault = (what: string): Fact => {
    return { type: "fault", name: "VI_1", cause: `virtual server ${what} has too few healthy servers`, present: true };
  };
  const changed: Fact = {
    type: "priority",
    name: "VI_1",
    from: 100,
    to: 80,
    because: [{ kind: "virtual_server", name: `${name} min_servers 2` }],
  };
  assertEquals(causes(track, fault(name), fault(`${name} min_servers 2`), changed), [undefined, 1, 1, 1]);
});
