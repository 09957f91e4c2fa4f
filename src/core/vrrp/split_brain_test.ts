import { assertEquals } from "../../../test/assert.ts";
import { lastingEvidence, noteSign, type SplitBrainEvidence } from "./split_brain.ts";

const SECOND = 1_000_000;
const sign = { kind: "advertisement", who: "192.0.2.2" } as const;

Deno.test("lastingEvidence() waits for what two routers that hear each other need, and forgets what is over", () => {
  let known: readonly SplitBrainEvidence[] = [];
  const lasting = (second: number): number => lastingEvidence(known, second * SECOND, 3 * SECOND).length;
  for (const second of [0, 1, 2, 3]) known = noteSign(known, sign, second * SECOND, 3 * SECOND);
  assertEquals(lasting(3), 0);
  known = noteSign(known, sign, 4 * SECOND, 3 * SECOND);
  assertEquals([lasting(4), lasting(10), lasting(10.1)], [1, 1, 0]);
  known = noteSign(known, sign, 12 * SECOND, 3 * SECOND);
  assertEquals([lasting(12), known[0]?.count], [0, 1]);
});

Deno.test("noteSign() tells signs apart, and remembers those heard last", () => {
  let known: readonly SplitBrainEvidence[] = [];
  for (let host = 0; host < 100; host++) known = noteSign(known, { ...sign, who: `192.0.2.${host}` }, host, SECOND);
  assertEquals(known.map(({ who }) => who.slice(8)).join(), "92,93,94,95,96,97,98,99");
  known = noteSign(known, { kind: "address", who: "192.0.2.99", address: "192.0.2.1" }, 200, SECOND);
  assertEquals(known.filter(({ who }) => who === "192.0.2.99").length, 2);
});
