import { assertEquals } from "../../test/assert.ts";
import { addWords, finishChecksum } from "./checksum.ts";

Deno.test("finishChecksum() of the example in RFC 1071 section 3", () => {
  const bytes = new Uint8Array([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
  assertEquals(finishChecksum(addWords(0, bytes, 0, 8)), 0x220d); // the complement of ddf2
});

Deno.test("addWords() counts an odd last byte as the high half", () => {
  assertEquals(addWords(0, new Uint8Array([0x01, 0x02, 0x03]), 0, 3), 0x0102 + 0x0300);
});
