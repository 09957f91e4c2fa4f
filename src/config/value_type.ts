// What the words behind a keyword mean: a type reads them, writes them again and describes itself. The types are in values_*.ts.
import type { Report } from "./diagnostic.ts";
import type { SourceLocation } from "./config.ts";
import { keywordIn } from "./keywords.ts";
import type { Statement } from "./statement.ts";

/** A JSON Schema (draft 2020-12), as far as our own needs it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How values of a type look. */
export interface ValueShape {
  /** How a manual writes it: `SECONDS`; empty when nothing follows the keyword. */
  readonly form: string;
  /** What holdfast.yaml has in its place. */
  readonly schema: JsonSchema;
  /** A text in holdfast.yaml is cut at its blanks, since several words may follow. */
  readonly splits?: boolean;
}

/** A type of value. */
export interface ValueType<T> extends ValueShape {
  /** Reads the words; undefined when they are wrong, which it has reported then. */
  readonly read: (statement: Statement, report: Report) => T | undefined;
  /** The words for a value; undefined: the keyword is not to be written for it. */
  readonly print: (value: T) => readonly string[] | undefined;
}

/** A range, both ends allowed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Reports a wrong word as `` `priority` must be ..., not `300` ``. The place is the word, or else the keyword. */
export function reject(
  statement: Statement,
  rule: string,
  report: Report,
  { at = 0, help, subject }: { at?: number; help?: string | undefined; subject?: string } = {},
): undefined {
  const word = statement.args[at];
  const given = word === undefined ? "" : `, not \`${word.text}\``;
  const name = subject ?? `\`${statement.keyword.text}\``;
  report.add("invalid-value", word ?? statement.keyword, `${name} ${rule}${given}`, {
    help: help ?? helpForVariable(word?.text),
  });
  return undefined;
}

/** Reports that nothing follows a keyword that needs something; keepalived ends there, or leaves the keyword out. */
export function rejectMissing(statement: Statement, wanted: string, report: Report): undefined {
  const { keyword, section } = statement;
  const message = `\`${keyword.text}\` needs ${wanted}`;
  if (keywordIn(section, keyword.text)?.leftOutWhenEmpty) {
    report.add("missing-value", keyword, `${message}, so it is left out`);
  } else report.add("missing-argument", keyword, message);
  return undefined;
}

/** Words that look as if they switched something off that is on as soon as it is named. */
const NEGATIVE = new Set(["0", "off", "no", "false"]);

/**
 * Warns of words behind a value. keepalived drops most of them without a message: of those, where they are keywords that will
 * not count, or negate a flag. A strict report hears of all of them.
 */
export function rejectExtra(statement: Statement, allowed: number, report: Report): void {
  const extra = statement.args[allowed];
  if (extra === undefined) return;
  const isKeyword = keywordIn(statement.section, extra.text) !== undefined;
  const isNegation = allowed === 0 && NEGATIVE.has(extra.text.toLowerCase());
  const name = statement.keyword.text;
  const isComplaint = keywordIn(statement.section, name)?.complainsOfExtra ?? false;
  if (!isKeyword && !isNegation && !report.isStrict && !isComplaint) return;
  report.add("extra-argument", extra, `\`${extra.text}\` is ignored: it stands behind \`${name}\``, {
    help: isNegation ? `remove \`${name}\`: it is on as soon as it is there` : "each keyword has a line of its own",
  });
}

/** The place of the first word, or else of the keyword. */
export function valuePlace(statement: Statement): SourceLocation {
  return statement.args[0] ?? statement.keyword;
}

function helpForVariable(text = ""): string | undefined {
  const name = /\$\{?(\w+)/.exec(text)?.[1];
  return name === undefined ? undefined : `no \`$${name}=\` comes before this line`;
}
