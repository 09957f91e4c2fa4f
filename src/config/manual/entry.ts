// What the manual says of a keyword, and the tables that it is written in. Ranges and forms of arguments are not part of
// it: they come from the types of values.

/** A keyword at one position. */
export interface ManualEntry {
  /** What it means: a sentence or two, in lower case. */
  readonly meaning: string;
  /** The default as a reader would say it; undefined: there is none. */
  readonly fallback?: string;
  /** Lines of keepalived.conf: one, or a block with one setting in each. */
  readonly example: string;
  /** Where it comes from: an RFC's section, a part of keepalived.conf(5). */
  readonly source: string;
}

/** Entries by keyword. */
export type ManualTable = Readonly<Record<string, ManualEntry>>;

/**
 * Reads a table of lines `keyword | meaning | default | arguments of the example | source`; the last three may be empty or
 * missing. An example without arguments is the keyword alone; within braces, `;` stands between settings, each of which
 * gets a line of its own.
 */
export function manualTable(source: string, lines: string): ManualTable {
  const entries = lines.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [keyword = "", meaning = "", fallback = "", example = "", own = ""] = line.split(/\s\|(?=\s|$)/).map((cell) =>
      cell.trim()
    );
    const entry = {
      meaning,
      ...(fallback === "" ? {} : { fallback }),
      example: laidOut(`${keyword} ${example}`.trimEnd()),
      source: own === "" ? source : own,
    };
    return [keyword, entry] as const;
  });
  return Object.fromEntries(entries);
}

/** An example with a line for each setting, as keepalived.conf needs it: the rest of a line is arguments of its first word. */
function laidOut(example: string): string {
  const lines = [""];
  let depth = 0;
  const begin = (): void => {
    lines.push("    ".repeat(depth));
  };
  for (const [word] of example.matchAll(/"[^"]*"|[{};]|[^\s{};"]+/g)) {
    if (word === "}") {
      depth--;
      begin();
    }
    if (word === ";") begin();
    else lines.push(`${lines.pop()}${word} `);
    if (word === "{") {
      depth++;
      begin();
    }
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== "").join("\n");
}
