import { assert, assertEquals, assertNotEquals } from "../../test/assert.ts";
import { Prng } from "./prng.ts";

Deno.test("Prng repeats itself with the same seed and differs with another", () => {
  const draw = (seed: number): number[] => {
    const prng = new Prng(seed);
    return Array.from({ length: 5 }, () => prng.next());
  };
  assertEquals(draw(7), draw(7));
  assertNotEquals(draw(7), draw(8));
  assertNotEquals(draw(0), [0, 0, 0, 0, 0]);
});

Deno.test("Prng.integer() reaches both ends and nothing beyond", () => {
  const prng = new Prng(1);
  const seen = new Set(Array.from({ length: 500 }, () => prng.integer(-1, 2)));
  assertEquals([...seen].sort((a, b) => a - b), [-1, 0, 1, 2]);
});

Deno.test("Prng.next() is spread evenly", () => {
  const prng = new Prng(3);
  let sum = 0;
  for (let index = 0; index < 10_000; index++) sum += prng.next();
  assert(Math.abs(sum / 10_000 - 0.5) < 0.02);
});
