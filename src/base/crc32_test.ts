import { assertEquals } from "../../test/assert.ts";
import { crc32 } from "./crc32.ts";

Deno.test("crc32() of the standard's check value, and of nothing", () => {
  assertEquals(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assertEquals(crc32(new Uint8Array()), 0);
});
