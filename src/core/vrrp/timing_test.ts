import { assertEquals } from "../../../test/assert.ts";
import { masterDownIntervalUs, skewTimeUs } from "./timing.ts";

Deno.test("skewTimeUs() is a fraction of a second in version 2 (RFC 3768 6.1)", () => {
  assertEquals(skewTimeUs({ version: 2, priority: 100 }, 1_000_000), 609_375);
  assertEquals(skewTimeUs({ version: 2, priority: 100 }, 5_000_000), 609_375);
  assertEquals(skewTimeUs({ version: 2, priority: 255 }, 1_000_000), 3_906);
});

Deno.test("skewTimeUs() is a fraction of the master's interval in version 3 and never 0 (RFC 9568 6.1)", () => {
  assertEquals(skewTimeUs({ version: 3, priority: 254 }, 10_000), 78);
  assertEquals(skewTimeUs({ version: 3, priority: 255 }, 10_000), 39);
  assertEquals(skewTimeUs({ version: 3, priority: 100 }, 100_000), 60_938);
});

Deno.test("masterDownIntervalUs() agrees with keepalived, measured start to master", () => {
  assertEquals(masterDownIntervalUs({ version: 3, priority: 200 }, 500_000), 1_609_375);
  assertEquals(masterDownIntervalUs({ version: 2, priority: 150 }, 1_000_000), 3_414_063);
  assertEquals(masterDownIntervalUs({ version: 3, priority: 100 }, 1_000_000), 3_609_375);
});
