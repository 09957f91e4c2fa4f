import { assertEquals } from "../../test/assert.ts";
import {
  attributeBytes,
  attributes,
  attributeText,
  netlinkErrno,
  netlinkMessages,
  NetlinkWriter,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_REQUEST,
} from "./netlink.ts";

Deno.test("NetlinkWriter writes header, attributes and padding as linux/netlink.h lays them out", () => {
  const writer = new NetlinkWriter();
  writer.begin(0x1234, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 0x01020304);
  writer.raw([0xaa]).u8(1, 0x1ff).u16(2, 0x0506).u16Be(3, 0x0708).u32(4, 0x090a0b0c).u32Be(5, 0x0d0e0f10);
  writer.data(6, [1, 2, 3, 4, 5]).string(7, "lo").end();
  assertEquals(
    written(writer),
    "50000000" + "3412" + "0504" + "04030201" + "00000000" + // 80 bytes, type, flags, sequence, port
      "aa000000" +
      "05000100" + "ff000000" +
      "06000200" + "06050000" +
      "06000300" + "07080000" +
      "08000400" + "0c0b0a09" +
      "08000500" + "0d0e0f10" +
      "09000600" + "0102030405000000" +
      "07000700" + "6c6f0000",
  );
});

Deno.test("NetlinkWriter.nest() sets NLA_F_NESTED and the length of what is inside", () => {
  const writer = new NetlinkWriter();
  writer.nest(3, () => writer.u8(1, 7).nest(2, () => {}));
  assertEquals(written(writer), "10000380" + "05000100" + "07000000" + "04000280");
});

Deno.test("NetlinkWriter grows in the midst of a nest and overwrites what an earlier use left", () => {
  const writer = new NetlinkWriter(20);
  writer.bytes.fill(0xee);
  writer.begin(1, 0, 0).nest(1, () => writer.data(2, [1]).data(3, [2])).end();
  assertEquals(
    written(writer),
    "24000000" + "0100" + "0000" + "00000000" + "00000000" + "14000180" + "05000200" + "01000000" + "05000300" +
      "02000000",
  );
  assertEquals(writer.reset().length, 0);
});

Deno.test("netlinkMessages() gives each message of a datagram, bodies apart from headers", () => {
  const datagram = fromHex(
    "14000000" + "0200" + "0001" + "05000000" + "00000000" + "feffffff" + // error 2 to sequence 5
      "11000000" + "0300" + "0200" + "06000000" + "00000000" + "07000000" + // 17 bytes, padded to 20
      "10000000" + "0400" + "0000" + "07000000" + "00000000",
  );
  const messages = [...netlinkMessages(datagram)];
  assertEquals(messages.map(({ type, flags, sequence }) => [type, flags, sequence]), [
    [2, 0x100, 5],
    [3, 2, 6],
    [4, 0, 7],
  ]);
  assertEquals(messages.map(({ body }) => body.byteLength), [4, 1, 0]);
});

Deno.test("netlinkMessages() starts at the view's own offset", () => {
  const buffer = fromHex("eeeeeeee" + "10000000" + "0400" + "0000" + "07000000" + "00000000");
  assertEquals([...netlinkMessages(buffer.subarray(4))].map(({ sequence }) => sequence), [7]);
});

Deno.test("netlinkMessages() stops at a length that is too short or passes the end", () => {
  const good = "10000000" + "0400" + "0000" + "07000000" + "00000000";
  for (const length of ["00000000", "0f000000", "11000000", "ffffffff", "00000080"]) {
    const bad = length + "0400" + "0000" + "08000000" + "00000000";
    assertEquals([...netlinkMessages(fromHex(good + bad))].length, 1, length);
  }
  assertEquals([...netlinkMessages(fromHex("10000000" + "0400"))].length, 0);
});

Deno.test("attributes() takes the last of a type, ignores NLA_F_NESTED and NLA_F_NET_BYTEORDER, and stops when malformed", () => {
  const body = "05000100" + "01000000" + "05000100" + "02000000" + "04000280" + "06000340" + "00500000";
  const read = (hex: string): [number, string][] =>
    [...attributes(view(hex))].map(([type, value]) => [type, toHex(attributeBytes(value))]);
  const whole: [number, string][] = [[1, "02"], [2, ""], [3, "0050"]];
  assertEquals(read(body), whole);
  assertEquals(read(body + "03000400" + "08000500" + "00000000"), whole); // shorter than its own header
  assertEquals(read(body + "09000400" + "00000000"), whole); // passes the end
  assertEquals(read(body + "0500"), whole); // cut off
  assertEquals([...attributes(view("ffff" + body), 2)].length, 3);
  assertEquals([...attributes(view(""), 4)].length, 0);
});

Deno.test("netlinkErrno() is positive for an error, 0 for an acknowledgement and for a short body", () => {
  assertEquals(netlinkErrno(view("efffffff")), 17);
  assertEquals(netlinkErrno(view("00000000")), 0);
  assertEquals(netlinkErrno(view("ffff")), 0);
});

Deno.test("attributeText() ends at the zero byte, or at the end when there is none", () => {
  assertEquals(attributeText(view("6c6f00ff")), "lo");
  assertEquals(attributeText(view("6c6f")), "lo");
  assertEquals(attributeText(view("")), "");
});

function written(writer: NetlinkWriter): string {
  return toHex(writer.bytes.subarray(0, writer.length));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function view(hex: string): DataView {
  return new DataView(fromHex(hex).buffer);
}
