// Statements as the text of a keepalived.conf.
import type { Commented } from "./comments.ts";
import { takesEscapes, writeEscaped } from "./escaped_words.ts";
import { isOwnBlock } from "./own_blocks.ts";
import { ownKeyword } from "./own_keywords.ts";
import type { BlockName } from "./section.ts";

const INDENT = "    ";

/** The text, with an empty line between the blocks of the top level. @throws RangeError for a word with a double quote in it */
export function writeKeepalived(statements: readonly Commented[]): string {
  return statements.map((statement) => lines(statement, "", "root").join("\n")).join("\n\n").replace(
    /$/,
    statements.length > 0 ? "\n" : "",
  );
}

function lines({ keyword, words, block, comments }: Commented, indent: string, parent: string): string[] {
  const head = [quoted(keyword), ...words.map(takesEscapes(keyword) ? writeEscaped : quoted)].join(" ");
  const beside = comments?.beside === undefined ? "" : ` # ${comments.beside}`;
  const above = (comments?.above ?? []).map((line) => `${indent}# ${line}`.trimEnd());
  const own = ownKeyword(parent as BlockName, keyword);
  if (own !== undefined) return [...above, ...inWords(keyword, head, block).map((text) => `${indent}# ${text}`)];
  if (block === undefined) return [...above, `${indent}${head}${beside}`];
  return [
    ...above,
    `${indent}${head} {${beside}`,
    ...block.flatMap((child) => lines(child, indent + INDENT, keyword)),
    `${indent}}`,
  ];
}

/** What keepalived has no word for, as comments. */
function inWords(keyword: string, head: string, block: readonly Commented[] | undefined): string[] {
  const first = `only in holdfast.yaml: ${head}`;
  if (!isOwnBlock(keyword)) {
    return [first, ...block?.map((child) => `  ${[child.keyword, ...child.words].join(" ")}`) ?? []];
  }
  const inside = block?.flatMap(({ comments: _, ...child }) => lines(child, INDENT, "unknown")) ?? [];
  return [`${first} {`, ...inside, "}"];
}

/** A word as it must be written to be read as it is (keepalived.conf(5): quotes can't stand within quotes). */
function quoted(word: string): string {
  if (word.includes('"')) {
    throw new RangeError(`keepalived.conf has no way to write \`${word}\`: it holds a double quote`);
  }
  if (word === "" || /[\s{}!#]/.test(word)) return `"${word}"`;
  return word;
}
