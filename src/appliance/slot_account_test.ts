import { assertEquals } from "../../test/assert.ts";
import { accountOf } from "./slot_account.ts";

const NOTE = { version: "2.0.0", madeAtMs: 1, key: "release", installedAtMs: 2, from: "upload", by: "alice" };
const block = (values: Record<string, string | number>): string =>
  `# GRUB Environment Block\n${
    Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join("")
  }valid=1\n####`;
const UPDATED = block({ order: "b a", a_left: 3, a_ok: 1, b_left: 3, b_ok: 0 });

Deno.test("accountOf() tells what runs, what is next, and who has signed it", () => {
  const { slot, nextSlot, slots } = accountOf("a", "1.0.0", UPDATED, JSON.stringify({ b: NOTE }));
  assertEquals([slot, nextSlot], ["a", "b"]);
  const { version, ...provenance } = NOTE;
  assertEquals(slots, [
    { slot: "a", running: true, good: true, triesLeft: 3, version: "1.0.0" },
    { slot: "b", running: false, good: false, triesLeft: 3, version, provenance },
  ]);
});

Deno.test("accountOf() does not say of the version that runs what was noted of another one", () => {
  const [a] = accountOf("a", "1.0.0", UPDATED, JSON.stringify({ a: NOTE })).slots;
  assertEquals(a, { slot: "a", running: true, good: true, triesLeft: 3, version: "1.0.0" });
});

Deno.test("accountOf() chooses the next slot as GRUB does", () => {
  const next = (values: Record<string, string | number>): string => accountOf("a", "1", block(values), "").nextSlot;
  assertEquals(next({ order: "b a", a_left: 3, a_ok: 1, b_left: 0, b_ok: 0 }), "a");
  assertEquals(next({ order: "b a", a_left: 0, a_ok: 1, b_left: 1, b_ok: 0 }), "b");
  assertEquals(next({ order: "a b", a_left: 0, a_ok: 0, b_left: 0, b_ok: 1 }), "b");
  assertEquals(next({}), "a");
});

Deno.test("accountOf() takes no note that is broken or not ours", () => {
  for (const notes of ["", "{", "[]", "null", `{"b":3}`, `{"b":{"version":1}}`]) {
    assertEquals(accountOf("a", "1.0.0", UPDATED, notes).slots[1]?.version, undefined, notes);
  }
});
