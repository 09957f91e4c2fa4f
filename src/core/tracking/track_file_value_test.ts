import { assertEquals } from "../../../test/assert.ts";
import { trackFileValue } from "./track_file_value.ts";

Deno.test("trackFileValue() reads decimal, octal and hexadecimal, with sign and white space", () => {
  const cases: [text: string, value: number][] = [
    ["5\n", 5],
    ["-300", -300],
    ["+7", 7],
    ["  0x10 zz\n", 16], // keepalived 2.2.7 adds 16 for this text
    ["\n\t12abc", 12],
    ["017", 15],
    ["08", 0],
    ["0", 0],
    ["0xg", 0],
    ["-0x20", -32],
    ["2147483647", 2147483647],
    ["-2147483648", -2147483648],
  ];
  for (const [text, value] of cases) assertEquals(trackFileValue(text), value, JSON.stringify(text));
});

Deno.test("trackFileValue() is 0 for a missing file and for a text that is no number", () => {
  for (const text of [undefined, "", "abc", "-", "- 5", "x1"]) assertEquals(trackFileValue(text), 0, String(text));
});

Deno.test("trackFileValue() is undefined for a number that does not fit: the last one stays", () => {
  for (const text of ["2147483648", "-2147483649", "0x80000000", "9".repeat(60)]) {
    assertEquals(trackFileValue(text), undefined, text);
  }
});

Deno.test("trackFileValue() never gives minus zero", () => {
  assertEquals(Object.is(trackFileValue("-0"), 0), true);
});

Deno.test("trackFileValue() reads 127 characters", () => {
  assertEquals(trackFileValue(" ".repeat(126) + "12"), 1);
});
