import { assertEquals } from "../../../test/assert.ts";
import type { Entry, Fact } from "./entry.ts";
import { decodeRecord, decodeRecords, encodeRecord } from "./record.ts";
import { chain, lastTransition, sentence } from "./story.ts";

function entry(id: number, fact: Fact, cause?: number): Entry {
  return { id, atMs: id * 1000, ...(cause === undefined ? {} : { cause }), fact };
}

const move = { type: "transition", kind: "instance", from: "backup", to: "master", priority: 100 } as const;
const silence = { ...move, name: "VI_1", reason: "no advertisement within the master down interval" };
const link: Fact = { type: "link", name: "eth1", state: "down" };
const lower: Fact = {
  type: "priority",
  name: "VI_1",
  from: 100,
  to: 40,
  because: [{ kind: "interface", name: "eth1" }],
};
const yields: Fact = {
  ...move,
  name: "VI_1",
  from: "master",
  to: "backup",
  reason: "advertisement of higher priority 90",
};
const removed: Fact = { type: "addresses", name: "VI_1", verb: "removed", addresses: ["192.0.2.1"], refused: [] };
const other: Fact = { ...move, name: "VI_2", from: "init", to: "backup", reason: "startup" };
const STORY: readonly Entry[] = [
  entry(1, link),
  entry(2, other),
  entry(3, lower, 1),
  entry(4, yields, 3),
  entry(5, removed, 4),
];

const text = new TextDecoder();
function written(...entries: readonly Entry[]): string {
  return entries.map((one) => text.decode(encodeRecord(one))).join("");
}

Deno.test("chain() is what led to an entry and what came of it, and nothing else", () => {
  const ids = (of: Entry[]): number[] => of.map(({ id }) => id);
  assertEquals(ids(chain(STORY, STORY[3] as Entry)), [1, 3, 4, 5]);
  assertEquals(ids(chain(STORY, STORY[1] as Entry)), [2]);
  assertEquals(ids(chain(STORY.slice(2), STORY[3] as Entry)), [3, 4, 5], "the beginning is written over");
  const ring = [entry(1, link, 2), entry(2, lower, 1)];
  assertEquals(ids(chain(ring, ring[1] as Entry)), [1, 2], "a damaged file does not hold anybody up");
});

Deno.test("lastTransition() goes by instance, by address and by time", () => {
  assertEquals(lastTransition(STORY)?.id, 4);
  assertEquals(lastTransition(STORY, "VI_2")?.id, 2);
  assertEquals(lastTransition(STORY, "192.0.2.1")?.id, 4);
  assertEquals(lastTransition(STORY, "192.0.2.9"), undefined);
  assertEquals(lastTransition(STORY, undefined, 3500)?.id, 2);
  assertEquals(lastTransition(STORY, "VI_1", 3500), undefined);
});

Deno.test("sentence() says who was silent, who left, and who is preempted", () => {
  const heard = (priority: number, lately: boolean) => ({ address: "192.0.2.2", priority, agoMs: 3609, lately });
  const cases: [Fact, string][] = [
    [link, "interface eth1 is down"],
    [lower, "VI_1: effective priority 100 -> 40, because of interface eth1"],
    [yields, "VI_1: MASTER -> BACKUP: advertisement of higher priority 90"],
    [silence, `VI_1: BACKUP -> MASTER: ${silence.reason}, and no other router has ever been heard`],
    [
      { ...silence, heard: heard(120, false) },
      `VI_1: BACKUP -> MASTER: ${silence.reason}: 192.0.2.2 (priority 120) was heard last 3.61 s ago`,
    ],
    [
      { ...silence, heard: heard(0, true) },
      "VI_1: BACKUP -> MASTER: 192.0.2.2 said 3.61 s ago that it leaves (priority 0)",
    ],
    [
      { ...silence, heard: heard(90, true) },
      "VI_1: BACKUP -> MASTER: 192.0.2.2 was master with the lower priority 90 (heard 3.61 s ago), and this one preempts",
    ],
    [{ ...removed, verb: "added", refused: ["192.0.2.1"] }, "VI_1: added nothing; refused by the kernel: 192.0.2.1"],
    [{ type: "track", kind: "script", name: "chk", value: "down" }, "script chk fails"],
    [{ type: "lost", count: 3 }, "3 facts could not be written"],
  ];
  for (const [fact, expected] of cases) assertEquals(sentence(fact), expected);
});

Deno.test("records survive being written; torn, changed and foreign lines are left out", () => {
  const whole = written(...STORY);
  assertEquals(decodeRecords(whole), [...STORY]);
  for (let length = 0; length < whole.length; length++) {
    const cut = decodeRecords(whole.slice(0, length) + "\n" + written(entry(9, link)));
    assertEquals(cut.at(-1)?.id, 9, "what was written after a torn line is found");
    assertEquals(cut.slice(0, -1), STORY.slice(0, cut.length - 1), "and nothing that was not written");
  }
  const [line = ""] = whole.split("\n");
  assertEquals(decodeRecord(line.replace("eth1", "eth2")), undefined);
  assertEquals(decodeRecord(`${line} `), undefined);
  assertEquals(decodeRecords("\0\0\0\nnothing of ours\n{}\n"), []);
});

Deno.test("a fact that is too long is not written", () => {
  assertEquals(encodeRecord(entry(1, { type: "daemon", text: "x".repeat(20_000) })), undefined);
});
