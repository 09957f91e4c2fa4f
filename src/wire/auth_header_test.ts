import { createHmac } from "node:crypto";
import { assert, assertEquals } from "../../test/assert.ts";
import { addAuthHeader, AUTH_HEADER_BYTES, type AuthHeaderFlaw, readAuthHeader } from "./auth_header.ts";
import { readIpv4, writeIpv4Header } from "./ipv4.ts";
import { advertisementBytes, AUTH_IP_HEADER, readAdvertisement, writeAdvertisement } from "./vrrp.ts";

// Captured from keepalived 2.2.7, password "secret12".
const FIRST = "45c0004000010000ff33d0ad0a090001e0000012" + "700400000a09000100000001fb9e21bb3dbffd40ba9b1d60" +
  "21365a01020178460a0900780000000000000000";
const SECOND_OF_ANOTHER = "45c0004000020000ff33d0ac0a090001e0000012" +
  "700400000a090001000000029a52b5122983977f8d5f273d" + "214bfe010201d3f90a0900af0000000000000000";
const UNICAST = "45c0004400010000ff33a6b10a0900010a090002" + "700400000a0900010000000188866339d862b74db92f9c0b" +
  "214cfe020201c93c0a0900b00a0900b10000000000000000";

const password = new TextEncoder().encode("secret12");
const hmacMd5 = (key: Uint8Array, data: Uint8Array): Uint8Array => createHmac("md5", key).update(data).digest();

Deno.test("addAuthHeader() makes the bytes of captured packets (RFC 2402 2, RFC 2403)", () => {
  assertEquals(toHex(sign({ identification: 1, sequence: 1, vrid: 54, priority: 90, addresses: [120] })), FIRST);
  assertEquals(
    toHex(sign({ identification: 2, sequence: 2, vrid: 75, priority: 254, addresses: [175] })),
    SECOND_OF_ANOTHER,
  );
});

Deno.test("addAuthHeader() to a unicast peer leaves the TTL out", () => {
  const destination = [10, 9, 0, 2];
  const packet = sign({ identification: 1, sequence: 1, vrid: 76, priority: 254, addresses: [176, 177], destination });
  assertEquals(toHex(packet), UNICAST);
});

Deno.test("readAuthHeader() believes captured packets and finds the advertisement", () => {
  for (const [hex, sequence, vrid] of [[FIRST, 1, 54], [SECOND_OF_ANOTHER, 2, 75], [UNICAST, 1, 76]] as const) {
    const packet = fromHex(hex);
    const result = read(packet);
    assert(result.ok);
    assertEquals(result.value, { sequence, payloadStart: 44 });
    const advertisement = readAdvertisement(packet, 44, packet.length);
    assert(advertisement.ok);
    assertEquals([advertisement.value.vrid, advertisement.value.authType], [vrid, AUTH_IP_HEADER]);
    assertEquals(toHex(packet), hex); // the packet is as it was
  }
});

Deno.test("readAuthHeader() does not mind what routers change on a unicast packet", () => {
  const packet = fromHex(UNICAST);
  packet[1] = 0; // traffic class
  packet[8] = 250; // TTL
  packet[10] = 1; // header checksum
  assert(read(packet).ok);
});

Deno.test("readAuthHeader() refuses by reason", () => {
  const cases: [change: (packet: Uint8Array) => void, reason: AuthHeaderFlaw][] = [
    [(packet) => packet[20] = 6, "auth-header"], // next header is not VRRP
    [(packet) => packet[21] = 5, "auth-header"], // payload length
    [(packet) => packet[27] = 9, "auth-header"], // the index is not the source address
    [(packet) => packet[31] = 2, "auth-fail"], // sequence number
    [(packet) => packet[8] = 254, "auth-fail"], // TTL of a multicast packet
    [(packet) => packet[43] = 0, "auth-fail"], // the value itself
    [(packet) => packet[46] = 100, "auth-fail"], // priority
    [(packet) => packet[15] = 2, "auth-header"], // another source
  ];
  for (const [change, reason] of cases) {
    const packet = fromHex(FIRST);
    change(packet);
    assertEquals(read(packet), { ok: false, reason });
  }
  assertEquals(readAuthHeader(fromHex(FIRST), 20, 43, password, hmacMd5), { ok: false, reason: "length" });
  const other = new TextEncoder().encode("secret13");
  assertEquals(readAuthHeader(fromHex(FIRST), 20, 64, other, hmacMd5), { ok: false, reason: "auth-fail" });
});

interface Signed {
  identification: number;
  sequence: number;
  vrid: number;
  priority: number;
  addresses: number[];
  destination?: number[];
}

function sign({ identification, sequence, vrid, priority, addresses, destination }: Signed): Uint8Array {
  const plainBytes = 20 + advertisementBytes(2, addresses.length);
  const packet = new Uint8Array(plainBytes + AUTH_HEADER_BYTES);
  writeIpv4Header(packet, {
    trafficClass: 0xc0,
    totalLengthBytes: plainBytes,
    identification,
    ttl: 255,
    protocol: 112,
    source: new Uint8Array([10, 9, 0, 1]),
    destination: new Uint8Array(destination ?? [224, 0, 0, 18]),
  });
  const end = writeAdvertisement(packet, {
    version: 2,
    vrid,
    priority,
    advertisementIntervalUs: 1_000_000,
    authType: AUTH_IP_HEADER,
    authData: new Uint8Array(8),
    addresses: new Uint8Array(addresses.flatMap((host) => [10, 9, 0, host])),
  });
  assertEquals(addAuthHeader(packet, end, sequence, password, hmacMd5), packet.length);
  return packet;
}

function read(packet: Uint8Array): ReturnType<typeof readAuthHeader> {
  const ip = readIpv4(packet, packet.length);
  assert(ip.ok);
  return readAuthHeader(packet, ip.value.payloadStart, ip.value.payloadEnd, password, hmacMd5);
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}
