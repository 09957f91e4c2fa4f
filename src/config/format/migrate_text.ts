// The text of a holdfast.yaml in another format: what `holdfast migrate` writes, comments and order kept.
import { parseDocument } from "yaml";
import { FORMAT_STEPS, formatOf, type FormatStep, migrate, type Migration, newestFormat } from "./formats.ts";

/** A text in another format, or one sentence why there is none. */
export type MigratedText =
  | ({ readonly ok: true; readonly from: number; readonly text: string } & Migration)
  | { readonly ok: false; readonly problem: string };

/** @param to the newest one, unless it is said */
export function migrateText(
  text: string,
  to: number | undefined,
  steps: readonly FormatStep[] = FORMAT_STEPS,
): MigratedText {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { ok: false, problem: "this is not YAML: `holdfast check` says where" };
  const from = formatOf(document);
  const newest = newestFormat(steps);
  if (from === undefined) return { ok: false, problem: "`version` is a whole number, from 1" };
  if (from > newest) return { ok: false, problem: newerFormat(from, newest) };
  const target = to ?? newest;
  if (target > newest) return { ok: false, problem: `this Holdfast knows the formats 1 to ${newest}` };
  if (target === from) return { ok: true, from, text, done: [], lost: [] };
  const migration = migrate(document, { from, to: target }, steps);
  return { ok: true, from, text: document.toString({ lineWidth: 0, indentSeq: true }), ...migration };
}

/** What a file of a later format is answered with. */
export function newerFormat(format: number, newest: number): string {
  return `format ${format} is newer than format ${newest}, the newest that this Holdfast reads`;
}

/** Where a file is kept when it is brought to another format. */
export function keptName(path: string, format: number): string {
  return path.replace(/\.ya?ml$/i, (ending) => `.format-${format}${ending}`);
}
