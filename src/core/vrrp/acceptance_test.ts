import { assertEquals } from "../../../test/assert.ts";
import { parseIp } from "../../base/ip.ts";
import { type Advertisement, VRRP_GROUP } from "../../wire/vrrp.ts";
import { type Carrier, type Expectation, judge } from "./acceptance.ts";

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
const common = { advertisementIntervalUs: 1_000_000, group: VRRP_GROUP };
const expected: Expectation = { version: 2, ...common, password };

const v3 = { ...v2, version: 3, authType: 0, authData: new Uint8Array(), advertisementIntervalUs: 100_000 } as const;
const TO_GROUP = carrier("192.0.2.1", "224.0.0.18");

/** An IPv4 packet with nothing but addresses. */
function carrier(source: string, destination: string, ttl = 255): Carrier {
  const packet = new Uint8Array(20);
  packet.set(parseIp(source) ?? [], 12);
  packet.set(parseIp(destination) ?? [], 16);
  return { packet, family: 4, ttl };
}

Deno.test("judge() believes what matches", () => {
  assertEquals(judge(v2, TO_GROUP, expected), undefined);
});

Deno.test("judge() refuses a packet that crossed a router (RFC 9568 5.1.1.3)", () => {
  assertEquals(judge(v2, { ...TO_GROUP, ttl: 254 }, expected), "ttl");
});

Deno.test("judge() refuses another version", () => {
  assertEquals(judge(v2, TO_GROUP, { version: 3, ...common }), "version");
});

Deno.test("judge() refuses another authentication type, and a wrong password in any byte", () => {
  assertEquals(judge({ ...v2, authType: 0 }, TO_GROUP, expected), "auth-type");
  assertEquals(judge(v2, TO_GROUP, { version: 2, ...common }), "auth-type");
  for (let at = 0; at < 8; at++) {
    const authData = password.slice();
    authData[at] = 0;
    assertEquals(judge({ ...v2, authData }, TO_GROUP, expected), "auth-fail");
  }
});

Deno.test("judge() refuses another interval in version 2 (RFC 3768 7.1) and accepts it in version 3 (RFC 9568 6.4.2)", () => {
  assertEquals(judge({ ...v2, advertisementIntervalUs: 2_000_000 }, TO_GROUP, expected), "interval");
  assertEquals(judge(v3, TO_GROUP, { version: 3, ...common }), undefined);
});

Deno.test("judge() takes from peers what is for us alone, with the TTL that they may have left", () => {
  const unicast = { peers: [{ address: new Uint8Array([192, 0, 2, 1]), minTtl: 250, maxTtl: 254 }], onlyPeers: false };
  const peer = { version: 3 as const, ...common, unicast };
  const route = carrier("192.0.2.1", "192.0.2.2", 254);
  const stranger = carrier("192.0.2.9", "192.0.2.2", 9);
  assertEquals(judge(v3, route, peer), undefined);
  assertEquals(judge(v3, { ...route, ttl: 255 }, peer), "ttl");
  assertEquals(judge(v3, { ...route, ttl: 249 }, peer), "ttl");
  assertEquals(judge(v3, { ...TO_GROUP, ttl: 254 }, peer), "destination");
  assertEquals(judge(v3, stranger, peer), undefined);
  assertEquals(judge(v3, stranger, { ...peer, unicast: { ...unicast, onlyPeers: true } }), "source");
  assertEquals(judge(v3, { ...route, ttl: 255 }, { version: 3, ...common }), "destination");
});

Deno.test("judge() takes from a group only what went to ours", () => {
  assertEquals(judge(v3, carrier("192.0.2.1", "224.0.0.19"), { version: 3, ...common }), "destination");
  const group = new Uint8Array([224, 0, 0, 19]);
  assertEquals(judge(v3, carrier("192.0.2.1", "224.0.0.19"), { version: 3, ...common, group }), undefined);
});

Deno.test("judge() reads the addresses of IPv6 packets", () => {
  const packet = new Uint8Array(40);
  packet.set(parseIp("fe80::1") ?? [], 8);
  packet.set(parseIp("ff02::12") ?? [], 24);
  const group = parseIp("ff02::12") ?? new Uint8Array();
  assertEquals(judge(v3, { packet, family: 6, ttl: 255 }, { version: 3, ...common, group }), undefined);
  const peers = [{ address: parseIp("fe80::1") ?? new Uint8Array(), minTtl: 0, maxTtl: 255 }];
  packet.set(parseIp("fe80::2") ?? [], 24);
  const unicast = { peers, onlyPeers: true };
  assertEquals(judge(v3, { packet, family: 6, ttl: 64 }, { version: 3, ...common, group, unicast }), undefined);
  packet.set(parseIp("fe80::3") ?? [], 8);
  assertEquals(judge(v3, { packet, family: 6, ttl: 64 }, { version: 3, ...common, group, unicast }), "source");
});

Deno.test("judge() drops everything that reaches an owner that ignores advertisements, wrong ones for their own reason", () => {
  assertEquals(judge(v2, TO_GROUP, { ...expected, ignoresAll: true }), "owner");
  assertEquals(judge(v3, TO_GROUP, { version: 3, ...common, ignoresAll: true }), "owner");
  assertEquals(judge({ ...v2, authType: 0 }, TO_GROUP, { ...expected, ignoresAll: true }), "auth-type");
});
