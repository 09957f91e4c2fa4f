import { assertEquals } from "../../test/assert.ts";
import { Histogram, histogramIn, histogramsOf } from "./histogram.ts";

Deno.test("Histogram counts a value in the first bucket whose bound is not below it", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 7, 70]) histogram.observe(value);
  assertEquals(histogram.snapshot(), { bounds: [1, 2, 5], counts: [2, 2, 0, 2], sum: 81.5 });
});

Deno.test("histogramIn() makes a histogram once", () => {
  const all = new Map<string, Histogram>();
  histogramIn(all, "a", [1]).observe(1);
  histogramIn(all, "a", [1]).observe(2);
  assertEquals(histogramsOf(all), { a: { bounds: [1], counts: [1, 1], sum: 3 } });
});
