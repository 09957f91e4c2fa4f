// What the page shows, before it is markup: tables of rows of cells, each with a name to find it by. The document and the
// stream of changes are made of the same rows, so what a script paints is what a reload would show.

/** One cell. A text alone is itself. */
export type Cell = string | {
  readonly text: string;
  /** More about it, shown when pointed at or focused. */
  readonly title?: string;
  /** A moment, Unix milliseconds: the text is how long ago it was. */
  readonly sinceMs?: number;
  /** Place of a small line, and what it shows; drawn by the script. */
  readonly line?: string;
  /** Lines that are shown when it is opened; `key` says what they are about. */
  readonly steps?: readonly string[];
  readonly key?: string;
};

/** One line of a table. */
export interface Row {
  /** Unique on the page; HAProxy's anchors: `proxy/server`. */
  readonly id: string;
  /** State, as one of the style sheet's classes. */
  readonly className: string;
  readonly name: Cell;
  /** What operators check it by. */
  readonly select?: string;
  readonly cells: readonly Cell[];
}

/** One column. */
export interface Column {
  readonly title: string;
  /** How it is set: numbers to the right, words to the left, long words wrapped. */
  readonly kind?: "text" | "wrap" | "spark";
}

/** Columns under one heading, as HAProxy groups them; an empty title: no heading. */
export interface ColumnGroup {
  readonly title: string;
  readonly columns: readonly Column[];
}

/** One table. */
export interface Table {
  readonly id: string;
  /** Its title and how the whole is: the class of the tab. */
  readonly tab: { readonly text: string; readonly className: string };
  readonly detail: string;
  readonly nameTitle: string;
  /** What the form calls it; undefined: its title. */
  readonly formName?: string;
  readonly groups: readonly ColumnGroup[];
  readonly rows: readonly Row[];
}

/** A name for an element: blanks would end it. */
export function idOf(...parts: readonly string[]): string {
  return parts.join("/").replace(/\s+/g, "-");
}

/** Names made unique: the second of two gets a number. */
export function uniqueIds(rows: readonly Row[]): Row[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(row.id) ?? 0) + 1;
    seen.set(row.id, count);
    return count === 1 ? row : { ...row, id: `${row.id}~${count}` };
  });
}
