// A line of a keepalived.conf as the parser leaves it: a keyword, its arguments, and the block that follows.
import type { SourceLocation } from "./config.ts";
import type { Token } from "./lexer.ts";
import type { SectionName } from "./section.ts";

/** One keyword with what belongs to it. In a value block the "keyword" is the first word of the line. */
export interface Statement {
  readonly keyword: Token;
  readonly args: readonly Token[];
  /** The kind of block that the statement stands in. */
  readonly section: SectionName;
  /** The block behind it; undefined when there is none. */
  block?: Block;
}

/** What stands between two braces. */
export interface Block {
  readonly section: SectionName;
  readonly statements: Statement[];
}

/** Statements of the block of `statement` with that keyword, in order. */
export function childrenNamed(statement: Statement, ...names: readonly string[]): Statement[] {
  return (statement.block?.statements ?? []).filter((child) => names.includes(child.keyword.text));
}

/** The place of all words of a statement that stand on its first line. */
export function headOf(statement: Statement): SourceLocation {
  const { file, line, column } = statement.keyword;
  const last = statement.args.findLast((arg) => arg.line === line) ?? statement.keyword;
  return { file, line, column, length: last.column + last.length - column };
}
