import { assertEquals } from "../../test/assert.ts";
import { Report } from "./diagnostic.ts";
import { lex } from "./lexer.ts";

/** Tokens as text, `|` for the end of a line. */
function texts(text: string, report = new Report()): string[] {
  return lex({ file: "f", text }, report).map((token) => token.kind === "end-of-line" ? "|" : token.text);
}

Deno.test("lex() ends a line at ! or # outside double quotes, even within a word", () => {
  assertEquals(texts("priority 10#0"), ["priority", "10", "|"]);
  assertEquals(texts("a!b c\n#d\n  e"), ["a", "|", "|", "e", "|"]);
  assertEquals(texts('a "b # c ! d" e'), ["a", "b # c ! d", "e", "|"]);
  assertEquals(texts("a 'b # c'"), ["a", "'b", "|"]);
});

Deno.test("lex() takes \\! and \\# as themselves, other backslashes too", () => {
  assertEquals(texts("auth_pass \\#1\\!x\\y"), ["auth_pass", "#1!x\\y", "|"]);
});

Deno.test("lex() makes a token of each brace outside quotes and variables", () => {
  assertEquals(texts('a{b}c "{}"'), ["a", "{", "b", "}", "c", "{}", "|"]);
  assertEquals(texts("a ${b}c ${_RANDOM 1 2}"), ["a", "${b}c", "${_RANDOM 1 2}", "|"]);
});

Deno.test("lex() counts lines and columns from 1, without the byte order mark and CR", () => {
  const [word, , close] = lex({ file: "f", text: '\uFEFF\t"a b"\r\n}' }, new Report());
  assertEquals(word, { kind: "word", text: "a b", quoted: true, file: "f", line: 1, column: 2, length: 5 });
  assertEquals(close, { kind: "close", text: "}", quoted: false, file: "f", line: 2, column: 1, length: 1 });
});

Deno.test("lex() reports an unterminated quote where it begins and reads on in the next line", () => {
  const report = new Report();
  assertEquals(texts('a "b c\nd', report), ["a", "b c", "|", "d", "|"]);
  const [diagnostic] = report.sorted(["f"]);
  assertEquals(diagnostic?.code, "unterminated-quote");
  assertEquals(diagnostic?.location, { file: "f", line: 1, column: 3, length: 1 });
});

Deno.test("lex() takes a definition with its continuation lines as one token", () => {
  const tokens = lex({ file: "f", text: "$A=x {\\\n y }\\\n z\nb" }, new Report());
  assertEquals(tokens.map((token) => token.kind), ["definition", "end-of-line", "word", "end-of-line"]);
  assertEquals(tokens[2]?.line, 4);
});

Deno.test("lex() keeps the pattern of an include in one piece", () => {
  assertEquals(texts("  include conf.d/{a,b}*.conf # both"), ["include", "conf.d/{a,b}*.conf", "|"]);
});

Deno.test("lex() reads a line of a million characters", () => {
  assertEquals(texts("a ".repeat(500_000)).length, 500_001);
  assertEquals(texts("${".repeat(200_000)).length > 1, true);
});
