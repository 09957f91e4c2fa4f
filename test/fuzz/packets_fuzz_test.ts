// Hostile packets: random bytes, captured packets with bytes changed or cut. Nothing may throw, and nothing but a valid
// advertisement may change a state.
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import { readIpv4 } from "../../src/wire/ipv4.ts";
import { attributes, netlinkMessages } from "../../src/wire/netlink.ts";
import { readAddress, readLink } from "../../src/wire/rtnetlink.ts";
import { readAdvertisement } from "../../src/wire/vrrp.ts";
import { instance, World } from "../support/vrrp_world.ts";

const CAPTURED = [
  "45c0002c00010000ff70d0840a090001e0000012213396020101c56f0a0900640a0900657365637265743132",
  "45c0002000010000ff70d0900a090001e00000123134c801003211880a09006e",
].map((hex) => new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16))));

Deno.test("decoders of packets and netlink never throw, whatever the bytes", () => {
  const prng = new Prng(1);
  for (let count = 0; count < 30_000; count++) {
    const packet = hostile(prng);
    const ip = readIpv4(packet, packet.length);
    if (ip.ok) readAdvertisement(packet, ip.value.payloadStart, ip.value.payloadEnd);
    for (const message of netlinkMessages(packet)) {
      attributes(message.body);
      readLink(message);
      readAddress(message);
    }
  }
});

Deno.test("a router under hostile packets stays what it is, and counts them by reason", () => {
  const prng = new Prng(2);
  const world = World.ofMasters(instance());
  const before = world.log.length;
  let sent = 0;
  while (sent < 30_000) {
    const packet = hostile(prng);
    packet[21] = 51; // as if meant for it
    if (isAdvertisement(packet)) continue; // a checksum of 16 bits comes out right now and then
    sent++;
    world.engine.receive("eth0", packet, packet.length);
  }
  const { state, counters } = world.snapshot();
  assertEquals([state, counters.transitions, world.told()], ["master", 2, []], "no state changes, nothing is sent");
  const discarded = Object.values(counters.discarded).reduce((sum, count) => sum + count, 0);
  const stray = Object.values(world.engine.strayCounters).reduce((sum, count) => sum + count, 0);
  assertEquals(discarded + stray, 30_000);
  assert(world.log.length - before < 20, "a flood of packets is not a flood of log lines");
});

function isAdvertisement(packet: Uint8Array): boolean {
  const ip = readIpv4(packet, packet.length);
  return ip.ok && readAdvertisement(packet, ip.value.payloadStart, ip.value.payloadEnd).ok;
}

/** Random bytes, or a captured packet with a few bytes changed, or cut, which its checksum nearly always shows. */
function hostile(prng: Prng): Uint8Array {
  if (prng.chance(0.3)) {
    return Uint8Array.from({ length: prng.integer(0, 100) }, () => prng.integer(0, 255));
  }
  const packet = prng.pick(CAPTURED).slice(0, prng.chance(0.3) ? prng.integer(0, 44) : 44);
  for (let change = prng.integer(1, 6); change > 0; change--) {
    packet[prng.integer(0, packet.length - 1)] = prng.integer(0, 255);
  }
  return packet;
}
