import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { NO_OPERATIONS } from "../ports/commands.ts";
import type { HaproxySnapshot, Snapshot } from "../ports/snapshot.ts";
import { Haproxy } from "./api/schemas.ts";
import { renderCsv, statsRows } from "./csv.ts";
import { haproxy } from "./fixture_haproxy.ts";
import { snapshot as fixture } from "./fixture_snapshot.ts";
import { haproxyLine, haproxyStatus } from "./haproxy_status.ts";
import { History } from "./history.ts";
import { renderMetrics } from "./metrics.ts";
import { renderStatsPage } from "./page/document.tsx";
import { filtered, NO_FILTER, pageModel, type PageSource } from "./page/page_model.ts";
import { JournalView } from "./journal_view.ts";

const picture = (state?: HaproxySnapshot["state"]): Snapshot => (fixture({ haproxy: haproxy(state) }));

function sourceOf(snapshot: Snapshot): PageSource {
  return { snapshot, history: new History(), journal: new JournalView(() => {}), operations: NO_OPERATIONS };
}

function page(snapshot: Snapshot): string {
  const source = sourceOf(snapshot);
  return renderStatsPage(source, { nowMs: 10_000, filter: NO_FILTER, refreshSeconds: undefined });
}

Deno.test("the page has a table for each proxy, in HAProxy's classes, and quotes nobody's markup", () => {
  const html = page(picture());
  for (const [name, className] of [["s1", "up"], ["s2", "down"], ["s4", "draining"]]) {
    assertStringIncludes(html, `<tr id="app/${name}" class="active_${className}">`);
  }
  assertStringIncludes(html, `<tr id="app/s3" class="maintain">`);
  assertStringIncludes(html, `<span id="app:tab" class="tab degraded">app</span>`);
  assertStringIncludes(html, "haproxy, http, roundrobin");
  assertStringIncludes(html, "2.6.12 running (pid 12), 1 old workers, restarted 2 times");
  assert(!html.includes("<b>refused"));
});

Deno.test("while HAProxy is away the page says how it was, and exports leave it out", async () => {
  const snapshot = picture("restarting");
  assertStringIncludes(page(snapshot), "as it was before HAProxy was restarting");
  assertStringIncludes(
    pageModel(sourceOf(snapshot)).title,
    "HAProxy down",
  );
  assert(!/^app,/m.test(renderCsv(snapshot, 0, new History())));
  const metrics = await renderMetrics({ snapshot });
  assertStringIncludes(metrics, "holdfast_haproxy_up 0");
  assert(!metrics.includes("holdfast_haproxy_status"));
});

Deno.test("the filters of the page are for HAProxy's rows, too", () => {
  const names = (filter: Partial<typeof NO_FILTER>): string[] =>
    (filtered(picture(), { ...NO_FILTER, ...filter }).haproxy?.statistics?.rows ?? []).map(([px, sv]) => `${px}/${sv}`);
  assertEquals(names({ hidesDown: true }), ["web/FRONTEND", "app/s1", "app/s3", "app/s4", "app/BACKEND"]);
  assertEquals(names({ hidesMaintenance: true }).includes("app/s3"), false);
  assertEquals(names({ scope: "WEB" }), ["web/FRONTEND"]);
  assertEquals(names({ scope: "10.0.0.4" }), ["app/s4", "app/BACKEND"]);
  assertEquals(names({ scope: "nothing" }), []);
});

Deno.test("its rows follow ours in both exports, every one as long as the header", () => {
  const csv = renderCsv(picture(), 0, new History()).trimEnd().split("\n");
  const rows = csv.filter((row) => /^(?:web|app),/.test(row));
  assertEquals(rows.length, 6);
  const width = csv[0]?.split(",").length;
  for (const row of rows) assertEquals(row.split(",").length, width);
  const objects = statsRows(picture(), 0, new History());
  const front = objects.find(({ pxname }) => pxname === "web");
  assertEquals([front?.stot, front?.status, front?.slim], [86, "OPEN", 500]);
});

Deno.test("the API and the metrics say the same", async () => {
  const status = haproxyStatus(haproxy()) as {
    proxies: { name: string; servers: { status: string; check?: string }[] }[];
  };
  const told = JSON.parse(JSON.stringify(status));
  assertEquals(Haproxy.parse(told), told, "as its schema says, and nothing untold");
  assertEquals(status.proxies.map(({ name }) => name), ["web", "app"]);
  assertEquals(status.proxies[1]?.servers.map(({ status }) => status), ["UP", "DOWN", "MAINT", "DRAIN"]);
  assertEquals(status.proxies[1]?.servers[1]?.check, "L4CON");
  assertEquals(
    haproxyLine(haproxy()),
    "HAProxy 2.6.12: running, started again 2 times, 1 old workers, 2 proxies, 1 of 4 servers up",
  );
  const metrics = await renderMetrics({ snapshot: picture() });
  for (
    const text of [
      "holdfast_haproxy_up 1",
      "holdfast_haproxy_restarts_total 2",
      'holdfast_haproxy_status{proxy="app",kind="server",server="s2"} 0',
      'holdfast_haproxy_bytes_in_total{proxy="web",kind="frontend",server=""} 7073',
    ]
  ) assertStringIncludes(metrics, text);
});
