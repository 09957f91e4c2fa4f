// Numbers side by side, and the ratio of the first column to the second.

/** Rows by title, in the order of their first number. */
export class Table {
  readonly #columns: readonly string[];
  readonly #rows = new Map<string, Map<string, number>>();

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  /** @param who begins as its column does, in small letters */
  set(title: string, who: string, value: number): void {
    const row = this.#rows.get(title) ?? new Map<string, number>();
    this.#rows.set(title, row.set(who, value));
    console.log(`${title}: ${who} ${format(value)}`);
  }

  /** As a table of Markdown. */
  print(): void {
    console.log(`\n| | ${this.#columns.join(" | ")} | ratio |\n|${"---|".repeat(this.#columns.length + 2)}`);
    for (const [title, row] of this.#rows) {
      const values = this.#columns.map((column) => {
        return row.get([...row.keys()].find((who) => column.toLowerCase().replaceAll("`", "").startsWith(who)) ?? "");
      });
      const [first, ...others] = values;
      const second = others.find((value) => value !== undefined);
      const ratio = first === undefined || second === undefined ? "" : (first / second).toFixed(2);
      console.log(`| ${[title, ...values.map(format), ratio].join(" | ")} |`);
    }
  }
}

function format(value: number | undefined): string {
  if (value === undefined) return "";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
