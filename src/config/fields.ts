// Reads and writes the plain keywords of a block by a table: keyword to property and type. What a new keyword takes is a row.
import type { Report } from "./diagnostic.ts";
import type { Token } from "./lexer.ts";
import type { Statement } from "./statement.ts";
import type { ValueType } from "./value_type.ts";

/** A keyword that sets a property. */
export interface Field<N extends string, T> {
  /** Property of the configuration. */
  readonly name: N;
  readonly type: ValueType<T>;
  /** Of several keepalived keeps the first, with a message; else the last good one counts. */
  readonly keepsFirst?: true;
}

/** Keyword to property; of two keywords for one property the first is written. */
// deno-lint-ignore no-explicit-any -- each row has its own type, which `Given` brings back
export type Fields = Readonly<Record<string, Field<string, any>>>;

/** The properties of a table. */
export type Given<F extends Fields> = {
  readonly [K in keyof F as F[K]["name"]]?: F[K] extends Field<string, infer T> ? T : never;
};

/** All properties of a table, for one whose defaults are all known. */
export type Complete<F extends Fields> = Required<Given<F>>;

/** A statement to be written. */
export interface Printed {
  readonly keyword: string;
  readonly words: readonly string[];
  readonly block?: readonly Printed[];
  /** Where the value came from, for its comments. */
  readonly source?: string;
}

/** A row of a table. */
export function field<N extends string, T>(name: N, type: ValueType<T>): Field<N, T> {
  return { name, type };
}

/** A row whose keyword counts once: keepalived ignores a second one. */
export function firstField<N extends string, T>(name: N, type: ValueType<T>): Field<N, T> {
  return { name, type, keepsFirst: true };
}

/** Reads all keywords that have a row, keepalived's way: the last good one counts, but for those of which it keeps the first. */
export function readFields<F extends Fields>(statement: Statement, fields: F, report: Report): Given<F> {
  const given: Record<string, unknown> = {};
  const statements = statement.block?.statements ?? [];
  if (statements.length === 0) return given as Given<F>;
  for (const child of statements) {
    const name = child.keyword.text;
    if (!Object.hasOwn(fields, name)) continue;
    const row = fields[name];
    if (row?.keepsFirst && given[row.name] !== undefined) {
      reportRepeated(child.keyword, report);
      continue;
    }
    const value = row?.type.read(child, report);
    if (row !== undefined && value !== undefined) given[row.name] = value;
  }
  return given as Given<F>;
}

/** Says that a keyword, or a name in a list, stands before it already. */
export function reportRepeated(place: Token, report: Report): void {
  report.add("value-ignored", place, `\`${place.text}\` is there already, so this one is ignored`);
}

/** Writes all properties that differ from the defaults. */
export function printFields<F extends Fields>(value: Given<F>, defaults: Given<F>, fields: F): Printed[] {
  const values = value as Readonly<Record<string, unknown>>;
  const usual = defaults as Readonly<Record<string, unknown>>;
  const done = new Set<string>();
  const printed: Printed[] = [];
  for (const [keyword, { name, type }] of Object.entries(fields)) {
    const given = values[name];
    if (given === undefined || done.has(name) || isSame(given, usual[name])) continue;
    const words = type.print(given);
    if (words === undefined) continue;
    done.add(name);
    printed.push({ keyword, words });
  }
  return printed;
}

/** The properties of a table that a value has, so that spreading them adds no `undefined`. */
export function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}
