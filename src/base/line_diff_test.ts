import { assertEquals } from "../../test/assert.ts";
import { lineDiff } from "./line_diff.ts";

Deno.test("lineDiff() marks what goes and comes, with the lines around it", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  assertEquals(lineDiff(before, before), []);
  assertEquals(lineDiff(before, "a\nb\nc\nD\ne\nf\ng\nh\n", 1), ["  c", "- d", "+ D", "  e", "..."]);
  assertEquals(lineDiff("a\nb\nc", "b\nc\nd", 0), ["- a", "...", "+ d"]);
  assertEquals(lineDiff("", "a"), ["- ", "+ a"]);
});

Deno.test("lineDiff() is not slow with long texts", () => {
  const [before, after] = ["x", "y"].map((letter) =>
    Array.from({ length: 5000 }, (_, n) => `${letter}${n}`).join("\n")
  );
  assertEquals(lineDiff(before ?? "", after ?? "").length, 10_000);
});
