// Tables for terminals: columns as wide as they need to be, two spaces apart.

/** Lines of a table; a row may be shorter than the heading. Nothing trails. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) => widths.map((width, column) => (row[column] ?? "").padEnd(width)).join("  ").trimEnd());
}
