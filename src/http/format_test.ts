import { assertEquals } from "../../test/assert.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";

Deno.test("formatDuration() uses the two biggest units", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [999, "0s"],
    [94_000, "1m34s"],
    [3_600_000, "1h"],
    [3_605_000, "1h"],
    [(16 * 24 + 3) * 3_600_000 + 5000, "16d3h"],
    [-1, "?"],
  ];
  for (const [ms, text] of cases) assertEquals(formatDuration(ms), text);
});

Deno.test("formatCount() groups digits", () => {
  assertEquals([0, 999, 1000, 1234567].map(formatCount), ["0", "999", "1\u202f000", "1\u202f234\u202f567"]);
});

Deno.test("formatBytes() uses binary units", () => {
  assertEquals([0, 1023, 1536, 150 * 1024, 5 * 1024 ** 3].map(formatBytes), [
    "0 B",
    "1023 B",
    "1.5 KiB",
    "150 KiB",
    "5.0 GiB",
  ]);
});
