import { assertEquals } from "../../test/assert.ts";
import { Report } from "./diagnostic.ts";
import { braceBalance, commentStart, lexLine, type Token } from "./lexer.ts";

function lex(text: string, report = new Report()): Token[] {
  return text.split("\n").flatMap((line, index) => lexLine({ file: "f", number: index + 1, text: line }, { report }));
}

function texts(text: string, report = new Report()): string[] {
  return lex(text, report).map((token) => token.text);
}

Deno.test("lexLine() ends a line at ! or # outside double quotes, even within a word", () => {
  assertEquals(texts("priority 10#0"), ["priority", "10"]);
  assertEquals(texts("a!b c\n#d\n  e"), ["a", "e"]);
  assertEquals(texts('a "b # c ! d" e'), ["a", "b # c ! d", "e"]);
  assertEquals(texts("a 'b # c'"), ["a", "'b"]);
});

Deno.test("lexLine() takes \\! and \\# as themselves, other backslashes too", () => {
  assertEquals(texts("auth_pass \\#1\\!x\\y"), ["auth_pass", "#1!x\\y"]);
});

Deno.test("lexLine() makes a token of each brace outside quotes and variables", () => {
  assertEquals(texts('a{b}c "{}"'), ["a", "{", "b", "}", "c", "{}"]);
  assertEquals(texts("a ${b}c ${_RANDOM 1 2}"), ["a", "${b}c", "${_RANDOM 1 2}"]);
});

Deno.test("lexLine() counts lines and columns from 1", () => {
  const [word, close] = lex('\t"a b"\r\n}');
  assertEquals(word, { kind: "word", text: "a b", quoted: true, file: "f", line: 1, column: 2, length: 5 });
  assertEquals(close, { kind: "close", text: "}", quoted: false, file: "f", line: 2, column: 1, length: 1 });
});

Deno.test("lexLine() reports an unterminated quote where it begins and reads on in the next line", () => {
  const report = new Report();
  assertEquals(texts('a "b c\nd', report), ["a", "b c", "d"]);
  const [diagnostic] = report.sorted(["f"]);
  assertEquals(diagnostic?.code, "unterminated-quote");
  assertEquals(diagnostic?.location, { file: "f", line: 1, column: 3, length: 1 });
});

Deno.test("lexLine() keeps comments when they are wanted", () => {
  const tokens = lexLine({ file: "f", number: 1, text: "a # b \t" }, { report: new Report(), comments: true });
  assertEquals(tokens.map(({ kind, text }) => [kind, text]), [["word", "a"], ["comment", "# b"]]);
});

Deno.test("commentStart() finds the first ! or # outside quotes and behind no backslash", () => {
  assertEquals(commentStart('a "#" \\# b # c'), 11);
  assertEquals(commentStart("a"), 1);
});

Deno.test("braceBalance() counts braces outside comments, quotes and references", () => {
  assertEquals(braceBalance('a { # }\n "}" ${b}\n{ } ! {\n'), 1);
  assertEquals(braceBalance("}}"), -2);
});

Deno.test("lexLine() reads a line of a million characters", () => {
  assertEquals(texts("a ".repeat(500_000)).length, 500_000);
  assertEquals(texts("${".repeat(200_000)).length > 0, true);
});
