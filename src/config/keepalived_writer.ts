// Statements as the text of a keepalived.conf.
import type { Commented } from "./comments.ts";
import { ownKeyword } from "./own_keywords.ts";
import type { SectionName } from "./section.ts";

const INDENT = "    ";

/** The text, with an empty line between the blocks of the top level. @throws RangeError for a word with a double quote in it */
export function writeKeepalived(statements: readonly Commented[]): string {
  return statements.map((statement) => lines(statement, "", "root").join("\n")).join("\n\n").replace(
    /$/,
    statements.length > 0 ? "\n" : "",
  );
}

function lines({ keyword, words, block, comments }: Commented, indent: string, parent: string): string[] {
  const head = [keyword, ...words].map(quoted).join(" ");
  const beside = comments?.beside === undefined ? "" : ` # ${comments.beside}`;
  const above = (comments?.above ?? []).map((line) => `${indent}# ${line}`.trimEnd());
  const own = ownKeyword(parent as SectionName, keyword);
  if (own !== undefined) return [...above, ...inWords({ head, block }).map((text) => `${indent}# ${text}`)];
  if (block === undefined) return [...above, `${indent}${head}${beside}`];
  return [
    ...above,
    `${indent}${head} {${beside}`,
    ...block.flatMap((child) => lines(child, indent + INDENT, keyword)),
    `${indent}}`,
  ];
}

/** What keepalived has no word for, as comments. */
function inWords({ head, block = [] }: { head: string; block?: readonly Commented[] | undefined }): string[] {
  const inside = block.map(({ keyword, words }) => [keyword, ...words].join(" "));
  return [`only in holdfast.yaml: ${head}`, ...inside.map((text) => `  ${text}`)];
}

/** A word as it must be written to be read as it is (keepalived.conf(5): quotes can't stand within quotes). */
function quoted(word: string): string {
  if (word.includes('"')) {
    throw new RangeError(`keepalived.conf has no way to write \`${word}\`: it holds a double quote`);
  }
  if (word === "" || /[\s{}!#]/.test(word)) return `"${word}"`;
  return word;
}
