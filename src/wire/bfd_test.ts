import { assert, assertEquals } from "../../test/assert.ts";
import { BFD_PACKET_BYTES, type BfdFlaw, type ControlPacket, readControlPacket, writeControlPacket } from "./bfd.ts";

// Worked by hand from the figure in RFC 5880 section 4.1: version 1, diagnostic 3, state Up with Poll, multiplier 5.
const UP_POLL = "23e00518" + "00000001" + "80000002" + "00002710" + "0000c350" + "00000000";
const packet: ControlPacket = {
  diagnostic: 3,
  state: "up",
  poll: true,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMult: 5,
  myDiscriminator: 1,
  yourDiscriminator: 0x80000002,
  desiredMinTxUs: 10_000,
  requiredMinRxUs: 50_000,
  requiredMinEchoRxUs: 0,
};

Deno.test("writeControlPacket() lays out a packet (RFC 5880 4.1)", () => {
  assertEquals(write(packet), UP_POLL);
});

Deno.test("readControlPacket() reads packets captured from keepalived 2.2.7", () => {
  const result = read("20e003181782947e0000004d00009c400000c35000000000");
  assert(result.ok);
  assertEquals(result.value, {
    ...packet,
    diagnostic: 0,
    detectMult: 3,
    myDiscriminator: 0x1782947e,
    yourDiscriminator: 77,
    desiredMinTxUs: 40_000,
  });
  const down = read("234003184820f40d0000004d000f42400000c35000000000");
  assert(down.ok);
  assertEquals([down.value.state, down.value.diagnostic, down.value.desiredMinTxUs], ["down", 3, 1_000_000]);
});

Deno.test("writeControlPacket() and readControlPacket() agree on every state and flag", () => {
  const cases: [change: Partial<ControlPacket>, second: string][] = [
    [{ state: "admin-down", poll: false }, "00"],
    [{ state: "down", poll: false }, "40"],
    [{ state: "init", poll: false }, "80"],
    [{ poll: false }, "c0"],
    [{ poll: false, final: true }, "d0"],
    [{ poll: false, controlPlaneIndependent: true }, "c8"],
    [{ poll: false, demand: true }, "c2"],
  ];
  for (const [change, second] of cases) {
    const changed = { ...packet, ...change };
    const hex = write(changed);
    assertEquals(hex.slice(2, 4), second);
    const result = read(hex);
    assert(result.ok);
    assertEquals(result.value, changed);
  }
});

Deno.test("readControlPacket() discards by the rules of RFC 5880 6.8.6", () => {
  const cases: [hex: string, reason: BfdFlaw][] = [
    [UP_POLL.slice(0, -2), "length"], // 23 bytes
    ["", "length"],
    ["03" + UP_POLL.slice(2), "version"], // version 0
    ["43" + UP_POLL.slice(2), "version"], // version 2
    [UP_POLL.replace("e00518", "e00517"), "length"], // says 23 bytes
    [UP_POLL.replace("e00518", "e00519"), "length"], // says more than there is
    [UP_POLL.replace("e00518", "e40518"), "length"], // authentication, and no room for it
    [UP_POLL.replace("e00518", "e00018"), "detect-mult"],
    [UP_POLL.replace("e00518", "e10518"), "multipoint"],
    [UP_POLL.replace("00000001", "00000000"), "my-discriminator"],
    [UP_POLL.replace("80000002", "00000000"), "your-discriminator"], // Up
    [UP_POLL.replace("80000002", "00000000").replace("e00518", "800518"), "your-discriminator"], // Init
    [UP_POLL.replace("e00518", "e4051c") + "01020304", "authentication"],
  ];
  for (const [hex, reason] of cases) assertEquals(read(hex), { ok: false, reason }, hex);
});

Deno.test("readControlPacket() takes Your Discriminator 0 from a neighbor that is Down or AdminDown", () => {
  for (const second of ["40", "00"]) {
    assert(read(UP_POLL.replace("80000002", "00000000").replace("e00518", `${second}0518`)).ok);
  }
});

Deno.test("readControlPacket() ignores what follows the packet", () => {
  assert(read(UP_POLL + "ffff").ok);
});

function write(value: ControlPacket): string {
  const bytes = new Uint8Array(BFD_PACKET_BYTES);
  writeControlPacket(bytes, value);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read(hex: string): ReturnType<typeof readControlPacket> {
  const bytes = new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
  return readControlPacket(bytes, bytes.length);
}
