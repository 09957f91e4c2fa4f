import { assertEquals } from "../../../test/assert.ts";
import type { Advertisement } from "../../wire/vrrp.ts";
import { type Expectation, judge } from "./acceptance.ts";

const password = new TextEncoder().encode("secret12");
const v2: Advertisement = {
  version: 2,
  vrid: 51,
  priority: 100,
  advertisementIntervalUs: 1_000_000,
  authType: 1,
  authData: password,
  addresses: new Uint8Array(),
};
const expected: Expectation = { version: 2, advertisementIntervalUs: 1_000_000, password };

const v3 = { ...v2, version: 3, authType: 0, authData: new Uint8Array(), advertisementIntervalUs: 100_000 } as const;
/** From 192.0.2.1 to 224.0.0.18. */
const TO_GROUP = { source: 0xc0000201, destination: 0xe0000012, ttl: 255 };

Deno.test("judge() believes what matches", () => {
  assertEquals(judge(v2, TO_GROUP, expected), undefined);
});

Deno.test("judge() refuses a packet that crossed a router (RFC 9568 5.1.1.3)", () => {
  assertEquals(judge(v2, { ...TO_GROUP, ttl: 254 }, expected), "ttl");
});

Deno.test("judge() refuses another version", () => {
  assertEquals(judge(v2, TO_GROUP, { version: 3, advertisementIntervalUs: 1_000_000 }), "version");
});

Deno.test("judge() refuses another authentication type, and a wrong password in any byte", () => {
  assertEquals(judge({ ...v2, authType: 0 }, TO_GROUP, expected), "auth-type");
  assertEquals(judge(v2, TO_GROUP, { version: 2, advertisementIntervalUs: 1_000_000 }), "auth-type");
  for (let at = 0; at < 8; at++) {
    const authData = password.slice();
    authData[at] = 0;
    assertEquals(judge({ ...v2, authData }, TO_GROUP, expected), "auth-fail");
  }
});

Deno.test("judge() refuses another interval in version 2 (RFC 3768 7.1) and accepts it in version 3 (RFC 9568 6.4.2)", () => {
  assertEquals(judge({ ...v2, advertisementIntervalUs: 2_000_000 }, TO_GROUP, expected), "interval");
  assertEquals(judge(v3, TO_GROUP, { version: 3, advertisementIntervalUs: 1_000_000 }), undefined);
});

Deno.test("judge() takes from peers what is for us alone, with the TTL that they may have left", () => {
  const unicast = { peers: [{ address: 0xc0000201, minTtl: 250, maxTtl: 254 }], onlyPeers: false };
  const peer = { version: 3 as const, advertisementIntervalUs: 1_000_000, unicast };
  const route = { source: 0xc0000201, destination: 0xc0000202, ttl: 254 };
  assertEquals(judge(v3, route, peer), undefined);
  assertEquals(judge(v3, { ...route, ttl: 255 }, peer), "ttl");
  assertEquals(judge(v3, { ...route, ttl: 249 }, peer), "ttl");
  assertEquals(judge(v3, { ...TO_GROUP, ttl: 254 }, peer), "destination");
  assertEquals(judge(v3, { ...route, source: 1, ttl: 9 }, peer), undefined);
  assertEquals(judge(v3, { ...route, source: 1 }, { ...peer, unicast: { ...unicast, onlyPeers: true } }), "source");
  assertEquals(judge(v3, { ...route, ttl: 255 }, { version: 3, advertisementIntervalUs: 1_000_000 }), "destination");
});
