import { assert, assertEquals } from "../../../test/assert.ts";
import { MAX_ROWS, parseStats, rowOf } from "./stats_csv.ts";

const HEADER = "# pxname,svname,status,last_chk,-,ssl_sess,";

Deno.test("rows are read by the names of their columns, those of modules left out", () => {
  const table = parseStats(`${HEADER}\nwww,FRONTEND,OPEN,,-,0,\nwww,s1,UP 1/3,"a ""b"", c",-,1,\n\n`);
  assert(table !== undefined);
  assertEquals(table.columns, ["pxname", "svname", "status", "last_chk"]);
  assertEquals(table.rows, [["www", "FRONTEND", "OPEN", ""], ["www", "s1", "UP 1/3", 'a "b", c']]);
  assertEquals(rowOf(table, table.rows[0] ?? []), { pxname: "www", svname: "FRONTEND", status: "OPEN" });
});

Deno.test("what is no table is none", () => {
  const texts = ["", "\n", "Unknown command", "pxname,svname\n", "# svname,pxname\n", "# pxname,svname,pxname\n", '"'];
  for (const text of texts) assertEquals(parseStats(text), undefined);
});

Deno.test("texts of servers cannot break it: quotes, line ends, control characters, lengths, numbers of fields", () => {
  const table = parseStats(
    `${HEADER}\n` +
      `www,s1,UP,"two\nlines, and \x1b[31m \0",-,\n` +
      `www,s2\n` +
      `www,s3,UP,${"x".repeat(100_000)},-,\n` +
      `www,s4,UP,"${'""'.repeat(100_000)}",-,\n` +
      `,nobody,UP,,\n` +
      `www,s5,${",".repeat(100_000)}\n` +
      `www,s6,UP,"never closed, \n and so on`,
  );
  assert(table !== undefined);
  assertEquals(table.rows.map(([, name]) => name), ["s1", "s2", "s3", "s4", "s5", "s6"]);
  assertEquals(table.rows[0]?.[3], "two lines, and  [31m  ");
  assertEquals(table.rows[1], ["www", "s2", "", ""]);
  for (const row of table.rows) {
    assertEquals(row.length, 4);
    for (const field of row) assert(field.length <= 256);
  }
});

Deno.test("more rows than there is room for are counted", () => {
  const table = parseStats(`${HEADER}\n${"a,b,UP,,-,\n".repeat(MAX_ROWS + 5)}`);
  assertEquals([table?.rows.length, table?.leftOut], [MAX_ROWS, 5]);
});

Deno.test("any text is read, or not, in bounded time", () => {
  const pieces = ["# pxname,svname,", ",", '"', '""', "\n", "a", "-", "\r\n", "\0", "é"];
  let seed = 1;
  for (let round = 0; round < 3000; round++) {
    let text = round % 2 === 0 ? `${HEADER}\n` : "";
    for (let count = 0; count < 40; count++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      text += pieces[(seed >>> 16) % pieces.length];
    }
    const table = parseStats(text);
    for (const row of table?.rows ?? []) assertEquals(row.length, table?.columns.length);
  }
});
