// Tables as HTML. Thousands of rows are texts joined, not elements: the one place where texts of others are escaped.
import type { Cell, Column, Row, Table } from "./model.ts";
import { formatDuration } from "../format.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for anywhere in HTML. Control characters, which could hide things, become question marks; line feeds stay. */
export function escapeHtml(text: string): string {
  // deno-lint-ignore no-control-regex -- finding them is the point
  if (!/[&<>"'\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(text)) return text;
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    // deno-lint-ignore no-control-regex -- removing them is the point
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "?");
}

/** A whole table. @param selects rows that can be checked have a box to do so */
export function tableHtml(table: Table, nowMs: number, selects = false): string {
  const columns = table.groups.flatMap((group) => group.columns);
  const label = escapeHtml(table.tab.text);
  const id = escapeHtml(table.id);
  return `<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table id="${id}">` +
    `<caption><span id="${id}:tab" class="tab ${table.tab.className}">${label}</span>` +
    `<span class="detail">${escapeHtml(table.detail)}</span></caption>` +
    `<thead>${headHtml(table)}</thead><tbody>` +
    table.rows.map((row) => rowHtml(row, columns, { nowMs, selects })).join("\n") + "</tbody></table></div>";
}

function headHtml({ nameTitle, groups }: Table): string {
  const columns = groups.flatMap((group) => group.columns)
    .map(({ title }) => `<th scope="col">${escapeHtml(title)}</th>`).join("");
  const name = escapeHtml(nameTitle);
  if (groups.every(({ title }) => title === "")) return `<tr><th scope="col">${name}</th>${columns}</tr>`;
  const titles = groups.map(({ title, columns }) =>
    `<th colspan="${columns.length}" scope="colgroup">${escapeHtml(title)}</th>`
  );
  return `<tr><th rowspan="2" scope="col">${name}</th>${titles.join("")}</tr><tr>${columns}</tr>`;
}

function rowHtml(
  row: Row,
  columns: readonly Column[],
  { nowMs, selects }: { readonly nowMs: number; readonly selects: boolean },
): string {
  const id = escapeHtml(row.id);
  const name = cellHtml(row.name, nowMs);
  // Nothing but the name is text in there: the script compares it.
  const head = selects && row.select !== undefined
    ? `<label><input type="checkbox" name="s" value="${escapeHtml(row.select)}">${name}</label>`
    : name;
  let html = `<tr id="${id}" class="${row.className}"><th scope="row">${head}</th>`;
  for (const [at, cell] of row.cells.entries()) {
    const kind = columns[at]?.kind;
    const line = typeof cell === "string" || cell.line === undefined ? "" : ` data-line="${escapeHtml(cell.line)}"`;
    html += kind === undefined ? "<td>" : `<td class="${kind}"${line}>`;
    html += `${cellHtml(cell, nowMs)}</td>`;
  }
  return `${html}</tr>`;
}

function cellHtml(cell: Cell, nowMs: number): string {
  if (typeof cell === "string") return escapeHtml(cell);
  if (cell.sinceMs !== undefined) {
    return `<time data-since="${cell.sinceMs}">${formatDuration(nowMs - cell.sinceMs)}</time>`;
  }
  if (cell.steps !== undefined) {
    const steps = cell.steps.map((step) => `<li>${escapeHtml(step)}</li>`).join("");
    return `<details data-key="${escapeHtml(cell.key ?? "")}"><summary>${escapeHtml(cell.text)}</summary>` +
      `<ol class="steps">${steps}</ol></details>`;
  }
  if (cell.title === undefined) return escapeHtml(cell.text);
  return `<span class="tip" tabindex="0" title="${escapeHtml(cell.title)}">${escapeHtml(cell.text)}</span>`;
}
