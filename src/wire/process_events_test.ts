import { assertEquals } from "../../test/assert.ts";
import { listenRequest, readProcessEvent } from "./process_events.ts";

// Bodies of netlink messages of Linux 6.18, taken while a shell started `true`.
const HEADER = "0100000001000000000000000000000028000000";
const FORK = HEADER + "0100000001000000fa17690d9c200000" + "3c4a00003c4a0000654a0000654a0000" + "0000000000000000";
const EXEC = HEADER + "02000000010000005f9b720d9c200000" + "654a0000654a00000000000000000000" + "0000000000000000";
const EXIT = HEADER + "0000008001000000c5367a0d9c200000" + "654a0000654a00000000000011000000" + "3c4a00003c4a0000";
const LISTENING = HEADER + "00000000010000006bac660d9c200000" + "00000000000000000000000000000000" + "0000000000000000";

function body(hex: string): DataView {
  return new DataView(Uint8Array.fromHex(hex).buffer);
}

Deno.test("readProcessEvent() reads what the kernel tells of processes", () => {
  assertEquals(readProcessEvent(body(LISTENING)), { type: "listening", errno: 0 });
  assertEquals(readProcessEvent(body(FORK)), { type: "fork", pid: 0x4a65, parent: 0x4a3c });
  assertEquals(readProcessEvent(body(EXEC)), { type: "changed", pid: 0x4a65 });
  assertEquals(readProcessEvent(body(EXIT)), { type: "exit", pid: 0x4a65 });
});

Deno.test("readProcessEvent() tells nothing of threads, other kinds of events and other connectors", () => {
  assertEquals(readProcessEvent(body(FORK.replace("654a0000654a0000", "664a0000654a0000"))), undefined);
  assertEquals(readProcessEvent(body(EXIT.replace("654a0000654a0000", "664a0000654a0000"))), undefined);
  assertEquals(readProcessEvent(body(EXEC.replace("02000000", "04000000"))), undefined);
  assertEquals(readProcessEvent(body(`02${EXEC.slice(2)}`)), undefined);
});

Deno.test("readProcessEvent() survives every length", () => {
  for (let length = 0; length < FORK.length; length += 2) readProcessEvent(body(FORK.slice(0, length)));
  assertEquals(readProcessEvent(body(FORK.slice(0, 80))), undefined);
});

Deno.test("listenRequest() asks as linux/cn_proc.h says", () => {
  assertEquals(listenRequest().toHex(), "0100000001000000000000000000000004000000" + "01000000");
});
