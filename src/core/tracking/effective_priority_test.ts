import { assertEquals } from "../../../test/assert.ts";
import { track, trackedByMember, type TrackedItem } from "./effective_priority.ts";
import type { ScriptVerdict } from "./script_verdict.ts";

const link = (weight: number, up: boolean, reverse = false): TrackedItem => ({
  kind: "interface",
  name: "eth1",
  weight,
  reverse,
  up,
});
const script = (weight: number, verdict: ScriptVerdict, reverse = false): TrackedItem => ({
  kind: "script",
  name: "check",
  weight,
  reverse,
  verdict,
});
const file = (weight: number, value: number, reverse = false): TrackedItem => ({
  kind: "file",
  name: "f",
  weight,
  reverse,
  value,
});

/** Effective priority of base 100 with one thing, or the fault. Every expectation was measured on keepalived 2.2.7. */
function one(item: TrackedItem): number | "fault" {
  const { effectivePriority, faults } = track(100, [item]);
  return faults.length > 0 ? "fault" : effectivePriority;
}

Deno.test("track() adds a positive weight while the interface is up, a negative one while it is down", () => {
  assertEquals([one(link(10, true)), one(link(10, false))], [110, 100]);
  assertEquals([one(link(-10, true)), one(link(-10, false))], [100, 90]);
});

Deno.test("track() with reverse: the points change sign, not the occasion", () => {
  assertEquals([one(link(10, true, true)), one(link(10, false, true))], [90, 100]);
  assertEquals([one(link(-10, true, true)), one(link(-10, false, true))], [100, 110]);
});

Deno.test("track() without weight: down is FAULT, with reverse up is", () => {
  assertEquals([one(link(0, true)), one(link(0, false))], [100, "fault"]);
  assertEquals([one(link(0, true, true)), one(link(0, false, true))], ["fault", 100]);
});

Deno.test("track() of a script without result adds nothing, and without weight is waited for", () => {
  for (const weight of [10, -10]) {
    for (const reverse of [false, true]) {
      assertEquals(track(100, [script(weight, "unknown", reverse)]), {
        effectivePriority: 100,
        faults: [],
        waitingFor: [],
      });
    }
  }
  assertEquals(track(100, [script(0, "unknown")]), { effectivePriority: 100, faults: [], waitingFor: ["check"] });
  assertEquals(track(100, [script(0, "unknown", true)]).waitingFor, ["check"]);
});

Deno.test("track() of a script that cannot be run adds nothing, is no fault, and is not waited for", () => {
  for (const weight of [10, -10, 0]) {
    for (const reverse of [false, true]) {
      assertEquals(track(100, [script(weight, "unavailable", reverse)]), {
        effectivePriority: 100,
        faults: [],
        waitingFor: [],
      });
    }
  }
});

Deno.test("track() of a failing script", () => {
  const cases = [script(10, "down"), script(10, "down", true), script(-10, "down"), script(-10, "down", true)];
  assertEquals(cases.map(one), [100, 100, 90, 110]);
  assertEquals([one(script(0, "down")), one(script(0, "down", true))], ["fault", 100]);
});

Deno.test("track() of a file adds value times weight, limited to 253, and -254 is FAULT", () => {
  const cases = [file(1, 300), file(1, -300), file(1, 16), file(1, 0), file(2, 5), file(-2, 5), file(2, 5, true)];
  assertEquals(cases.map(one), [254, "fault", 116, 100, 110, 90, 90]);
  assertEquals([file(-51, 5), file(51, 5), file(51, 5, true)].map(one), ["fault", 254, "fault"]);
  assertEquals([file(1, -253), file(1, -254)].map(one), [1, "fault"]);
});

Deno.test("track() of a file without weight: any value but 0 is FAULT, with reverse 0 is", () => {
  assertEquals([file(0, 5), file(0, 0), file(0, 5, true), file(0, 0, true)].map(one), ["fault", 100, 100, "fault"]);
});

Deno.test("track() limits a file before it adds it to the others", () => {
  // 1 + 253 - 253, not 1 + 1000 - 253
  assertEquals(track(1, [file(1, 1000), link(-253, false)]).effectivePriority, 1);
});

Deno.test("track() limits the sum to 1 and 254", () => {
  assertEquals(track(100, [link(253, true), link(253, true)]).effectivePriority, 254);
  assertEquals(track(100, [link(-253, false)]).effectivePriority, 1);
  assertEquals(track(254, [link(1, true)]).effectivePriority, 254);
  // The sum is limited, not each step of it.
  assertEquals(track(100, [link(-253, false), link(253, true)]).effectivePriority, 100);
});

Deno.test("track() leaves the priority of an owner alone, but not its faults", () => {
  assertEquals(track(255, [link(-100, false)]), { effectivePriority: 255, faults: [], waitingFor: [] });
  assertEquals(track(255, [link(0, false)]).faults, ["interface eth1 is down"]);
});

Deno.test("track() of processes and BFD sessions is that of interfaces", () => {
  const process = (weight: number, up: boolean, reverse = false): TrackedItem => ({
    kind: "process",
    name: "haproxy",
    weight,
    reverse,
    up,
  });
  assertEquals([one(process(10, true)), one(process(-10, false)), one(process(10, true, true))], [110, 90, 90]);
  assertEquals(track(100, [process(0, false), process(0, true, true)]).faults, [
    "process haproxy has no quorum",
    "process haproxy has quorum",
  ]);
  const bfd: TrackedItem = { kind: "bfd", name: "uplink", weight: 0, reverse: false, up: false };
  assertEquals(track(100, [bfd]).faults, ["BFD session uplink is down"]);
  assertEquals(track(100, [{ ...bfd, weight: -30 }]).effectivePriority, 70);
});

Deno.test("track() names every fault, so that the instance leaves FAULT only when none is left", () => {
  const items = [link(0, false), script(0, "down"), file(0, 3)];
  assertEquals(track(100, items).faults, ["interface eth1 is down", "script check fails", "track file f has value 3"]);
});

Deno.test("trackedByMember() leaves out what a member weighs itself, unless sync_group_tracking_weight", () => {
  assertEquals(trackedByMember([script(-10, "down"), link(0, true)], [], false), [link(0, true)]);
  assertEquals(trackedByMember([script(-10, "down")], [], true), [script(-10, "down")]);
});

Deno.test("trackedByMember() adds what the group tracks, once", () => {
  assertEquals(trackedByMember([], [link(-10, false)], false), [link(-10, false)]);
  assertEquals(trackedByMember([link(20, true)], [link(5, true)], false), [link(5, true)]);
  assertEquals(trackedByMember([link(20, true)], [link(5, true)], true), [link(5, true)]);
  assertEquals(trackedByMember([link(0, true)], [link(5, true)], false), [link(0, true)]);
});

Deno.test("track() takes a virtual server with too few servers as a fault, or by its weight", () => {
  const item: TrackedItem = { kind: "virtual_server", name: "tcp 10.0.0.1:80", weight: 0, reverse: false, up: false };
  assertEquals(track(100, [item]).faults, ["virtual server tcp 10.0.0.1:80 has too few healthy servers"]);
  assertEquals(track(100, [{ ...item, up: true, reverse: true }]).faults, [
    "virtual server tcp 10.0.0.1:80 has enough healthy servers",
  ]);
  assertEquals(track(100, [{ ...item, up: true }]), { effectivePriority: 100, faults: [], waitingFor: [] });
  assertEquals(track(100, [{ ...item, weight: -30 }]).effectivePriority, 70);
});
