import { assertEquals, assertThrows } from "../../test/assert.ts";
import { commandWords } from "../base/command_words.ts";
import { Report } from "./diagnostic.ts";
import { writeEscaped } from "./escaped_words.ts";
import { lexLine } from "./lexer.ts";

function words(text: string): readonly string[] {
  return lexLine({ file: "f", number: 1, text }, { report: new Report() }).map((token) => token.text);
}

Deno.test("commands have single quotes and escapes twice, as keepalived 2.2.7 logs them", () => {
  const cases: [string, readonly string[]][] = [
    [`notify '/bin/echo n "x y"'`, ["/bin/echo", "n", "x y"]],
    [`notify_backup /bin/echo\\ bb`, ["/bin/echo", "bb"]],
    [`notify_fault "/bin/echo 'f f'" root root`, ["/bin/echo", "f f"]],
    [`notify_master "/bin/echo a '\\"s p\\"' b" root`, ["/bin/echo", "a", '"s p"', "b"]],
    [`notify_master "/bin/echo \\"a b\\" c"`, ["/bin/echo", "a b", "c"]],
    [`notify_master "/bin/echo a\\\\b"`, ["/bin/echo", "a\b"]],
    [`notify_master "/bin/echo a\\!b" # a comment`, ["/bin/echo", "a!b"]],
    [`  misc_path '/bin/echo m "x y"'`, ["/bin/echo", "m", "x y"]],
  ];
  for (const [line, expected] of cases) {
    assertEquals(commandWords(words(line)[1] ?? ""), { ok: true, value: expected as [string] }, line);
  }
  assertEquals(words(`notify_fault "/bin/echo 'f f'" root wheel`).slice(2), ["root", "wheel"]);
});

Deno.test("patterns have escapes once, other words none", () => {
  assertEquals(words(`regex 'a "b" c'`), ["regex", `a "b" c`]);
  assertEquals(words(`regex a\\ b\\.c`), ["regex", "a b.c"]);
  assertEquals(words(`regex "it's"`), ["regex", "it's"]);
  assertEquals(words(`path '/a b'`), ["path", "'/a", "b'"]);
  assertEquals(words(`router_id a\\ b`), ["router_id", "a\\", "b"]);
});

Deno.test("what is not well formed is one word, braces and comments end it, and places are those of the line", () => {
  assertEquals(words(`notify /bin/it's root`), ["notify", "/bin/it's root"]);
  assertEquals(words(`notify "/bin/echo"\\`), ["notify", `"/bin/echo"\\`]);
  assertEquals(words(`url { regex a } path /`), ["url", "{", "regex", "a", "}", "path", "/"]);
  assertEquals(words(`track_script { notify weight 3 }`), ["track_script", "{", "notify", "weight", "3", "}"]);
  const [, command, user] = lexLine({ file: "f", number: 1, text: ` notify '/bin/a b'  root` }, {
    report: new Report(),
  });
  assertEquals([command?.column, command?.length, command?.quoted], [9, 10, true]);
  assertEquals([user?.column, user?.length, user?.quoted], [21, 4, false]);
  const report = new Report();
  lexLine({ file: "f", number: 1, text: `notify "/bin/a b` }, { report });
  assertEquals(report.sorted(["f"]).map(({ code }) => code), ["unterminated-quote"]);
});

Deno.test("writeEscaped() writes words that are read as they were, or says that there is no way", () => {
  const samples = ["/bin/a", "", "/bin/a b", "a\\b", `a "b c"`, `it's "so" \\d`, `it's`, `a"b`, "{1,2} # x", "\\"];
  for (const text of samples) assertEquals(words(`regex ${writeEscaped(text)}`), ["regex", text], writeEscaped(text));
  assertThrows(() => writeEscaped(`"{"`), RangeError);
});
