// Hostile bytes for the decoders beside VRRP over IPv4: IPv6, Authentication Header, authentication trailer, BFD, and the
// text of tracked files. Nothing may throw, and nothing that was signed may be changed unseen.
import { createHmac } from "node:crypto";
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import { startSession, stepSession } from "../../src/core/bfd/session.ts";
import type { BfdConfig } from "../../src/core/bfd/state.ts";
import { trackFileValue } from "../../src/core/tracking/track_file_value.ts";
import { readAuthHeader } from "../../src/wire/auth_header.ts";
import { readAuthTrailer, verifyAuthTrailer } from "../../src/wire/auth_trailer.ts";
import { readControlPacket } from "../../src/wire/bfd.ts";
import { readIpv6 } from "../../src/wire/ipv6.ts";
import { readAdvertisement, readAdvertisement6, VRRP_GROUP6 } from "../../src/wire/vrrp.ts";

const CAPTURED = {
  vrrp6: bytes("3135640200643ef1fe80000000000000000000000001010020010db8000900000000000000000100"),
  authHeader: bytes(
    "45c0004000010000ff33d0ad0a090001e0000012700400000a09000100000001fb9e21bb3dbffd40ba9b1d60" +
      "21365a01020178460a0900780000000000000000",
  ),
  authTrailer: bytes(
    "45c0003c00010000ff70d0740a090001e0000012313dc8010032114c0a0900a1010700006b00b41097d30000" +
      "1f55a0957207fe4b4d83346bb8601b0b",
  ),
  bfd: bytes("20e003181782947e0000004d00009c400000c35000000000"),
};
const source6 = bytes("fe80000000000000000000fffe000001");
const source4 = bytes("0a090001");
const password = new TextEncoder().encode("secret12");
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const hmac = (name: string) => (secret: Uint8Array, data: Uint8Array): Uint8Array =>
  createHmac(name, secret).update(data).digest();

Deno.test("decoders never throw, whatever the bytes", () => {
  const prng = new Prng(1);
  const forms = ["standard", "as-v2", "old-unicast"] as const;
  for (let count = 0; count < 10_000; count++) {
    const packet = hostile(prng);
    const start = Math.min(prng.pick([0, 20, 40]), packet.length);
    readIpv6(packet, packet.length);
    readAdvertisement6(packet, start, packet.length, source6, VRRP_GROUP6);
    readAdvertisement(packet, start, packet.length, forms);
    readAuthHeader(packet, start, packet.length, password, hmac("md5"));
    const trailer = readAuthTrailer(packet, start, packet.length, prng.pick([4, 16]));
    if (trailer.ok) verifyAuthTrailer(packet, start, trailer.value, source4, key, hmac("sha256"));
    readControlPacket(packet, packet.length);
    trackFileValue(new TextDecoder().decode(packet));
  }
});

Deno.test("what is signed cannot be changed unseen, apart from fields that routers change", () => {
  const prng = new Prng(2);
  for (let count = 0; count < 3_000; count++) {
    const whole = CAPTURED.authHeader;
    const changed = change(prng, whole.slice());
    // Traffic class, fragment offset and header checksum are not signed.
    if (changed.every((byte, at) => byte === whole[at] || at === 1 || at === 6 || at === 7 || at === 10 || at === 11)) {
      continue;
    }
    assertEquals(readAuthHeader(changed, 20, changed.length, password, hmac("md5")).ok, false);
  }
  for (let count = 0; count < 3_000; count++) {
    const whole = CAPTURED.authTrailer;
    const changed = change(prng, whole.slice());
    // The IP header and the advertisement's own checksum are not signed.
    if (changed.every((byte, at) => byte === whole[at] || at < 20 || at === 26 || at === 27)) continue;
    const trailer = readAuthTrailer(changed, 20, changed.length, 4);
    const believed = trailer.ok && verifyAuthTrailer(changed, 20, trailer.value, source4, key, hmac("sha256"));
    assertEquals(believed, false);
  }
});

Deno.test("a BFD session survives any packet that passes for one", () => {
  const prng = new Prng(3);
  const config: BfdConfig = {
    localDiscriminator: 77,
    minTxUs: 10_000,
    minRxUs: 10_000,
    idleTxUs: 1_000_000,
    multiplier: 3,
    passive: false,
  };
  let session = startSession(config, 0);
  let passed = 0;
  for (let nowUs = 0; nowUs < 200_000_000; nowUs += prng.integer(1, 20_000)) {
    const moment = { nowUs, random: prng.next() };
    const packet = change(prng, CAPTURED.bfd.slice());
    packet.set([0, 0, 0, 77], 8);
    const result = readControlPacket(packet, packet.length);
    if (result.ok) passed++;
    const event = result.ok && prng.chance(0.5)
      ? { type: "packet", packet: result.value } as const
      : { type: "timer" } as const;
    session = stepSession(config, session, event, moment).session;
    assert(["down", "init", "up"].includes(session.state));
    assert(!Number.isNaN(session.transmitTimerUs) && !Number.isNaN(session.detectionTimerUs));
  }
  assert(passed > 1000, "some pass");
});

/** Random bytes, or a captured packet with a few bytes changed, or cut. */
function hostile(prng: Prng): Uint8Array {
  if (prng.chance(0.3)) return Uint8Array.from({ length: prng.integer(0, 100) }, () => prng.integer(0, 255));
  const packet = prng.pick(Object.values(CAPTURED));
  const cut = packet.slice(0, prng.chance(0.3) ? prng.integer(0, packet.length) : packet.length);
  return cut.length === 0 ? cut : change(prng, cut);
}

function change(prng: Prng, packet: Uint8Array): Uint8Array {
  for (let count = prng.integer(1, 6); count > 0; count--) {
    packet[prng.integer(0, packet.length - 1)] = prng.integer(0, 255);
  }
  return packet;
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
