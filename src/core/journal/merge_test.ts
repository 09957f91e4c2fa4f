import { assert, assertEquals } from "../../../test/assert.ts";
import type { Entry, Fact } from "./entry.ts";
import { type Clock, mergedStory } from "./merge.ts";

type Transition = Fact & { type: "transition" };

const AS_WRITTEN: Clock = { offsetMs: 0, uncertaintyMs: undefined };

function transition(id: number, atMs: number, more: Partial<Transition>, cause?: number): Entry {
  const fact: Transition = {
    type: "transition",
    kind: "instance",
    name: "VI_1",
    from: "backup",
    to: "master",
    reason: "startup",
    priority: 100,
    ...more,
  };
  return { id, atMs, ...(cause === undefined ? {} : { cause }), fact };
}

/** Node a loses a link at 1000 of its clock; b, whose clock is ahead by `aheadMs`, takes over 300 ms later. */
function handOver(aheadMs: number): { a: Entry[]; b: Entry[] } {
  const lower = { from: "master", to: "backup", reason: "advertisement of higher priority 90", priority: 40 } as const;
  const a: Entry[] = [
    transition(1, -500_000, {}),
    { id: 2, atMs: 1000, fact: { type: "link", name: "eth1", state: "down" } },
    {
      id: 3,
      atMs: 1002,
      cause: 2,
      fact: { type: "priority", name: "VI_1", from: 100, to: 40, because: [{ kind: "interface", name: "eth1" }] },
    },
    transition(4, 1302, lower, 3),
    {
      id: 5,
      atMs: 1302,
      cause: 4,
      fact: { type: "addresses", name: "VI_1", verb: "removed", addresses: [], refused: [] },
    },
  ];
  const b: Entry[] = [
    transition(70, -400_000 + aheadMs, { from: "init", to: "backup" }),
    transition(71, 1301 + aheadMs, { priority: 90, reason: "no advertisement within the master down interval" }),
    { id: 72, atMs: 1301 + aheadMs, cause: 71, fact: { type: "announced", name: "VI_1", count: 5 } },
  ];
  return { a, b };
}

const order = (story: ReturnType<typeof mergedStory>): string =>
  story?.entries.map(({ node, entry }) => `${node} ${entry.id}`).join(", ") ?? "";

Deno.test("both sides of a hand-over are one story, by the measured difference of the clocks", () => {
  const { a, b } = handOver(12_300);
  const clock: Clock = { offsetMs: -12_300, uncertaintyMs: 2 };
  const story = mergedStory(a, b, clock, "VI_1");
  assertEquals(order(story), "here 2, here 3, peer 71, peer 72, here 4, here 5");
  assertEquals([story?.end.entry.id, story?.clock], [4, { ...clock, movedMs: 0, isContradictory: false }]);
  assertEquals(
    order(mergedStory(b, a, { offsetMs: 12_300, uncertaintyMs: 2 })),
    "peer 2, peer 3, here 71, here 72, peer 4, peer 5",
  );
});

Deno.test("without a measurement, what one heard of the other puts it in order, moved as little as possible", () => {
  const { a, b } = handOver(12_300);
  const story = mergedStory(a, b, AS_WRITTEN, "VI_1");
  assertEquals(order(story), "here 2, here 3, peer 71, peer 72, here 4, here 5");
  assertEquals([story?.clock.movedMs, story?.clock.offsetMs], [-12_300, -12_300]);
  const behind = handOver(-200);
  assertEquals(mergedStory(behind.a, behind.b, AS_WRITTEN)?.clock.movedMs, 0, "that could be so");
});

Deno.test("a master that says goodbye was heard after it said so", () => {
  const left = transition(1, 5000, { from: "master", to: "init", reason: "stopped" });
  const took = transition(9, 1020, {
    reason: "no advertisement within the master down interval",
    heard: { address: "192.0.2.1", priority: 0, agoMs: 19, lately: true },
  });
  const story = mergedStory([left], [took], AS_WRITTEN, "VI_1");
  assertEquals([order(story), story?.clock.movedMs], ["here 1, peer 9", 4000]);
});

Deno.test("what contradicts itself is left as it was written, and said", () => {
  const { a, b } = handOver(12_300);
  const back = transition(80, 1304, {
    from: "master",
    to: "backup",
    reason: "advertisement of higher priority 100",
    priority: 90,
  });
  const again = transition(6, 50_000, { priority: 100 });
  const story = mergedStory([...a, again], [...b, back], AS_WRITTEN, "VI_1");
  assertEquals([story?.clock.isContradictory, story?.clock.offsetMs], [true, 0]);
});

Deno.test("other instances, and changes long ago, are no part of it; one side may know nothing", () => {
  const { a, b } = handOver(0);
  const other = transition(90, 1303, { name: "VI_2" });
  const story = mergedStory(a, [...b, other], AS_WRITTEN, "VI_1");
  assert(!order(story).includes("90") && !order(story).includes("70"), order(story));
  assertEquals(order(mergedStory(a, [], AS_WRITTEN, "VI_1")), "here 2, here 3, here 4, here 5");
  assertEquals(order(mergedStory([], b, AS_WRITTEN, "VI_1")), "peer 71, peer 72");
  assertEquals(mergedStory([], [], AS_WRITTEN), undefined);
  assertEquals(mergedStory(a, b, AS_WRITTEN, "VI_1", -450_000)?.end.entry.id, 1);
});
