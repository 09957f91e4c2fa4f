import { assertEquals } from "../../test/assert.ts";
import {
  decodeSyncDaemon,
  decodeTimeouts,
  writeSyncDaemonDump,
  writeSyncDaemonStart,
  writeSyncDaemonStop,
  writeTimeouts,
  writeTimeoutsRequest,
} from "./ipvs_settings.ts";
import { NetlinkWriter } from "./netlink.ts";

const header = { family: 34, sequence: 7 };

function hex(write: (writer: NetlinkWriter) => void): string {
  const writer = new NetlinkWriter();
  write(writer);
  return [...writer.bytes.subarray(0, writer.length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function view(text: string): DataView {
  return new DataView(Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer);
}

Deno.test("writeTimeouts() sends all three as SET_CONFIG, 0 for what stays", () => {
  assertEquals(
    hex((writer) => writeTimeouts(writer, header, { tcp: 800, udp: 200 })),
    "2c000000" + "2200" + "0500" + "07000000" + "00000000" + "0c010000" +
      "08000400" + "20030000" + "08000500" + "00000000" + "08000600" + "c8000000",
  );
});

Deno.test("the requests for timeouts and daemons have no body", () => {
  assertEquals(
    hex((writer) => writeTimeoutsRequest(writer, header)),
    "14000000" + "2200" + "0500" + "07000000" + "00000000" + "0d010000",
  );
  assertEquals(
    hex((writer) => writeSyncDaemonDump(writer, header)),
    "14000000" + "2200" + "0103" + "07000000" + "00000000" + "0b010000",
  );
});

Deno.test("decodeTimeouts() reads the answer, and nothing else", () => {
  const answer = "0c010000" + "08000400" + "84030000" + "08000500" + "78000000" + "08000600" + "2c010000";
  assertEquals(decodeTimeouts(view(answer)), { tcp: 900, tcpfin: 120, udp: 300 });
  assertEquals(decodeTimeouts(view(answer.slice(0, -16))), undefined);
  assertEquals(decodeTimeouts(view("01010000")), undefined);
  assertEquals(decodeTimeouts(view("")), undefined);
});

const DAEMON = "08000100" + "01000000" + // STATE master
  "09000200" + "65746830" + "00000000" + // MCAST_IFN eth0
  "08000300" + "07000000" + // SYNC_ID 7
  "06000400" + "b0040000" + // SYNC_MAXLEN 1200
  "08000500" + "e0000052" + // MCAST_GROUP 224.0.0.82
  "06000700" + "91220000" + // MCAST_PORT 8849, host order
  "05000800" + "03000000"; // MCAST_TTL 3
const daemon = {
  role: "master",
  interface: "eth0",
  syncId: 7,
  maxLength: 1200,
  group: "224.0.0.82",
  port: 8849,
  ttl: 3,
} as const;

Deno.test("writeSyncDaemonStart() and decodeSyncDaemon() have every attribute at its place", () => {
  assertEquals(
    hex((writer) => writeSyncDaemonStart(writer, header, daemon)),
    "54000000" + "2200" + "0500" + "07000000" + "00000000" + "09010000" + "40000380" + DAEMON,
  );
  assertEquals(decodeSyncDaemon(view("09010000" + "40000300" + DAEMON)), daemon);
  assertEquals(decodeSyncDaemon(view("09010000" + "0c000300" + DAEMON.slice(0, 16))), undefined);
  assertEquals(decodeSyncDaemon(view("09010000")), undefined);
  assertEquals(decodeSyncDaemon(view("01010000" + "40000300" + DAEMON)), undefined);
});

Deno.test("writeSyncDaemonStart() leaves what is not said to the kernel; a group may be IPv6", () => {
  const backup = { role: "backup", interface: "eth1", syncId: 0, group: "ff02::81" } as const;
  const text = hex((writer) => writeSyncDaemonStart(writer, header, backup));
  assertEquals(
    text.slice(40),
    "34000380" + "08000100" + "02000000" + "09000200" + "65746831" + "00000000" + "08000300" + "00000000" +
      "14000600" + "ff020000000000000000000000000081",
  );
});

Deno.test("writeSyncDaemonStop() names the role alone", () => {
  assertEquals(
    hex((writer) => writeSyncDaemonStop(writer, header, "backup")),
    "20000000" + "2200" + "0500" + "07000000" + "00000000" + "0a010000" + "0c000380" + "08000100" + "02000000",
  );
});
