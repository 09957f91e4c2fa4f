import { assert, assertEquals } from "../../test/assert.ts";
import { netlinkMessages, NetlinkWriter } from "./netlink.ts";
import {
  readAddress,
  readLink,
  RTM_GETLINK,
  writeAddAddress,
  writeDumpRequest,
  writeRemoveAddress,
} from "./rtnetlink.ts";

const vip = { interfaceIndex: 3, address: "192.0.2.10", prefixLength: 24, scope: 0 };

Deno.test("writeAddAddress() asks to create or replace, with local and peer address", () => {
  const writer = new NetlinkWriter();
  writeAddAddress(writer, vip, 7);
  assertEquals(
    hex(writer),
    "28000000" + "1400" + "0505" + "07000000" + "00000000" + "02180000" + "03000000" +
      "08000200c000020a" + "08000100c000020a",
  );
});

Deno.test("writeRemoveAddress() names family, prefix, device and address only", () => {
  const writer = new NetlinkWriter();
  writeRemoveAddress(writer, { ...vip, label: "eth0:1", broadcast: "192.0.2.255" }, 7);
  assertEquals(
    hex(writer),
    "28000000" + "1500" + "0500" + "07000000" + "00000000" + "02180000" + "03000000" +
      "08000200c000020a" + "08000100c000020a",
  );
});

Deno.test("readAddress() reads back what writeAddAddress() wrote, IPv6 and label too", () => {
  const writer = new NetlinkWriter();
  writeAddAddress(writer, { ...vip, address: "2001:db8::10", prefixLength: 64, label: "eth0:1" }, 7);
  const [message] = [...netlinkMessages(writer.bytes.subarray(0, writer.length))];
  assert(message !== undefined);
  const report = { interfaceIndex: 3, address: "2001:db8::10", prefixLength: 64 };
  assertEquals(readAddress(message), { ...report, tentative: false });
  for (const flag of [0x08, 0x40]) {
    message.body.setUint8(2, flag);
    assertEquals(readAddress(message), { ...report, tentative: true });
  }
});

Deno.test("writeAddAddress() adds IPv6 without duplicate detection, and a /128 as deprecated (keepalived)", () => {
  const writer = new NetlinkWriter();
  writeAddAddress(writer, { interfaceIndex: 3, address: "2001:db8::1", prefixLength: 128, scope: 0 }, 7);
  const address = "20010db8" + "00000000".repeat(2) + "00000001";
  assertEquals(
    hex(writer),
    "54000000" + "1400" + "0505" + "07000000" + "00000000" + "0a800200" + "03000000" +
      "14000200" + address + "14000100" + address + "14000600" + "00000000" + "ffffffff" + "00000000".repeat(2),
  );
});

Deno.test("writeAddAddress() writes a peer, flags and lifetime; writeRemoveAddress() the peer", () => {
  const writer = new NetlinkWriter();
  writeAddAddress(writer, { ...vip, prefixLength: 32, peer: "192.0.2.11/31", flags: ["noprefixroute", "home"] }, 7);
  assertEquals(
    hex(writer),
    "30000000" + "1400" + "0505" + "07000000" + "00000000" + "021f1000" + "03000000" +
      "08000200c000020a" + "08000100c000020b" + "08000800" + "10020000",
  );
  writeRemoveAddress(writer.reset(), { ...vip, prefixLength: 32, peer: "192.0.2.11", flags: ["home"] }, 7);
  assertEquals(hex(writer).slice(32), "02200000" + "03000000" + "08000200c000020a" + "08000100c000020b");
  const six = { interfaceIndex: 3, address: "2001:db8::1", prefixLength: 64, scope: 0 };
  writeAddAddress(
    writer.reset(),
    { ...six, preferredLifetime: "100", flags: ["-nodad", "no_track", "constructor"] },
    7,
  );
  assertEquals(hex(writer).slice(32, 48), "0a400000" + "03000000");
  assertEquals(hex(writer).slice(-40), "14000600" + "64000000" + "ffffffff" + "00000000".repeat(2));
  writeAddAddress(writer.reset(), { ...six, prefixLength: 128, preferredLifetime: "forever" }, 7);
  assertEquals(writer.length, 64);
});

Deno.test("writeDumpRequest() is a request with the family's empty header", () => {
  const writer = new NetlinkWriter();
  writeDumpRequest(writer, RTM_GETLINK, 1);
  assertEquals(hex(writer), "20000000" + "1200" + "0103" + "01000000" + "00000000" + "00".repeat(16));
});

Deno.test("readLink() and readAddress() refuse what is too short or incomplete", () => {
  const body = (bytes: number): DataView => new DataView(new ArrayBuffer(bytes));
  for (const length of [0, 7, 8, 15, 16, 18]) {
    const message = { type: 16, flags: 0, sequence: 0, body: body(length) };
    assertEquals(readLink(message), undefined);
    assertEquals(readAddress(message), undefined);
  }
});

Deno.test("readLink() tells up from administratively up without carrier", () => {
  for (const [flags, up] of [[0x41, true], [0x01, false], [0x40, false]] as const) {
    const writer = new NetlinkWriter();
    const header = new Uint8Array(16);
    new DataView(header.buffer).setInt32(4, 9, true);
    new DataView(header.buffer).setUint32(8, flags, true);
    writer.begin(16, 0, 1).raw(header).string(3, "eth0").data(1, [2, 0, 0, 0, 0, 1]).end();
    const [message] = [...netlinkMessages(writer.bytes.subarray(0, writer.length))];
    assert(message !== undefined);
    assertEquals(readLink(message), {
      index: 9,
      name: "eth0",
      up,
      hardwareAddress: new Uint8Array([2, 0, 0, 0, 0, 1]),
    });
  }
});

function hex(writer: NetlinkWriter): string {
  return [...writer.bytes.subarray(0, writer.length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
