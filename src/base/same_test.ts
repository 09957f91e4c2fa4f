import { assert, assertEquals } from "../../test/assert.ts";
import { same } from "./same.ts";

Deno.test("same() compares plain data deeply, whatever the order of keys", () => {
  assert(same({ a: 1, b: [{ c: "x" }, null] }, { b: [{ c: "x" }, null], a: 1 }));
  assert(same({ a: 1, b: undefined }, { a: 1 }));
  for (
    const [a, b] of [[1, 2], [{ a: 1 }, { a: 2 }], [[1], [1, 2]], [[], {}], [{ a: null }, { a: {} }], [{ a: 1 }, {}]]
  ) {
    assertEquals(same(a, b), false);
    assertEquals(same(b, a), false);
  }
});

Deno.test("same() ignores one key at every depth, and no other", () => {
  const at = (line: number): unknown => ({ place: { line }, list: [{ name: "x", place: { line } }] });
  assert(same(at(1), at(2), "place"));
  assertEquals(same(at(1), at(2)), false);
  assertEquals(same({ name: 1, place: 1 }, { name: 2, place: 2 }, "place"), false);
});
