import { assertEquals } from "../../test/assert.ts";
import { commandWords } from "./command_words.ts";

Deno.test("commandWords() splits at blanks, with quotes and escapes", () => {
  const cases: [string, string[]][] = [
    ["/bin/true", ["/bin/true"]],
    ["  /bin/a\t-x  y\n", ["/bin/a", "-x", "y"]],
    [`/bin/a "two words" 'and three more'`, ["/bin/a", "two words", "and three more"]],
    [`a b"c d"e'f g'`, ["a", "bc de" + "f g"]],
    [`a ""`, ["a", ""]],
    [`a "it's" 'a "b"'`, ["a", "it's", 'a "b"']],
    [`a "x\\"y" 'x\\'y' x\\ y \\\\`, ["a", 'x"y', "x'y", "x y", "\\"]],
    [`a \\t\\n\\q\\E\\v`, ["a", "\t\nq\x1b\v"]],
    [`a \\x41\\x0142 \\1013 \\cA\\c[`, ["a", "AB", "A3", "\x01\x1b"]],
    [`a \\xg $HOME *.c ; | > b`, ["a", "xg", "$HOME", "*.c", ";", "|", ">", "b"]],
    ["a \\\u{1F600}\u00e4", ["a", "\u{1F600}\u00e4"]],
  ];
  for (const [text, words] of cases) {
    assertEquals(commandWords(text), { ok: true, value: words as [string, ...string[]] }, text);
  }
});

Deno.test("commandWords() refuses what is not whole", () => {
  const cases: [string, string][] = [
    ["", "empty"],
    [" \t", "empty"],
    [`a "b`, "quote"],
    [`a 'b\\'`, "quote"],
    ["a b\\", "escape"],
    [`a "b\\`, "escape"],
    ["a \\0", "zero"],
    ["a \\x00", "zero"],
  ];
  for (const [text, reason] of cases) assertEquals(commandWords(text), { ok: false, reason } as never, text);
});
