import { assertEquals } from "../../../test/assert.ts";
import { maskOf } from "./file_mode.ts";

Deno.test("maskOf() reads numbers as in C, and names", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["022", 0o022],
    ["18", 18],
    ["0x1f", 0x1f],
    ["IRWXG|IRWXO", 0o077],
    ["IRUSR|IWGRP|IXOTH", 0o421],
    ["INONE", 0],
  ];
  for (const [text, mask] of cases) assertEquals([text, maskOf(text)], [text, mask]);
});
