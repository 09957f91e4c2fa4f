import { assertEquals } from "../../test/assert.ts";
import { vrrpStart } from "./vrrp_start.ts";

Deno.test("vrrpStart() waits for the later of the two delays", () => {
  assertEquals(vrrpStart({}, 70_000_000), 70_000_000);
  assertEquals(vrrpStart({ startupDelayUs: 5_000_000 }, 70_000_000), 75_000_000);
  assertEquals(vrrpStart({ startupDelayUs: 5_000_000, delayAfterBootUs: 90_000_000 }, 70_000_000), 90_000_000);
  assertEquals(vrrpStart({ startupDelayUs: 5_000_000, delayAfterBootUs: 72_000_000 }, 70_000_000), 75_000_000);
  assertEquals(vrrpStart({ delayAfterBootUs: 60_000_000 }, 70_000_000), 70_000_000);
});
