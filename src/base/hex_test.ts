import { assertEquals } from "../../test/assert.ts";
import { fromHex, toHex } from "./hex.ts";

Deno.test("toHex() and fromHex() are each other's reverse for every byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  assertEquals(fromHex(toHex(bytes)), bytes);
  assertEquals(fromHex(toHex(bytes).toUpperCase()), bytes);
  assertEquals(toHex(new Uint8Array()), "");
});

Deno.test("fromHex() refuses what are not pairs of digits", () => {
  assertEquals(["0", "0g", " 00", "0x00"].map(fromHex), [undefined, undefined, undefined, undefined]);
});
