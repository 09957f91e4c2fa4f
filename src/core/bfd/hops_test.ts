import { assertEquals } from "../../../test/assert.ts";
import { acceptsHops, DEFAULT_HOP_LIMIT, DEFAULT_TTL } from "./hops.ts";

Deno.test("acceptsHops() of a single hop wants the TTL that was sent (RFC 5881 5)", () => {
  assertEquals([255, 254, 1].map((ttl) => acceptsHops({ ttl: DEFAULT_TTL, maxHops: 0 }, ttl)), [true, false, false]);
  const six = { ttl: DEFAULT_HOP_LIMIT, maxHops: 0 };
  assertEquals([64, 255, 63].map((ttl) => acceptsHops(six, ttl)), [true, true, false]);
});

Deno.test("acceptsHops() allows as many hops as max_hops says", () => {
  const multihop = { ttl: 255, maxHops: 3 };
  assertEquals([255, 252, 251].map((ttl) => acceptsHops(multihop, ttl)), [true, true, false]);
});

Deno.test("acceptsHops() does not look with -1 and 255, and refuses an unknown TTL otherwise", () => {
  assertEquals(acceptsHops({ ttl: 255, maxHops: -1 }, 1), true);
  assertEquals(acceptsHops({ ttl: 255, maxHops: 255 }, undefined), true);
  assertEquals(acceptsHops({ ttl: 255, maxHops: 0 }, undefined), false);
});
