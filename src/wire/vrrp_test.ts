import { assert, assertEquals } from "../../test/assert.ts";
import { parseIpv4 } from "../base/ip.ts";
import { readIpv4, writeIpv4Header } from "./ipv4.ts";
import {
  type Advertisement,
  advertisementBytes,
  type AdvertisementFlaw,
  AUTH_NONE,
  AUTH_SIMPLE_PASSWORD,
  readAdvertisement,
  VRRP_GROUP,
  VRRP_PROTOCOL,
  VRRP_TRAFFIC_CLASS,
  VRRP_TTL,
  writeAdvertisement,
} from "./vrrp.ts";

// Captured from keepalived 2.2.7 on an interface with address 10.9.0.1.
const V2_PASS = "45c0002c00010000ff70d0840a090001e0000012213396020101c56f0a0900640a0900657365637265743132";
const V3_HALF_SECOND = "45c0002000010000ff70d0900a090001e00000123134c801003211880a09006e";
const V3_PRIORITY_ZERO_MESSAGE = "313400010032d988";

const none = new Uint8Array(8);

Deno.test("writeAdvertisement() writes the bytes of a captured VRRPv2 packet with password (RFC 3768 5.3)", () => {
  const packet = encode({
    version: 2,
    vrid: 51,
    priority: 150,
    advertisementIntervalUs: 1_000_000,
    authType: AUTH_SIMPLE_PASSWORD,
    authData: new TextEncoder().encode("secret12"),
    addresses: addresses("10.9.0.100", "10.9.0.101"),
  });
  assertEquals(toHex(packet), V2_PASS);
});

Deno.test("writeAdvertisement() writes the bytes of a captured VRRPv3 packet (RFC 9568 5.2)", () => {
  const advertisement = {
    version: 3,
    vrid: 52,
    priority: 200,
    advertisementIntervalUs: 500_000,
    authType: AUTH_NONE,
    authData: none,
    addresses: addresses("10.9.0.110"),
  } as const;
  assertEquals(toHex(encode(advertisement)), V3_HALF_SECOND);
  assertEquals(toHex(encode({ ...advertisement, priority: 0 })).slice(40, 56), V3_PRIORITY_ZERO_MESSAGE);
});

Deno.test("readAdvertisement() reads a captured VRRPv2 packet", () => {
  const advertisement = read(fromHex(V2_PASS));
  assert(advertisement.ok);
  const { authData, addresses: list, ...rest } = advertisement.value;
  assertEquals(rest, { version: 2, vrid: 51, priority: 150, advertisementIntervalUs: 1_000_000, authType: 1 });
  assertEquals(new TextDecoder().decode(authData), "secret12");
  assertEquals(list.join("."), "10.9.0.100.10.9.0.101");
});

Deno.test("readAdvertisement() reads a captured VRRPv3 packet", () => {
  const advertisement = read(fromHex(V3_HALF_SECOND));
  assert(advertisement.ok);
  assertEquals(advertisement.value.version, 3);
  assertEquals(advertisement.value.advertisementIntervalUs, 500_000);
  assertEquals(advertisement.value.authData.length, 0);
});

Deno.test("readAdvertisement() refuses by reason, and a flipped bit anywhere in the message", () => {
  const cases: [hex: string, reason: AdvertisementFlaw][] = [
    [V3_HALF_SECOND.replace("3134c801", "4134c801"), "version"],
    [V3_HALF_SECOND.replace("3134c801", "3234c801"), "type"],
    [V3_HALF_SECOND.replace("3134c801", "3134c802"), "length"], // two addresses promised, one there
    [V3_HALF_SECOND.replace("1188", "1189"), "checksum"],
  ];
  for (const [hex, reason] of cases) assertEquals(read(fromHex(hex)), { ok: false, reason });
  for (const hex of [V2_PASS, V3_HALF_SECOND]) {
    for (let bit = 20 * 8; bit < hex.length * 4; bit++) {
      const packet = fromHex(hex);
      packet[bit >> 3] = (packet[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      assertEquals(read(packet).ok, false, `bit ${bit}`);
    }
  }
});

Deno.test("readAdvertisement() ignores nothing and reads nothing beyond a cut packet", () => {
  const whole = fromHex(V2_PASS);
  for (let length = 20; length < whole.length; length++) {
    assertEquals(readAdvertisement(whole, 20, length).ok, false, `length ${length}`);
  }
});

Deno.test("readIpv4() refuses lengths that lie, and skips options", () => {
  const packet = fromHex(V3_HALF_SECOND);
  assertEquals(readIpv4(packet, 19), { ok: false, reason: "length" });
  assertEquals(readIpv4(packet, 31), { ok: false, reason: "length" }); // says 32
  const padded = new Uint8Array(60);
  padded.set(packet);
  assertEquals(readIpv4(padded, 60), {
    ok: true,
    value: { ttl: 255, protocol: 112, payloadStart: 20, payloadEnd: 32 },
  });
  padded[0] = 0x46;
  const withOptions = readIpv4(padded, 60);
  assert(withOptions.ok);
  assertEquals(withOptions.value.payloadStart, 24);
  padded[0] = 0x44;
  assertEquals(readIpv4(padded, 60), { ok: false, reason: "length" });
  padded[0] = 0x65;
  assertEquals(readIpv4(padded, 60), { ok: false, reason: "ip-version" });
});

function encode(advertisement: Advertisement): Uint8Array {
  const packet = new Uint8Array(20 + advertisementBytes(advertisement.version, advertisement.addresses.length / 4));
  writeIpv4Header(packet, {
    trafficClass: VRRP_TRAFFIC_CLASS,
    totalLengthBytes: packet.length,
    identification: 1,
    ttl: VRRP_TTL,
    protocol: VRRP_PROTOCOL,
    source: new Uint8Array([10, 9, 0, 1]),
    destination: VRRP_GROUP,
  });
  assertEquals(writeAdvertisement(packet, advertisement), packet.length);
  return packet;
}

function read(packet: Uint8Array): ReturnType<typeof readAdvertisement> {
  const ip = readIpv4(packet, packet.length);
  assert(ip.ok);
  return readAdvertisement(packet, ip.value.payloadStart, ip.value.payloadEnd);
}

function addresses(...texts: string[]): Uint8Array {
  return new Uint8Array(texts.flatMap((text) => [...parseIpv4(text) ?? []]));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
