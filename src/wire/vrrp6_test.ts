import { assert, assertEquals } from "../../test/assert.ts";
import { parseIp } from "../base/ip.ts";
import {
  type Advertisement,
  advertisementBytes,
  AUTH_NONE,
  type ChecksumForm,
  readAdvertisement,
  readAdvertisement6,
  VRRP_GROUP6,
  writeAdvertisement,
  writeAdvertisement6,
} from "./vrrp.ts";

// Captured from keepalived 2.2.7, sent from fe80::ff:fe00:1 to ff02::12.
const MULTICAST = "3135640200643ef1" + "fe800000000000000000000000010100" + "20010db8000900000000000000000100";
// And to the unicast peer fe80::2.
const UNICAST = "3149ff020064a591" + "fe800000000000000000000000010073" + "20010db8000000000000000000000073";
const UNICAST_PRIORITY_ZERO = UNICAST.replace("3149ff020064a591", "314900020064a492");
// `old_unicast_checksum`, VRID 74 from 10.9.0.1 to 10.9.0.2.
const OLD_UNICAST = "45c0002000020000ff70a6970a0900010a090002" + "314aff010064d9ff" + "0a0900ae";
// From the same to the same, in the standard's form.
const STANDARD_UNICAST = "45c0002000010000ff70a6980a0900010a090002" + "313cc8010032e755" + "0a0900a0";

const source = bytesOf("fe80::ff:fe00:1");
const peer = bytesOf("fe80::2");
const multicast: Advertisement = {
  version: 3,
  vrid: 53,
  priority: 100,
  advertisementIntervalUs: 1_000_000,
  authType: AUTH_NONE,
  authData: new Uint8Array(),
  addresses: bytesOf("fe80::1:100", "2001:db8:9::100"),
};
const unicast: Advertisement = {
  ...multicast,
  vrid: 73,
  priority: 255,
  addresses: bytesOf("fe80::1:73", "2001:db8::73"),
};

Deno.test("VRRP_GROUP6 is ff02::12 (RFC 9568 5.1.2.2)", () => {
  assertEquals(VRRP_GROUP6, bytesOf("ff02::12"));
});

Deno.test("writeAdvertisement6() writes the bytes of captured packets (RFC 9568 5.2.8)", () => {
  assertEquals(encode(multicast, VRRP_GROUP6), MULTICAST);
  assertEquals(encode(unicast, peer), UNICAST);
  assertEquals(encode({ ...unicast, priority: 0 }, peer), UNICAST_PRIORITY_ZERO);
});

Deno.test("readAdvertisement6() reads a captured packet", () => {
  const message = fromHex("eeee" + MULTICAST + "eeee");
  const result = readAdvertisement6(message, 2, message.length - 2, source, VRRP_GROUP6);
  assert(result.ok);
  assertEquals({ ...result.value, addresses: [...result.value.addresses] }, {
    ...multicast,
    addresses: [...multicast.addresses],
  });
});

Deno.test("readAdvertisement6() refuses by reason, another sender or destination, and a flipped bit anywhere", () => {
  const read = (hex: string, from = source, to: Uint8Array = VRRP_GROUP6): string => {
    const message = fromHex(hex);
    const result = readAdvertisement6(message, 0, message.length, from, to);
    return result.ok ? "ok" : result.reason;
  };
  assertEquals(read(MULTICAST), "ok");
  assertEquals(read(MULTICAST.replace("3135", "2135")), "version"); // version 2 knows no IPv6 (RFC 3768)
  assertEquals(read(MULTICAST.replace("3135", "3235")), "type");
  assertEquals(read(MULTICAST.replace("31356402", "31356403")), "length");
  assertEquals(read(MULTICAST.slice(0, -2)), "length");
  assertEquals(read(""), "length");
  assertEquals(read(MULTICAST, peer), "checksum");
  assertEquals(read(MULTICAST, source, peer), "checksum");
  for (let bit = 0; bit < MULTICAST.length * 4; bit++) {
    const message = fromHex(MULTICAST);
    message[bit >> 3] = (message[bit >> 3] as number) ^ (0x80 >> (bit & 7));
    assertEquals(readAdvertisement6(message, 0, message.length, source, VRRP_GROUP6).ok, false, `bit ${bit}`);
  }
});

Deno.test("writeAdvertisement() in the old unicast form writes the bytes of a captured packet", () => {
  const packet = fromHex(OLD_UNICAST);
  packet.fill(0, 20);
  assertEquals(writeAdvertisement(packet, v3(74, 255, 1_000_000, "10.9.0.174"), "old-unicast"), 32);
  assertEquals(toHex(packet), OLD_UNICAST);
  const standard = fromHex(STANDARD_UNICAST);
  standard.fill(0, 20);
  writeAdvertisement(standard, v3(60, 200, 500_000, "10.9.0.160"));
  assertEquals(toHex(standard), STANDARD_UNICAST);
});

Deno.test("writeAdvertisement() as version 2 sums the message only", () => {
  const packet = new Uint8Array(32);
  packet.set(fromHex(STANDARD_UNICAST.slice(0, 40)));
  writeAdvertisement(packet, v3(52, 200, 500_000, "10.9.0.110"), "as-v2");
  // 3134 + c801 + 0032 + 0a09 + 006e = 103de, folded 03df, complement fc20
  assertEquals(toHex(packet.subarray(20)), "3134c8010032fc200a09006e");
});

Deno.test("readAdvertisement() accepts the forms it is told to, and says which one it was", () => {
  const read = (hex: string, forms?: readonly ChecksumForm[]): string => {
    const packet = fromHex(hex);
    const result = readAdvertisement(packet, 20, packet.length, forms);
    return result.ok ? result.value.checksumForm ?? "standard" : result.reason;
  };
  assertEquals(read(STANDARD_UNICAST), "standard");
  assertEquals(read(OLD_UNICAST), "checksum");
  assertEquals(read(OLD_UNICAST, ["standard", "old-unicast"]), "old-unicast");
  assertEquals(read(STANDARD_UNICAST, ["standard", "old-unicast"]), "standard");
  assertEquals(read(STANDARD_UNICAST, ["as-v2"]), "checksum");
  const asV2 = STANDARD_UNICAST.slice(0, 40) + "3134c8010032fc200a09006e";
  assertEquals(read(asV2), "checksum");
  assertEquals(read(asV2, ["as-v2"]), "as-v2");
});

Deno.test("readAdvertisement() of version 2 knows one checksum only", () => {
  const v2 = "45c0002c00010000ff70d0840a090001e0000012213396020101c56f0a0900640a0900657365637265743132";
  const result = readAdvertisement(fromHex(v2), 20, 44, ["old-unicast"]);
  assert(result.ok);
  assertEquals(result.value.checksumForm, undefined);
});

function encode(advertisement: Advertisement, destination: Uint8Array): string {
  const message = new Uint8Array(advertisementBytes(3, advertisement.addresses.length / 16, 16));
  assertEquals(writeAdvertisement6(message, advertisement, source, destination), message.length);
  return toHex(message);
}

function v3(vrid: number, priority: number, advertisementIntervalUs: number, address: string): Advertisement {
  return { ...multicast, vrid, priority, advertisementIntervalUs, addresses: bytesOf(address) };
}

function bytesOf(...texts: string[]): Uint8Array {
  return new Uint8Array(texts.flatMap((text) => [...parseIp(text) ?? []]));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
