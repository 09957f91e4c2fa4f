import { assertEquals } from "../../test/assert.ts";
import { Limits } from "./limits.ts";

Deno.test("Limits gives items whose time is over, of each duration in the order of their start", () => {
  const limits = new Limits<string>();
  assertEquals([limits.firstUs, limits.take(0)], [Infinity, []]);
  limits.add("a", 300, 0);
  limits.add("b", 300, 10);
  limits.add("c", 100, 20);
  assertEquals(limits.firstUs, 120);
  assertEquals(limits.take(119), []);
  assertEquals(limits.take(120), ["c"]);
  assertEquals([limits.firstUs, limits.take(310)], [300, ["a", "b"]]);
  assertEquals(limits.firstUs, Infinity);
});

Deno.test("Limits forgets what has ended, and takes it up again as new", () => {
  const limits = new Limits<string>();
  limits.add("a", 300, 0);
  limits.add("b", 300, 10);
  limits.delete("a", 300);
  limits.delete("a", 500);
  assertEquals(limits.firstUs, 310);
  limits.add("a", 300, 20);
  assertEquals(limits.take(315), ["b"]);
  assertEquals(limits.take(320), ["a"]);
});
