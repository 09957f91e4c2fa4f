import { assert, assertEquals } from "../../test/assert.ts";
import { decodeRealServer, decodeVirtualServer } from "./ipvs_rows.ts";
import type { TrafficCounters } from "./ipvs_types.ts";

// Rows as Linux 6.1 lays them out: nests without NLA_F_NESTED, 16 bytes of address for IPv4 too.
const V4 = "06000100" + "02000000"; // AF
const TCP = "06000200" + "06000000"; // PROTOCOL
const VIP = "14000300" + "c0000201" + "000000000000000000000000"; // ADDR 192.0.2.1
const PORT = "06000400" + "00500000";
const WRR = "08000600" + "77727200"; // SCHED_NAME
const STATS = "0c000a00" + "08000100" + "09000000"; // 9 connections
const STATS64 = "34000c00" + // 52 bytes
  "0c000100" + "0500000000000000" + // CONNS 5
  "0c000200" + "0600000000000000" + // INPKTS 6
  "0c000400" + "0700000001000000" + // INBYTES 2^32 + 7
  "0c000600" + "0800000000000000"; // CPS 8
const PERSISTENT = WRR + "0c000700" + "03000000" + "ffffffff" + "08000800" + "32000000" + "08000900" + "ffffff00";
const ADDRESS_ROW = "01010000" + "94000100" + V4 + TCP + VIP + PORT + PERSISTENT + STATS + STATS64;

const DEST_KEY = "06000b00" + "02000000" + "14000100" + "0a000002" + "000000000000000000000000" + "06000200" +
  "1f900000"; // ADDR_FAMILY, ADDR 10.0.0.2, PORT 8080
const DEST_REST = "08000400" + "64000000" + "08000500" + "09000000" + "08000600" + "08000000" + // WEIGHT, thresholds
  "08000700" + "01000000" + "08000800" + "02000000" + "08000900" + "03000000"; // active, inactive, persistent
const DEST_ROW = "05010000" + "94000200" + DEST_KEY + "08000300" + "03000000" + DEST_REST + STATS64;

// Captured from Linux 6.1 after `ipvsadm -A -t 192.0.2.1:80 -s wrr -p 50 -M 255.255.255.0`, then
// `-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 100 -x 9 -y 8`, with one client connected.
const CAPTURED_SERVICE =
  "010100002c0101000600010002000000060002000600000014000300c00002010000000000000000000000000600040000500000" +
  "08000600777272000c00070003000000ffffffff080008003200000008000900ffffff005c000a00080001000100000008000200" +
  "0200000008000300010000000c00040070000000000000000c0005003c0000000000000008000600000000000800070000000000" +
  "0800080000000000080009000a00000008000a00060000007c000c000c00010001000000000000000c0002000200000000000000" +
  "0c00030001000000000000000c00040070000000000000000c0005003c000000000000000c00060000000000000000000c000700" +
  "00000000000000000c00080000000000000000000c0009000a000000000000000c000a000600000000000000";
const CAPTURED_DEST =
  "0501000050010200140001000a000002000000000000000000000000060002001f90000008000300000000000800040064000000" +
  "05000d000000000006000e000000000006000f000000000008000500090000000800060008000000080007000100000008000800" +
  "00000000080009000100000006000b00020000005c000a000800010001000000080002000200000008000300010000000c000400" +
  "70000000000000000c0005003c00000000000000080006000000000008000700000000000800080000000000080009000a000000" +
  "08000a00060000007c000c000c00010001000000000000000c00020002000000000000000c00030001000000000000000c000400" +
  "70000000000000000c0005003c000000000000000c00060000000000000000000c00070000000000000000000c00080000000000" +
  "000000000c0009000a000000000000000c000a000600000000000000";

const zero: TrafficCounters = {
  connections: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  connectionsPerSecond: 0,
  packetsInPerSecond: 0,
  packetsOutPerSecond: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
};
const stats64 = { ...zero, connections: 5, packetsIn: 6, bytesIn: 4294967303, connectionsPerSecond: 8 };

Deno.test("the decoders read the kernel's own bytes, with a live connection", () => {
  const counters = {
    ...zero,
    connections: 1,
    packetsIn: 2,
    packetsOut: 1,
    bytesIn: 112,
    bytesOut: 60,
    bytesInPerSecond: 10,
    bytesOutPerSecond: 6,
  };
  assertEquals(decodeVirtualServer(view(CAPTURED_SERVICE)), {
    entry: {
      key: { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 },
      scheduler: "wrr",
      flags: 0,
      persistenceTimeoutSeconds: 50,
      persistencePrefixLength: 24,
    },
    counters,
  });
  assertEquals(decodeRealServer(view(CAPTURED_DEST), 4), {
    entry: {
      address: "10.0.0.2",
      port: 8080,
      forwardingMethod: "nat",
      weight: 100,
      upperThreshold: 9,
      lowerThreshold: 8,
    },
    activeConnections: 1,
    inactiveConnections: 0,
    persistentConnections: 1,
    counters,
  });
});

Deno.test("decodeVirtualServer() reads a persistent TCP server and prefers the 64 bit counters", () => {
  assertEquals(decodeVirtualServer(view(ADDRESS_ROW)), {
    entry: {
      key: { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 },
      scheduler: "wrr",
      flags: 0,
      persistenceTimeoutSeconds: 50,
      persistencePrefixLength: 24,
    },
    counters: stats64,
  });
});

Deno.test("decodeVirtualServer() falls back to the 32 bit counters of kernels before 4.1, and to zeros", () => {
  const old = service(V4 + TCP + VIP + PORT + PERSISTENT + STATS);
  assertEquals(decodeVirtualServer(view(old))?.counters, { ...zero, connections: 9 });
  assertEquals(decodeVirtualServer(view(service(V4 + TCP + VIP + PORT + PERSISTENT)))?.counters, zero);
});

Deno.test("decodeVirtualServer() reads an IPv6 fwmark server", () => {
  const row = service(
    "06000100" + "0a000000" + "08000500" + "07000000" + "07000600" + "73680000" + // AF 10, FWMARK 7, "sh"
      "0c000700" + "1b000000" + "ffffffff" + "08000800" + "2c010000" + "08000900" + "40000000",
  );
  assertEquals(decodeVirtualServer(view(row))?.entry, {
    key: { kind: "fwmark", family: 6, fwmark: 7 },
    scheduler: "sh",
    flags: 0x18,
    persistenceTimeoutSeconds: 300,
    persistencePrefixLength: 64,
  });
});

Deno.test("decodeVirtualServer() brings timeout and prefix to the default when the server is not persistent", () => {
  const options = WRR + "0c000700" + "02000000" + "ffffffff" + "08000800" + "32000000" + "08000900" + "ffffff00";
  const entry = decodeVirtualServer(view(service(V4 + TCP + VIP + PORT + options)))?.entry;
  assertEquals([entry?.flags, entry?.persistenceTimeoutSeconds, entry?.persistencePrefixLength], [0, 0, 32]);
});

Deno.test("decodeRealServer() reads the kind of a tunnel, and nothing of it without one", () => {
  const tunnel = (method: string, type: string, port: string, flags: string): unknown => {
    const attributes = DEST_KEY + "08000300" + `${method}000000` + DEST_REST + "05000d00" + `${type}000000` +
      "06000e00" + `${port}0000` + "06000f00" + `${flags}000000`;
    const length = (4 + attributes.length / 2).toString(16).padStart(2, "0");
    return decodeRealServer(view("05010000" + `${length}000200` + attributes), 4)?.entry.tunnel;
  };
  assertEquals(tunnel("02", "00", "0000", "00"), undefined);
  assertEquals(tunnel("02", "01", "17c0", "00"), { type: "gue", port: 6080 });
  assertEquals(tunnel("02", "01", "17c0", "02"), { type: "gue", port: 6080, checksum: "remcsum" });
  assertEquals(tunnel("02", "02", "17c0", "01"), { type: "gre", checksum: "csum" });
  assertEquals(tunnel("03", "01", "17c0", "00"), undefined);
});

Deno.test("decodeVirtualServer() has no words for other protocols, families, messages, and rows without a part", () => {
  assertEquals(decodeVirtualServer(view(service(V4 + "06000200" + "2f000000" + VIP + PORT + PERSISTENT))), undefined);
  assertEquals(
    decodeVirtualServer(view(service("06000100" + "03000000" + TCP + VIP + PORT + PERSISTENT))),
    undefined,
  );
  assertEquals(decodeVirtualServer(view(DEST_ROW)), undefined);
  assertEquals(decodeVirtualServer(view("")), undefined);
  assertEquals(decodeVirtualServer(view("01010000")), undefined);
  assertEquals(decodeVirtualServer(view(service(TCP + VIP + PORT + PERSISTENT))), undefined);
  assertEquals(decodeVirtualServer(view(service(V4 + TCP + VIP + PORT))), undefined);
  assertEquals(decodeVirtualServer(view(service(V4 + TCP + "06000300" + "c0000000" + PORT + PERSISTENT))), undefined);
});

Deno.test("decodeRealServer() reads a direct routing server with its connections", () => {
  assertEquals(decodeRealServer(view(DEST_ROW), 4), {
    entry: {
      address: "10.0.0.2",
      port: 8080,
      forwardingMethod: "dr",
      weight: 100,
      upperThreshold: 9,
      lowerThreshold: 8,
    },
    activeConnections: 1,
    inactiveConnections: 2,
    persistentConnections: 3,
    counters: stats64,
  });
});

Deno.test("decodeRealServer() takes the virtual server's family when the kernel sends none", () => {
  const address = "14000100" + "20010db8000000000000000000000002" + "06000200" + "00500000";
  const row = destination(address + "08000300" + "02000000" + DEST_REST);
  assertEquals(decodeRealServer(view(row), 6)?.entry.address, "2001:db8::2");
  assertEquals(decodeRealServer(view(row), 6)?.entry.forwardingMethod, "tun");
  assertEquals(decodeRealServer(view(row), 4)?.entry.address, "32.1.13.184");
});

Deno.test("decodeRealServer() takes local delivery for direct routing and has no words for bypass", () => {
  const decoded = (method: string): string | undefined =>
    decodeRealServer(view(destination(DEST_KEY + "08000300" + method + DEST_REST)), 4)?.entry.forwardingMethod;
  assertEquals(decoded("00000000"), "nat");
  assertEquals(decoded("01000000"), "dr");
  assertEquals(decoded("04000000"), undefined);
});

Deno.test("the decoders return a row or undefined for every cut and every changed byte", () => {
  for (const hex of [ADDRESS_ROW, DEST_ROW, CAPTURED_SERVICE, CAPTURED_DEST]) {
    const whole = fromHex(hex);
    for (let length = 0; length < whole.length; length++) decodeBoth(whole.slice(0, length));
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 3, 4, 5, 6, 7, 0x7f, 0x80, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        decodeBoth(changed);
      }
    }
  }
});

/** Fails when a decoder throws or gives something incomplete. */
function decodeBoth(bytes: Uint8Array<ArrayBuffer>): void {
  const body = new DataView(bytes.buffer);
  const virtualServer = decodeVirtualServer(body);
  assert(virtualServer === undefined || virtualServer.entry.key !== undefined);
  const realServer = decodeRealServer(body, 4);
  assert(realServer === undefined || realServer.entry.address !== "");
}

/** A message with one service of these attributes. */
function service(attributes: string): string {
  return "01010000" + nestHeader(attributes) + "0100" + attributes;
}

/** A message with one destination of these attributes. */
function destination(attributes: string): string {
  return "05010000" + nestHeader(attributes) + "0200" + attributes;
}

function nestHeader(attributes: string): string {
  return (4 + attributes.length / 2).toString(16).padStart(2, "0") + "00";
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function view(hex: string): DataView {
  return new DataView(fromHex(hex).buffer);
}
