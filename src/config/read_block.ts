// Reads a block by a table of rows: keyword to reader. What a new keyword takes is one row.
import type { Report } from "./diagnostic.ts";
import type { Statement } from "./statement.ts";
import type { Located, Reader } from "./values.ts";

/** Keyword to reader. */
// deno-lint-ignore no-explicit-any -- each row has its own type, which `Values` brings back
export type Rows = Readonly<Record<string, Reader<any>>>;

/** What a block said: one place for each row; undefined when it was not said, or wrong. */
export type Values<R extends Rows> = { [K in keyof R]?: R[K] extends Reader<infer T> ? Located<T> : never };

/** Reads all statements that have a row, keepalived's way: the last one of a name counts. */
export function readBlock<R extends Rows>(statement: Statement, rows: R, report: Report): Values<R> {
  const values: Record<string, Located<unknown>> = {};
  for (const child of statement.block?.statements ?? []) {
    const name = child.keyword.text;
    const read = Object.hasOwn(rows, name) ? rows[name] : undefined;
    const value = read?.(child, report);
    if (value !== undefined) values[name] = value;
  }
  return values as Values<R>;
}

/** The later of two spellings of one keyword. */
export function lastOf<T>(a: Located<T> | undefined, b: Located<T> | undefined): Located<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const aIsLater = a.location.line > b.location.line ||
    (a.location.line === b.location.line && a.location.column > b.location.column);
  return aIsLater ? a : b;
}
