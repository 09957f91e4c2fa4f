import { assertEquals } from "../../test/assert.ts";
import { readEchoReply, writeEchoRequest } from "./icmp.ts";

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

Deno.test("writeEchoRequest() writes type, checksum, identifier and sequence (RFC 792)", () => {
  const echo = { identifier: 0x1234, sequence: 1, data: bytes("6162") };
  // 0800 + 1234 + 0001 + 6162 = 7b97, its complement is 8468.
  assertEquals(hex(writeEchoRequest(4, echo)), "08008468123400016162");
  assertEquals(hex(writeEchoRequest(6, echo)), "80000000123400016162");
});

Deno.test("readEchoReply() reads a reply and nothing else", () => {
  const echo = { identifier: 0x1234, sequence: 0xffff, data: bytes("00ff") };
  assertEquals(readEchoReply(4, bytes("000000001234ffff00ff")), { ok: true, value: echo });
  assertEquals(readEchoReply(6, bytes("810000001234ffff00ff")), { ok: true, value: echo });
  assertEquals(readEchoReply(4, bytes("000000001234ff")), { ok: false, reason: "short" });
  assertEquals(readEchoReply(4, bytes("080000001234ffff")), { ok: false, reason: "type" });
  assertEquals(readEchoReply(4, bytes("000100001234ffff")), { ok: false, reason: "type" });
  assertEquals(readEchoReply(6, bytes("000000001234ffff")), { ok: false, reason: "type" });
});
