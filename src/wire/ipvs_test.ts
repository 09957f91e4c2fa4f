import { assertEquals, assertThrows } from "../../test/assert.ts";
import { AssertionError } from "../base/assert.ts";
import { writeIpvsCommand, writeRealServerDump, writeVirtualServerDump } from "./ipvs.ts";
import type { IpvsCommand, RealServerEntry, VirtualServerEntry, VirtualServerKey } from "./ipvs_types.ts";
import { NetlinkWriter } from "./netlink.ts";

const header = { family: 34, sequence: 7 };

const http: VirtualServerKey = { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 };
// AF 2, PROTOCOL 6, ADDR 192.0.2.1, PORT 80 in network order.
const HTTP_KEY = "06000100" + "02000000" + "06000200" + "06000000" + "08000300" + "c0000201" + "06000400" + "00500000";

const virtualServer: VirtualServerEntry = {
  key: http,
  scheduler: "rr",
  flags: 0,
  persistenceTimeoutSeconds: 0,
  persistencePrefixLength: 32,
};

const realServer: RealServerEntry = {
  address: "10.0.0.2",
  port: 8080,
  forwardingMethod: "nat",
  weight: 100,
  upperThreshold: 0,
  lowerThreshold: 0,
};
// ADDR_FAMILY 2, ADDR 10.0.0.2, PORT 8080 in network order.
const REAL_SERVER_KEY = "06000b00" + "02000000" + "08000100" + "0a000002" + "06000200" + "1f900000";

Deno.test("writeIpvsCommand() adds a virtual server as IPVS_CMD_NEW_SERVICE with every attribute", () => {
  assertEquals(
    encode({ type: "add-virtual-server", entry: virtualServer }, true),
    "5c000000" + "2200" + "0500" + "07000000" + "00000000" + "01010000" + "48000180" + HTTP_KEY +
      "07000600" + "72720000" + // SCHED_NAME
      "0c000700" + "00000000" + "ffffffff" + // FLAGS and their mask
      "08000800" + "00000000" + // TIMEOUT
      "08000900" + "ffffffff", // NETMASK
  );
});

Deno.test("writeIpvsCommand() sets a persistent IPv6 fwmark server: flag 1, seconds, prefix length", () => {
  const entry: VirtualServerEntry = {
    key: { kind: "fwmark", family: 6, fwmark: 7 },
    scheduler: "wlc",
    flags: 4,
    persistenceTimeoutSeconds: 300,
    persistencePrefixLength: 64,
  };
  assertEquals(
    encode({ type: "set-virtual-server", entry }, false),
    "4c000000" + "2200" + "0100" + "07000000" + "00000000" + "02010000" + "38000180" +
      "06000100" + "0a000000" + "08000500" + "07000000" + // AF 10, FWMARK 7
      "08000600" + "776c6300" +
      "0c000700" + "05000000" + "ffffffff" +
      "08000800" + "2c010000" +
      "08000900" + "40000000",
  );
});

Deno.test("writeIpvsCommand() names the persistence engine in PE_NAME", () => {
  const entry = { ...virtualServer, persistenceTimeoutSeconds: 60, persistenceEngine: "sip" };
  const text = encode({ type: "add-virtual-server", entry }, true);
  assertEquals(text.slice(-32), "08000b00" + "73697000" + "08000900" + "ffffffff");
});

Deno.test("writeIpvsCommand() writes the IPv4 persistence prefix as a mask in network order", () => {
  const end = (persistencePrefixLength: number, persistenceTimeoutSeconds: number): string => {
    const entry = { ...virtualServer, persistenceTimeoutSeconds, persistencePrefixLength };
    return encode({ type: "add-virtual-server", entry }, true).slice(-8);
  };
  assertEquals(end(24, 50), "ffffff00");
  assertEquals(end(32, 50), "ffffffff");
  assertEquals(end(1, 50), "80000000");
  assertEquals(end(0, 50), "00000000");
  assertEquals(end(24, 0), "ffffffff"); // without persistence it is the default, so that it compares equal
});

Deno.test("writeIpvsCommand() keeps the kernel's own flags (persistent 1, hashed 2) out of the entry's", () => {
  const flags = encode({ type: "add-virtual-server", entry: { ...virtualServer, flags: 0xffff } }, true);
  assertEquals(flags.slice(-48, -32), "3c000000" + "ffffffff");
});

Deno.test("writeIpvsCommand() adds a real server as IPVS_CMD_NEW_DEST with every attribute", () => {
  assertEquals(
    encode({ type: "add-real-server", key: http, entry: realServer }, true),
    "74000000" + "2200" + "0500" + "07000000" + "00000000" + "05010000" + "24000180" + HTTP_KEY + "3c000280" +
      REAL_SERVER_KEY +
      "08000300" + "00000000" + // FWD_METHOD masquerading
      "08000400" + "64000000" + // WEIGHT
      "08000500" + "00000000" + // U_THRESH
      "08000600" + "00000000", // L_THRESH
  );
});

Deno.test("writeIpvsCommand() sets a real server: direct routing 3, thresholds", () => {
  const entry: RealServerEntry = { ...realServer, forwardingMethod: "dr", upperThreshold: 9, lowerThreshold: 8 };
  const text = encode({ type: "set-real-server", key: http, entry }, true);
  assertEquals(text.slice(32, 40), "06010000");
  assertEquals(
    text.slice(-64),
    "08000300" + "03000000" + "08000400" + "64000000" + "08000500" + "09000000" + "08000600" + "08000000",
  );
});

Deno.test("writeIpvsCommand() says ipip for every tunnel, and writes IPv6 addresses and SCTP", () => {
  const key: VirtualServerKey = { kind: "address", protocol: "sctp", address: "2001:db8::1", port: 3868 };
  const entry: RealServerEntry = { ...realServer, address: "2001:db8::2", port: 3868, forwardingMethod: "tun" };
  assertEquals(
    encode({ type: "set-real-server", key, entry }, true),
    "a4000000" + "2200" + "0500" + "07000000" + "00000000" + "06010000" + "30000180" +
      "06000100" + "0a000000" + "06000200" + "84000000" +
      "14000300" + "20010db8000000000000000000000001" +
      "06000400" + "0f1c0000" +
      "60000280" +
      "06000b00" + "0a000000" +
      "14000100" + "20010db8000000000000000000000002" +
      "06000200" + "0f1c0000" +
      "08000300" + "02000000" + "08000400" + "64000000" + "08000500" + "00000000" + "08000600" + "00000000" +
      "05000d00" + "00000000" + "06000e00" + "00000000" + "06000f00" + "00000000", // TUN_TYPE, _PORT, _FLAGS
  );
});

Deno.test("writeIpvsCommand() writes the type, port (network order) and checksum of a tunnel", () => {
  const end = (tunnel: RealServerEntry["tunnel"]): string => {
    const entry: RealServerEntry = { ...realServer, forwardingMethod: "tun", ...(tunnel && { tunnel }) };
    return encode({ type: "set-real-server", key: http, entry }, true).slice(-48);
  };
  const bytes = (type: string, port: string, flags: string): string =>
    "05000d00" + `${type}000000` + "06000e00" + `${port}0000` + "06000f00" + `${flags}000000`;
  assertEquals(end(undefined), bytes("00", "0000", "00"));
  assertEquals(end({ type: "gue", port: 6080 }), bytes("01", "17c0", "00"));
  assertEquals(end({ type: "gue", port: 6080, checksum: "remcsum" }), bytes("01", "17c0", "02"));
  assertEquals(end({ type: "gre", checksum: "csum" }), bytes("02", "0000", "01"));
});

Deno.test("writeIpvsCommand() deletes by key alone", () => {
  assertEquals(
    encode({ type: "delete-virtual-server", key: http }, true),
    "38000000" + "2200" + "0500" + "07000000" + "00000000" + "03010000" + "24000180" + HTTP_KEY,
  );
  assertEquals(
    encode({ type: "delete-real-server", key: http, address: "10.0.0.2", port: 8080 }, true),
    "54000000" + "2200" + "0500" + "07000000" + "00000000" + "07010000" + "24000180" + HTTP_KEY + "1c000280" +
      REAL_SERVER_KEY,
  );
});

Deno.test("writeIpvsCommand() refuses what is no address: the configuration has judged them before", () => {
  assertThrows(
    () => encode({ type: "delete-real-server", key: http, address: "web1", port: 80 }, true),
    AssertionError,
    "web1",
  );
});

Deno.test("the dump requests carry NLM_F_DUMP; the one for real servers names the virtual server", () => {
  const writer = new NetlinkWriter();
  writeVirtualServerDump(writer, header);
  assertEquals(written(writer), "14000000" + "2200" + "0103" + "07000000" + "00000000" + "04010000");
  writeRealServerDump(writer.reset(), header, http);
  assertEquals(
    written(writer),
    "38000000" + "2200" + "0103" + "07000000" + "00000000" + "08010000" + "24000180" + HTTP_KEY,
  );
});

function encode(command: IpvsCommand, acknowledge: boolean): string {
  const writer = new NetlinkWriter();
  writeIpvsCommand(writer, header, command, { acknowledge });
  return written(writer);
}

function written(writer: NetlinkWriter): string {
  return [...writer.bytes.subarray(0, writer.length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
