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

Deno.test("judge() believes what matches", () => {
  assertEquals(judge(v2, 255, expected), undefined);
});

Deno.test("judge() refuses a packet that crossed a router (RFC 9568 5.1.1.3)", () => {
  assertEquals(judge(v2, 254, expected), "ttl");
});

Deno.test("judge() refuses another version", () => {
  assertEquals(judge(v2, 255, { version: 3, advertisementIntervalUs: 1_000_000 }), "version");
});

Deno.test("judge() refuses another authentication type, and a wrong password in any byte", () => {
  assertEquals(judge({ ...v2, authType: 0 }, 255, expected), "auth-type");
  assertEquals(judge(v2, 255, { version: 2, advertisementIntervalUs: 1_000_000 }), "auth-type");
  for (let at = 0; at < 8; at++) {
    const authData = password.slice();
    authData[at] = 0;
    assertEquals(judge({ ...v2, authData }, 255, expected), "auth-fail");
  }
});

Deno.test("judge() refuses another interval in version 2 (RFC 3768 7.1) and accepts it in version 3 (RFC 9568 6.4.2)", () => {
  assertEquals(judge({ ...v2, advertisementIntervalUs: 2_000_000 }, 255, expected), "interval");
  const v3 = { ...v2, version: 3, authType: 0, authData: new Uint8Array(), advertisementIntervalUs: 100_000 } as const;
  assertEquals(judge(v3, 255, { version: 3, advertisementIntervalUs: 1_000_000 }), undefined);
});
