import { assert, assertEquals } from "../../test/assert.ts";
import { parseIp } from "../base/ip.ts";
import { compareAddress, destinationOffset, isMulticast, readIp, sourceOffset } from "./ip_packet.ts";
import { writeIpv4Header } from "./ipv4.ts";
import { writeIpv6Header } from "./ipv6.ts";

function bytes(text: string): Uint8Array {
  const parsed = parseIp(text);
  assert(parsed !== undefined);
  return parsed;
}

const v4 = new Uint8Array(28);
const addresses = { source: bytes("10.9.0.1"), destination: bytes("224.0.0.18") };
writeIpv4Header(v4, {
  trafficClass: 0,
  totalLengthBytes: 28,
  identification: 1,
  ttl: 255,
  protocol: 112,
  ...addresses,
});
const v6 = new Uint8Array(48);
writeIpv6Header(v6, 0, {
  trafficClass: 0,
  payloadLengthBytes: 8,
  nextHeader: 112,
  hopLimit: 254,
  source: bytes("fe80::1"),
  destination: bytes("ff02::12"),
});

Deno.test("readIp() reads either version", () => {
  assertEquals(readIp(v4, 28), {
    ok: true,
    value: { family: 4, ttl: 255, protocol: 112, payloadStart: 20, payloadEnd: 28 },
  });
  assertEquals(readIp(v6, 48), {
    ok: true,
    value: { family: 6, ttl: 254, protocol: 112, payloadStart: 40, payloadEnd: 48 },
  });
});

Deno.test("readIp() refuses what is cut short or of no version", () => {
  assertEquals(readIp(v4, 27), { ok: false, reason: "length" });
  assertEquals(readIp(v6, 47), { ok: false, reason: "length" });
  assertEquals(readIp(v6, 0), { ok: false, reason: "length" });
  assertEquals(readIp(new Uint8Array(40).fill(0x50), 40), { ok: false, reason: "ip-version" });
});

Deno.test("compareAddress() compares as unsigned integers in network order", () => {
  assertEquals(compareAddress(v4, sourceOffset(4), bytes("10.9.0.1")), 0);
  assert(compareAddress(v4, sourceOffset(4), bytes("9.255.255.255")) > 0);
  assert(compareAddress(v4, sourceOffset(4), bytes("200.0.0.0")) < 0);
  assert(compareAddress(v6, sourceOffset(6), bytes("fe80::2")) < 0);
});

Deno.test("isMulticast() knows the groups of both versions", () => {
  assert(isMulticast(v4, destinationOffset(4), 4) && isMulticast(v6, destinationOffset(6), 6));
  assert(!isMulticast(v4, sourceOffset(4), 4) && !isMulticast(v6, sourceOffset(6), 6));
});
