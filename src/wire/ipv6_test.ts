import { assertEquals } from "../../test/assert.ts";
import { readIpv6, writeIpv6Header } from "./ipv6.ts";

// The header of a captured VRRP advertisement with flow label 0.
const HEADER = "6c000000001870fffe80000000000000000000fffe000001ff020000000000000000000000000012";

Deno.test("writeIpv6Header() writes version, traffic class, lengths and addresses (RFC 8200 3)", () => {
  const packet = new Uint8Array(44).fill(0xee);
  const bytes = fromHex(HEADER);
  writeIpv6Header(packet, 2, {
    trafficClass: 0xc0,
    payloadLengthBytes: 24,
    nextHeader: 112,
    hopLimit: 255,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
  });
  assertEquals(packet.subarray(2, 42), bytes);
  assertEquals([packet[0], packet[1], packet[42], packet[43]], [0xee, 0xee, 0xee, 0xee]);
});

Deno.test("readIpv6() finds the payload and leaves padding out", () => {
  const packet = new Uint8Array(70);
  packet.set(fromHex(HEADER));
  const expected = { hopLimit: 255, nextHeader: 112, payloadStart: 40, payloadEnd: 64 };
  assertEquals(readIpv6(packet, 64), { ok: true, value: expected });
  assertEquals(readIpv6(packet, 70), { ok: true, value: expected });
});

Deno.test("readIpv6() refuses lengths that lie and other versions", () => {
  const packet = new Uint8Array(64);
  packet.set(fromHex(HEADER));
  assertEquals(readIpv6(packet, 39), { ok: false, reason: "length" });
  assertEquals(readIpv6(packet, 63), { ok: false, reason: "length" });
  packet[0] = 0x45;
  assertEquals(readIpv6(packet, 64), { ok: false, reason: "ip-version" });
});

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
