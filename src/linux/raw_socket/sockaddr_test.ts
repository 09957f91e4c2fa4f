import { assertEquals } from "../../../test/assert.ts";
import { AF_INET, AF_INET6 } from "../constants.ts";
import { libc } from "../libc.ts";
import { fromSockaddr, toSockaddr } from "./sockaddr.ts";

libc(); // before the tests, so that none is held to close the library

function hex(family: number, text: string): string | undefined {
  const sockaddr = toSockaddr(family, text);
  return sockaddr && Array.from(sockaddr, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("toSockaddr() lays out sockaddr_in and sockaddr_in6", () => {
  assertEquals(hex(AF_INET, "192.0.2.10"), "02000000c000020a0000000000000000");
  assertEquals(hex(AF_INET6, "2001:db8::1"), "0a0000000000000020010db8000000000000000000000001" + "00000000");
});

Deno.test("toSockaddr() turns a zone into the interface's index", () => {
  assertEquals(hex(AF_INET6, "fe80::1%lo")?.slice(-8), "01000000"); // lo is always 1
});

Deno.test("toSockaddr() refuses addresses of the other family, and what is none", () => {
  assertEquals(toSockaddr(AF_INET, "::1"), undefined);
  assertEquals(toSockaddr(AF_INET6, "127.0.0.1"), undefined);
  for (const text of ["", "localhost", "127.1", "127.0.0.1%lo"]) assertEquals(toSockaddr(AF_INET, text), undefined);
  for (const text of ["", "::1%", "%lo", ":::"]) assertEquals(toSockaddr(AF_INET6, text), undefined);
});

Deno.test("fromSockaddr() gives the address as text", () => {
  assertEquals(
    fromSockaddr(AF_INET, new Uint8Array([2, 0, 0, 0, 192, 0, 2, 10, 0, 0, 0, 0, 0, 0, 0, 0])),
    "192.0.2.10",
  );
  const sockaddr = new Uint8Array(28);
  sockaddr.set([0x20, 0x01, 0x0d, 0xb8], 8);
  assertEquals(fromSockaddr(AF_INET6, sockaddr), "2001:db8::");
});
