import { assertEquals } from "../../test/assert.ts";
import { decodeFamilyId, genetlinkCommand, writeFamilyRequest } from "./genetlink.ts";
import { netlinkMessages, NetlinkWriter } from "./netlink.ts";

Deno.test("writeFamilyRequest() asks the controller for a family by name", () => {
  const writer = new NetlinkWriter();
  writeFamilyRequest(writer, "IPVS", 9);
  assertEquals(
    toHex(writer.bytes.subarray(0, writer.length)),
    "20000000" + "1000" + "0500" + "09000000" + "00000000" + // 32 bytes, type 16, REQUEST and ACK
      "03020000" + // CTRL_CMD_GETFAMILY, version 2
      "09000200" + "49505653" + "00000000", // CTRL_ATTR_FAMILY_NAME "IPVS", its zero, padding
  );
});

Deno.test("decodeFamilyId() takes the number out of CTRL_CMD_NEWFAMILY only", () => {
  const name = "09000200" + "49505653" + "00000000";
  assertEquals(decode("1000", "01020000" + name + "06000100" + "22000000"), 34);
  assertEquals(decode("1000", "01020000" + name), undefined);
  assertEquals(decode("1000", "01020000" + "05000100" + "22000000"), undefined); // one byte is no u16
  assertEquals(decode("1000", "02020000" + "06000100" + "22000000"), undefined); // another command
  assertEquals(decode("1100", "01020000" + "06000100" + "22000000"), undefined); // another family
  assertEquals(decode("1000", "0102"), undefined);
});

Deno.test("genetlinkCommand() is undefined without a whole header", () => {
  assertEquals(genetlinkCommand(new DataView(fromHex("05010000").buffer)), 5);
  assertEquals(genetlinkCommand(new DataView(fromHex("050100").buffer)), undefined);
});

/** What `decodeFamilyId` makes of one message. */
function decode(type: string, body: string): number | undefined {
  const length = (16 + body.length / 2).toString(16).padStart(2, "0") + "000000";
  const [message] = netlinkMessages(fromHex(length + type + "0000" + "09000000" + "00000000" + body));
  return message === undefined ? undefined : decodeFamilyId(message);
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
