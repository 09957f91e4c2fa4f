import { assertEquals } from "../../test/assert.ts";
import { formatDuration, parseDuration } from "./duration.ts";

Deno.test("parseDuration() takes numbers of seconds, and numbers with units", () => {
  const cases: [string, number | undefined][] = [
    ["90", 90_000],
    ["1.5", 1500],
    ["250ms", 250],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["", undefined],
    ["-1", undefined],
    ["1 h", undefined],
    ["1w", undefined],
    ["m", undefined],
  ];
  for (const [text, ms] of cases) assertEquals([text, parseDuration(text)], [text, ms]);
});

Deno.test("formatDuration() says the two largest units", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [250, "0.25 s"],
    [3609, "3.61 s"],
    [12_400, "12 s"],
    [59_900, "1 min"],
    [185_000, "3 min 5 s"],
    [3_600_000, "1 h"],
    [7_800_000, "2 h 10 min"],
    [349_200_000, "4 d 1 h"],
  ];
  for (const [ms, text] of cases) assertEquals(formatDuration(ms), text);
});
