// What `show stat` says: comma-separated values whose texts come from the configuration and, in the results of checks, from
// the network. What is no table, too long or too much is left out, never thrown.

/** The rows, with HAProxy's names of their columns. */
export interface StatTable {
  readonly columns: readonly string[];
  /** In HAProxy's order; each as long as `columns`. */
  readonly rows: readonly (readonly string[])[];
  /** Rows that there was no room for. */
  readonly leftOut: number;
}

/** More are counted, not kept. */
export const MAX_ROWS = 8192;
const MAX_COLUMNS = 256;
const MAX_FIELD = 256;
/** Behind it are columns of modules, which differ from build to build. */
const END_OF_FIXED = "-";

/** Reads the answer; undefined when its first line is not a header of HAProxy's. */
export function parseStats(text: string): StatTable | undefined {
  const lines = records(text);
  const header = lines.next();
  if (header.done || header.value[0]?.startsWith("# ") !== true) return undefined;
  const names = header.value.map((name, at) => at === 0 ? name.slice(2) : name);
  const end = names.indexOf(END_OF_FIXED);
  const columns = names.slice(0, end < 0 ? names.length : end).filter((name) => name !== "").slice(0, MAX_COLUMNS);
  if (columns[0] !== "pxname" || columns[1] !== "svname" || new Set(columns).size !== columns.length) return undefined;
  const rows: string[][] = [];
  let leftOut = 0;
  for (const fields of lines) {
    if (fields.length < 2 || fields[0] === "") continue;
    if (rows.length < MAX_ROWS) rows.push(columns.map((_, at) => clean(fields[at] ?? "")));
    else leftOut++;
  }
  return { columns, rows, leftOut };
}

/** One row as an object, without what is empty. */
export function rowOf({ columns }: StatTable, fields: readonly string[]): Record<string, string> {
  const row: Record<string, string> = {};
  for (const [at, name] of columns.entries()) {
    const value = fields[at];
    if (value !== undefined && value !== "") row[name] = value;
  }
  return row;
}

/** Control characters could draw on a terminal, or end a line. */
function clean(text: string): string {
  const short = text.length > MAX_FIELD ? text.slice(0, MAX_FIELD) : text;
  // deno-lint-ignore no-control-regex -- removing them is the point
  return short.replace(/[\x00-\x1f\x7f]+/g, " ");
}

/** Line by line, with `""` as a quote within quotes; a quoted field may hold line ends. */
function* records(text: string): Generator<string[]> {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end);
    if (!line.includes('"')) {
      if (line !== "") yield line.split(",", MAX_COLUMNS);
      at = end < 0 ? text.length : end + 1;
      continue;
    }
    const fields: string[] = [];
    let next = at;
    for (;;) {
      const [field, after] = fieldAt(text, next);
      if (fields.length < MAX_COLUMNS) fields.push(field);
      next = after + 1;
      if (text.charAt(after) !== ",") break;
    }
    yield fields;
    at = next;
  }
}

/** A field, and the place of the comma or line end behind it. */
function fieldAt(text: string, start: number): readonly [string, number] {
  if (text.charAt(start) !== '"') {
    let end = start;
    while (end < text.length && text.charAt(end) !== "," && text.charAt(end) !== "\n") end++;
    return [text.slice(start, Math.min(end, start + MAX_FIELD + 1)), end];
  }
  let field = "";
  let at = start + 1;
  while (at < text.length) {
    const close = text.indexOf('"', at);
    const stop = close < 0 ? text.length : close;
    if (field.length <= MAX_FIELD) field += text.slice(at, Math.min(stop, at + MAX_FIELD + 1));
    at = stop + 1;
    if (text.charAt(at) !== '"') break;
    field += '"';
    at++;
  }
  while (at < text.length && text.charAt(at) !== "," && text.charAt(at) !== "\n") at++;
  return [field, at];
}
