import { assert, assertEquals } from "../../../test/assert.ts";
import { Report } from "../diagnostic.ts";
import { braceBalance } from "../lexer.ts";
import { SECTIONS } from "../keywords.ts";
import type { SectionName } from "../section.ts";
import type { Statement } from "../statement.ts";
import { typeOf } from "../types.ts";
import { MANUAL, manualEntry } from "./manual.ts";

Deno.test("manualEntry() has every keyword at every position, and nothing else", () => {
  for (const [name, { keywords }] of Object.entries(SECTIONS)) {
    const known = Object.keys(MANUAL[name as SectionName] ?? {});
    assertEquals(known.toSorted(), [...keywords.keys()].toSorted(), name);
  }
});

Deno.test("manualEntry() says something short, with an example that is right", () => {
  for (const [name, { keywords }] of Object.entries(SECTIONS)) {
    const section = name as SectionName;
    for (const keyword of keywords.keys()) {
      const { meaning = "", example = "", source = "" } = manualEntry(section, keyword) ?? {};
      assert(meaning.length > 5 && meaning.length <= 300, `${section} ${keyword}: ${meaning}`);
      assert(source.length > 5, `${section} ${keyword}`);
      assertEquals(braceBalance(example), 0, example);
      if (!example.includes("{")) assertEquals(problemsOf(section, keyword, example), [], example);
    }
  }
});

/** What the type of a keyword's value has against an example. */
function problemsOf(section: SectionName, keyword: string, example: string): string[] {
  const words = [...example.slice(keyword.length).matchAll(/"([^"]*)"|\S+/g)].map((match) => match[1] ?? match[0]);
  const place = { file: "f", line: 1, column: 1, length: 1 };
  const token = (text: string): Statement["keyword"] => ({ kind: "word", text, quoted: false, ...place });
  const statement: Statement = { keyword: token(keyword), args: words.map(token), section };
  const report = new Report({ strict: true });
  const type = typeOf(section, keyword) as { read?: (statement: Statement, report: Report) => unknown } | undefined;
  type?.read?.(statement, report);
  return report.sorted(["f"]).map(({ message }) => message);
}

Deno.test("manualEntry() shows a block as it must be written, one setting in a line", () => {
  assertEquals(
    manualEntry("root", "vrrp_sync_group")?.example,
    "vrrp_sync_group VG_1 {\n    group {\n        VI_1\n        VI_2\n    }\n}",
  );
});
