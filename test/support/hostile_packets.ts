// Packets that no router may believe, each wrong in one way, for an instance of version 2 with a password.
import type { Prng } from "../../src/base/prng.ts";
import { writeIpv4Header } from "../../src/wire/ipv4.ts";
import { AUTH_NONE, AUTH_SIMPLE_PASSWORD, VRRP_GROUP, VRRP_PROTOCOL, writeAdvertisement } from "../../src/wire/vrrp.ts";

/** Who they attack. */
export interface Target {
  readonly vrid: number;
  /** 8 bytes. */
  readonly password: Uint8Array;
  /** The advertised address, 4 bytes. */
  readonly address: Uint8Array;
  /** The attacker, and the host attacked: 4 bytes. */
  readonly source: Uint8Array;
  readonly host: Uint8Array;
}

const HEADER_BYTES = 20;

/** A packet for each reason to discard it, all of the highest priority. */
export function hostilePackets(target: Target): ReadonlyMap<string, Uint8Array> {
  const good = { version: 2, ttl: 255, destination: VRRP_GROUP, intervalUs: 1_000_000 } as const;
  const wrongPassword = new TextEncoder().encode("wrong123");
  const flip = (packet: Uint8Array, at: number): Uint8Array => {
    packet[at] = (packet[at] ?? 0) ^ 0xff;
    return packet;
  };
  return new Map([
    ["ttl", packetFor(target, { ...good, ttl: 254 })],
    ["destination", packetFor(target, { ...good, destination: target.host })],
    ["auth-fail", packetFor({ ...target, password: wrongPassword }, good)],
    ["auth-type", packetFor(target, { ...good, authType: AUTH_NONE })],
    ["interval", packetFor(target, { ...good, intervalUs: 3_000_000 })],
    ["version", packetFor(target, { ...good, version: 3 })],
    ["checksum", flip(packetFor(target, good), HEADER_BYTES + 6)],
    ["length", cut(packetFor(target, good), HEADER_BYTES + 12)],
    ["unknown-vrid", packetFor({ ...target, vrid: 99 }, good)],
  ]);
}

/** Random bytes behind a good IP header, or a good packet with bytes changed: their checksum nearly always shows it. */
export function fuzzedPacket(target: Target, prng: Prng): Uint8Array {
  const packet = packetFor(target, { version: 2, ttl: 255, destination: VRRP_GROUP, intervalUs: 1_000_000 });
  const from = prng.chance(0.5) ? HEADER_BYTES : HEADER_BYTES + 2;
  for (let change = prng.integer(1, 8); change > 0; change--) {
    const at = prng.integer(from, packet.length - 1);
    packet[at] = (packet[at] ?? 0) ^ prng.integer(1, 255);
  }
  return prng.chance(0.3) ? cut(packet, prng.integer(HEADER_BYTES, packet.length)) : packet;
}

function packetFor(target: Target, options: {
  readonly version: 2 | 3;
  readonly ttl: number;
  readonly destination: Uint8Array;
  readonly intervalUs: number;
  readonly authType?: number;
}): Uint8Array {
  const { version, ttl, destination, intervalUs, authType = AUTH_SIMPLE_PASSWORD } = options;
  const packet = new Uint8Array(HEADER_BYTES + 12 + (version === 2 ? 8 : 0));
  const { source, vrid, password: authData, address: addresses } = target;
  writeIpv4Header(packet, {
    trafficClass: 0xc0,
    totalLengthBytes: packet.length,
    identification: 1,
    ttl,
    protocol: VRRP_PROTOCOL,
    source,
    destination,
  });
  writeAdvertisement(packet, {
    version,
    vrid,
    priority: 255,
    advertisementIntervalUs: intervalUs,
    authType,
    authData,
    addresses,
  }, "standard");
  return packet;
}

/** The first bytes of a packet, with a header that says so. */
function cut(packet: Uint8Array, length: number): Uint8Array {
  const short = packet.slice(0, length);
  const view = new DataView(short.buffer);
  view.setUint16(2, length);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < HEADER_BYTES; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  return short;
}
