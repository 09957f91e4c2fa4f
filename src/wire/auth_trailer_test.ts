import { createHmac } from "node:crypto";
import { assert, assertEquals } from "../../test/assert.ts";
import { AUTH_TRAILER_BYTES, readAuthTrailer, verifyAuthTrailer, writeAuthTrailer } from "./auth_trailer.ts";
import { readAdvertisement } from "./vrrp.ts";

// Captured from keepalived after 2.4.3: key 7 is 00 01 ... 1f, sent from 10.9.0.1.
const PACKET = "45c0003c00010000ff70d0740a090001e0000012" + "313dc8010032114c0a0900a1" +
  "010700006b00b41097d30000" + "1f55a0957207fe4b4d83346bb8601b0b";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const source = new Uint8Array([10, 9, 0, 1]);
const hmacSha256 = (secret: Uint8Array, data: Uint8Array): Uint8Array =>
  createHmac("sha256", secret).update(data).digest();

Deno.test("readAuthTrailer() and verifyAuthTrailer() believe a captured packet", () => {
  const packet = fromHex(PACKET);
  const trailer = readAuthTrailer(packet, 20, packet.length, 4);
  assert(trailer.ok);
  assertEquals(trailer.value, {
    keyId: 7,
    stamp: { seconds: 0x6b00b410, fraction: 0x97d3, counter: 0 },
    messageEnd: 32,
  });
  assert(verifyAuthTrailer(packet, 20, trailer.value, source, key, hmacSha256));
  // The checksum covers the advertisement alone.
  assert(readAdvertisement(packet, 20, trailer.value.messageEnd).ok);
  assertEquals(toHex(packet), PACKET);
});

Deno.test("writeAuthTrailer() makes the bytes of a captured packet", () => {
  const packet = new Uint8Array(32 + AUTH_TRAILER_BYTES);
  packet.set(fromHex(PACKET).subarray(0, 32));
  const trailer = { keyId: 7, stamp: { seconds: 0x6b00b410, fraction: 0x97d3, counter: 0 } };
  assertEquals(writeAuthTrailer(packet, 20, 32, trailer, source, key, hmacSha256), 60);
  assertEquals(toHex(packet), PACKET);
});

Deno.test("verifyAuthTrailer() refuses another source, another key, and a flipped bit anywhere but in the checksum", () => {
  const original = fromHex(PACKET);
  const whole = readAuthTrailer(original, 20, 60, 4);
  assert(whole.ok);
  const elsewhere = new Uint8Array([10, 9, 0, 2]);
  assertEquals(verifyAuthTrailer(original, 20, whole.value, elsewhere, key, hmacSha256), false);
  assertEquals(verifyAuthTrailer(original, 20, whole.value, source, key.subarray(1), hmacSha256), false);
  for (let bit = 20 * 8; bit < original.length * 8; bit++) {
    const packet = original.slice();
    packet[bit >> 3] = (packet[bit >> 3] as number) ^ (0x80 >> (bit & 7));
    const trailer = readAuthTrailer(packet, 20, 60, 4);
    const believed = trailer.ok && verifyAuthTrailer(packet, 20, trailer.value, source, key, hmacSha256);
    assertEquals(believed, (bit >> 3) === 26 || (bit >> 3) === 27, `bit ${bit}`);
  }
});

Deno.test("readAuthTrailer() tells a missing trailer from a malformed one", () => {
  const packet = fromHex(PACKET);
  assertEquals(readAuthTrailer(packet, 20, 32, 4), { ok: false, reason: "missing" });
  assertEquals(readAuthTrailer(packet, 20, 27, 4), { ok: false, reason: "missing" });
  for (const end of [33, 59]) assertEquals(readAuthTrailer(packet, 20, end, 4), { ok: false, reason: "malformed" });
  const longer = new Uint8Array(61);
  longer.set(packet);
  assertEquals(readAuthTrailer(longer, 20, 61, 4), { ok: false, reason: "malformed" });
  for (const [at, value] of [[32, 2], [34, 1]] as const) {
    const changed = packet.slice();
    changed[at] = value;
    assertEquals(readAuthTrailer(changed, 20, 60, 4), { ok: false, reason: "malformed" });
  }
});

Deno.test("the trailer over IPv6 takes the family and the longer source into its digest", () => {
  const link = new Uint8Array(16).fill(0xfe, 0, 1);
  const packet = new Uint8Array(24 + AUTH_TRAILER_BYTES);
  packet.set([0x31, 53, 100, 1, 0, 100, 0, 0]);
  const end = writeAuthTrailer(
    packet,
    0,
    24,
    { keyId: 1, stamp: { seconds: 1, fraction: 2, counter: 3 } },
    link,
    key,
    hmacSha256,
  );
  assertEquals(end, 52);
  const trailer = readAuthTrailer(packet, 0, 52, 16);
  assert(trailer.ok);
  assert(verifyAuthTrailer(packet, 0, trailer.value, link, key, hmacSha256));
  assertEquals(verifyAuthTrailer(packet, 0, trailer.value, link.subarray(0, 4), key, hmacSha256), false);
});

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
