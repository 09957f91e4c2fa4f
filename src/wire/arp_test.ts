import { assertEquals } from "../../test/assert.ts";
import { gratuitousArp } from "./arp.ts";

Deno.test("gratuitousArp() writes the bytes of a captured keepalived announcement", () => {
  const frame = gratuitousArp(new Uint8Array([2, 0, 0, 0, 0, 1]), new Uint8Array([10, 9, 0, 100]));
  assertEquals(
    [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    "ffffffffffff0200000000010806" + "0001080006040001" + "0200000000010a090064" + "ffffffffffff0a090064",
  );
});
