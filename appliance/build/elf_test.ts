// elfLengthBytes() and elfMachine() against a header written out by hand.

import { assertEquals, assertThrows } from "../../test/assert.ts";
import { elfLengthBytes, elfMachine } from "./elf.ts";

/** The header of the denort 2.4.2 that is pinned, as `readelf -h` and `xxd` show it. */
function denortHeader(): Uint8Array {
  const header = new Uint8Array(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 0x02, 0x01, 0x01, 0x00], 0);
  header.set([0x03, 0x00, 0x3e, 0x00], 0x10); // e_type ET_DYN, e_machine EM_X86_64
  header.set([0x40, 0xce, 0x13, 0x05, 0x00, 0x00, 0x00, 0x00], 0x28); // e_shoff 85184064
  header.set([0x40, 0x00, 0x24, 0x00, 0x23, 0x00], 0x3a); // e_shentsize 64, e_shnum 36, e_shstrndx 35
  return header;
}

Deno.test("elfLengthBytes() ends after the section header table", () => {
  assertEquals(elfLengthBytes(denortHeader()), 85_186_368);
});

Deno.test("elfLengthBytes() reads a header that is a view into a larger buffer", () => {
  const buffer = new Uint8Array(100);
  buffer.set(denortHeader(), 7);
  assertEquals(elfLengthBytes(buffer.subarray(7, 71)), 85_186_368);
});

Deno.test("elfLengthBytes() refuses a short header, a 32-bit one, a big-endian one and a script", () => {
  assertThrows(() => elfLengthBytes(denortHeader().subarray(0, 63)), TypeError, "not a little-endian ELF64 header");
  for (const [offset, byte] of [[4, 1], [5, 2], [0, 0x23]] as const) {
    const header = denortHeader();
    header[offset] = byte;
    assertThrows(() => elfLengthBytes(header), TypeError, "not a little-endian ELF64 header");
  }
});

Deno.test("elfMachine() names the processors that Holdfast is built for, and numbers others", () => {
  const header = denortHeader();
  assertEquals(elfMachine(header), "x86_64");
  header[0x12] = 183;
  assertEquals(elfMachine(header), "aarch64");
  header[0x12] = 243;
  assertEquals(elfMachine(header), "machine 243");
  assertThrows(() => elfMachine(header.subarray(0, 63)), TypeError, "not a little-endian ELF64 header");
});
