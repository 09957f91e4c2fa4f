import { assertEquals, assertMatch } from "../../test/assert.ts";
import type { RealServerSnapshot } from "../ports/snapshot.ts";
import { renderCsv } from "./csv.ts";
import { NOW_MS, realServer, snapshot, virtualServer } from "./fixture_snapshot.ts";
import { History } from "./history.ts";
import { STATE_COLOURS } from "./page/styles.ts";
import { virtualServerTable } from "./page/virtual_server_view.ts";
import { serverClass, serverStatusText, usableServers } from "./server_status.ts";

const standing: Partial<RealServerSnapshot> = {
  backup: true,
  state: "up",
  weight: { configured: 4, effective: 0, kernel: 0 },
};

Deno.test("a backup that stands by is UP in a backup's colour, and does not drain", () => {
  const server = realServer(standing);
  assertEquals([serverStatusText(server), serverClass(server)], ["UP", "backup_up"]);
  assertEquals(serverClass(realServer({ ...standing, state: "down" })), "backup_down");
  assertEquals(serverClass(realServer({ ...standing, presence: "draining" })), "backup_draining");
  assertEquals(serverClass(realServer({ ...standing, backup: false })), "active_draining");
});

Deno.test("usableServers() and the CSV count backups by themselves, as HAProxy does", () => {
  const server = virtualServer({
    realServers: [
      realServer({ address: "10.0.1.1", weight: { configured: 1, effective: 1 } }),
      realServer({ ...standing, address: "10.0.1.2" }),
      realServer({ ...standing, address: "10.0.1.3", state: "down" }),
    ],
  });
  assertEquals(usableServers(server), { active: 1, backup: 1 });
  const lines = renderCsv(snapshot({ virtualServers: [server] }), NOW_MS, new History()).split("\n");
  const [act = 0, bck = 0] = ["act", "bck"].map((name) => lines[0]?.replace("# ", "").split(",").indexOf(name) ?? 0);
  const row = (name: string): string[] => lines.find((line) => line.split(",")[1] === name)?.split(",") ?? [];
  const counts = (name: string): unknown[] => [row(name)[act], row(name)[bck]];
  assertEquals(["10.0.1.1:80", "10.0.1.2:80", "BACKEND"].map(counts), [["1", "0"], ["0", "1"], ["1", "1"]]);
  assertMatch(lines.join("\n"), /10\.0\.1\.2:80/);
});

Deno.test("the page shows a backup as one, in HAProxy's columns", () => {
  const table = virtualServerTable(virtualServer({ realServers: [realServer(standing)] }), new History());
  const columns = table.groups.flatMap(({ columns }) => columns.map(({ title }) => title));
  const row = table.rows.find(({ className }) => className === "backup_up");
  const cell = (title: string): unknown => row?.cells[columns.indexOf(title)];
  assertEquals([cell("Wght"), cell("Act"), cell("Bck")], ["0/4", "-", "Y"]);
});

Deno.test("every class that a row can have has a colour", () => {
  const states = ["up", "going-down", "down", "going-up", "no-check"] as const;
  for (const backup of [true, false]) {
    for (const presence of ["present", "draining", "out"] as const) {
      for (const state of states) {
        const name = serverClass(realServer({ backup, presence, state }));
        assertEquals(Object.hasOwn(STATE_COLOURS, name), true, name);
      }
    }
  }
});
