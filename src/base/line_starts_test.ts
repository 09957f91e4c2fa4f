import { assertEquals } from "../../test/assert.ts";
import { lineStarts } from "./line_starts.ts";

Deno.test("lineStarts() has a place for each line, also for an empty one at the end", () => {
  assertEquals(["", "a", "a\n", "a\n\nbc\n"].map(lineStarts), [[0], [0], [0, 2], [0, 2, 3, 6]]);
});
