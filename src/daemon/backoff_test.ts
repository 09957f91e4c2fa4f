import { assertEquals } from "../../test/assert.ts";
import { BackOff } from "./backoff.ts";

Deno.test("BackOff starts again at once, then ever later up to 30 s, and forgets after a minute of health", () => {
  const backOff = new BackOff();
  const delays = [10, 10, 10, 10, 10, 10, 10, 10, 10].map((lived) => backOff.next(lived));
  assertEquals(delays, [0, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 30_000]);
  assertEquals(backOff.next(59_999), 30_000);
  assertEquals(backOff.next(60_000), 0);
  assertEquals(backOff.next(10), 250);
});
