import { assertEquals } from "../../../test/assert.ts";
import { inPace } from "./pace.ts";

Deno.test("inPace() keeps the distance of good checks that end soon, and waits after the others", () => {
  const next = (endUs: number, failures = 0): number => inPace({ nextCheckUs: endUs + 1000, failures }, 1000, 5000);
  assertEquals([next(5000), next(5001), next(5250)], [6000, 6000, 6000]);
  assertEquals([next(5251), next(9000)], [6251, 10_000]);
  assertEquals(next(5001, 1), 6001);
  assertEquals(inPace({ nextCheckUs: 7000, failures: 0 }, 1000, undefined), 7000);
});
