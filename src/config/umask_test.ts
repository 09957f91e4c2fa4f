// Masks of permissions in all their notations.
import { assertEquals } from "../../test/assert.ts";
import { umaskOf } from "./umask.ts";

Deno.test("umaskOf() reads C's numbers and names of bits, and nothing else", () => {
  assertEquals(["022", "18", "0x12", "0", "IWGRP|IWOTH", "irwxo|iwgrp", "IXUSR"].map(umaskOf), [
    0o22,
    0o22,
    0o22,
    0,
    0o22,
    0o27,
    0o100,
  ]);
  assertEquals(["01000", "IW", "IRWXUSRX", "IWGRP|", "09"].map(umaskOf), [
    undefined,
    undefined,
    undefined,
    undefined,
    9,
  ]);
});
