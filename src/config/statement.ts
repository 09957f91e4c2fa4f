// A line of a keepalived.conf as the parser leaves it: a keyword, its arguments, and the block that follows.
import type { SourceLocation } from "./config.ts";
import type { Token } from "./lexer.ts";
import type { BlockName } from "./section.ts";

/** One keyword with what belongs to it. In a value block the "keyword" is the first word of the line. */
export interface Statement {
  readonly keyword: Token;
  readonly args: readonly Token[];
  /** The kind of block that the statement stands in. */
  readonly section: BlockName;
  /** The block behind it; undefined when there is none. */
  block?: Block;
  /** Only when comments are asked for. */
  comments?: Comments;
}

/** Comments that belong to a statement, without their `!` or `#`. */
export interface Comments {
  /** On lines of their own before it. */
  readonly above: readonly string[];
  /** Behind it, on its line. */
  beside?: string;
}

/** What stands between two braces. */
export interface Block {
  readonly section: BlockName;
  readonly statements: Statement[];
  /** The brace behind it; undefined where there is none. */
  end?: SourceLocation;
}

/** Statements of the block of `statement` with that keyword, in order. */
export function childrenNamed(statement: Statement, ...names: readonly string[]): Statement[] {
  return (statement.block?.statements ?? []).filter((child) => names.includes(child.keyword.text));
}

/** The last statement of the block of `statement` with that keyword, which is the one that counts. */
export function lastNamed(statement: Statement, name: string): Statement | undefined {
  return statement.block?.statements.findLast((child) => child.keyword.text === name);
}

/** Where it turned out that something is missing in a block: its closing brace, which is where keepalived says it. */
export function endOf(statement: Statement): SourceLocation {
  return statement.block?.end ?? headOf(statement);
}

/** The place of all words of a statement that stand on its first line. */
export function headOf(statement: Statement): SourceLocation {
  const { file, line, column } = statement.keyword;
  const last = statement.args.findLast((arg) => arg.line === line) ?? statement.keyword;
  return { file, line, column, length: last.column + last.length - column };
}
