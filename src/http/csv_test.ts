import { assertEquals } from "../../test/assert.ts";
import { HAPROXY_COLUMNS, OWN_COLUMNS, renderCsv } from "./csv.ts";
import { History } from "./history.ts";
import { NOW_MS, snapshot } from "./fixture_snapshot.ts";

Deno.test("renderCsv() begins with HAProxy 2.6's 103 columns and ends every line with a comma", () => {
  const lines = renderCsv(snapshot(), NOW_MS, new History()).split("\n");
  assertEquals(HAPROXY_COLUMNS.length, 103);
  assertEquals(lines[0], `# ${HAPROXY_COLUMNS.join(",")},-,${OWN_COLUMNS.join(",")},`);
  assertEquals(lines.at(-1), "");
  for (const line of lines.slice(0, -1)) assertEquals(line.endsWith(","), true);
});

Deno.test("renderCsv() has a row for each frontend, server, sorry server and backend", () => {
  const rows = read(renderCsv(snapshot(), NOW_MS, new History()));
  assertEquals(rows.map((row) => [row.svname, row.type, row.status, row.bck]), [
    ["FRONTEND", "0", "OPEN", ""],
    ["10.0.1.11:80", "2", "UP", "0"],
    ["10.0.1.12:80", "2", "UP 1/2", "0"],
    ["10.0.1.13:80", "2", "DOWN", "0"],
    ["10.0.1.14:80", "2", "no check", "0"],
    ["10.0.1.15:80", "2", "DRAIN", "0"],
    ["10.0.1.16:80", "2", "MAINT", "0"],
    ["BACKEND", "1", "UP", "0"],
    ["FRONTEND", "0", "OPEN", ""],
    ["10.0.0.11:80", "2", "DOWN", "0"],
    ["10.0.1.99:80", "2", "no check", "1"],
    ["BACKEND", "1", "DOWN", "1"],
  ]);
});

Deno.test("renderCsv() takes its numbers from the kernel, and leaves out what the director does not see", () => {
  const [, first, second, third, , , , , dr] = read(renderCsv(snapshot(), NOW_MS, new History()));
  assertEquals(
    [first?.stot, first?.bin, first?.bout, first?.scur, first?.lastchg, first?.check_status, first?.check_health],
    ["1001", "1004", "1005", "3", "3600", "L4OK", "2"],
  );
  assertEquals([second?.check_code, second?.check_health, second?.chkfail], ["503", "1", "1"]);
  assertEquals([third?.check_health, third?.downtime, third?.weight, third?.uweight], ["0", "65", "0", "1"]);
  assertEquals([dr?.bin, dr?.bout, dr?.ipvs_fwd], ["5004", "", "dr"]);
});

Deno.test("renderCsv() counts the sorry server's connections, and writes HAProxy's separator in every row", () => {
  const rows = read(renderCsv(snapshot(), NOW_MS, new History()));
  const backend = rows.at(-1);
  assertEquals([backend?.scur, backend?.ipvs_active, backend?.ipvs_inactive], ["4", "4", "6"]);
  assertEquals(new Set(rows.map((row) => row["-"])), new Set(["-"]));
});

/** Rows by column name. Good enough for fields without quotes. */
function read(csv: string): Record<string, string>[] {
  const [header = "", ...lines] = csv.trimEnd().split("\n");
  const names = header.replace("# ", "").split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, index) => [names[index] ?? "", value])));
}
