import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "../../../test/assert.ts";
import { createChecksum, writeChecksum } from "./checksum.ts";

// RFC 1071 section 3: the sum of these words is 2ddf0, folded ddf2; the checksum is its complement, 220d.
const EXAMPLE = Buffer.from("0001f203f4f5f6f7", "hex");

Deno.test("createChecksum() gives the complement of the sum (RFC 1071 section 3)", () => {
  assertEquals(createChecksum(EXAMPLE), 0x220d);
});

Deno.test("createChecksum() takes several inputs for one", () => {
  assertEquals(createChecksum(EXAMPLE.subarray(0, 2), { buffer: EXAMPLE, offset: 2, length: 6 }), 0x220d);
});

Deno.test("createChecksum() counts an odd byte as the high half of a word", () => {
  assertEquals(createChecksum(Buffer.from([0x12])), 0xedff);
});

Deno.test("createChecksum() of a packet with a right checksum is 0", () => {
  const ipHeader = Buffer.from("45c00028a3be0000ff700000c0a80001e0000012", "hex");
  writeChecksum(ipHeader, 10, createChecksum(ipHeader));
  assertEquals(createChecksum(ipHeader), 0);
});

Deno.test("createChecksum() refuses a range that ends beyond the buffer", () => {
  assertThrows(() => createChecksum({ buffer: EXAMPLE, offset: 4, length: 5 }), RangeError, "Length argument");
});

Deno.test("writeChecksum() writes in network order and returns the buffer", () => {
  const buffer = Buffer.alloc(4);
  assertEquals(writeChecksum(buffer, 1, 0x220d), buffer);
  assertEquals(buffer.toString("hex"), "00220d00");
});
