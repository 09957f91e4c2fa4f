import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../test/assert.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { createApp } from "./app.ts";
import { NOW_MS, realServer, snapshot, virtualServer, vrrpInstance } from "./fixture_snapshot.ts";

const HOSTILE = `"><script>alert(1)</script>&'`;

Deno.test("GET /healthz and the redirect from /", async () => {
  const health = await get("/healthz");
  assertEquals(health.status, 200);
  assertEquals(await health.text(), "ok");
  const root = await get("/");
  assertEquals([root.status, root.headers.get("location")], [302, "/stats"]);
});

Deno.test("every reply forbids framing, scripts, sniffing and storing", async () => {
  for (const path of ["/stats", "/healthz", "/metrics", "/api/v1/status", "/nothing"]) {
    const { headers } = await get(path);
    assertStringIncludes(headers.get("content-security-policy") ?? "", "default-src 'none'");
    assertStringIncludes(headers.get("content-security-policy") ?? "", "frame-ancestors 'none'");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("only loopback names and those allowed are answered, whatever the port (DNS rebinding)", async () => {
  for (const host of ["localhost:8404", "127.0.0.1", "[::1]:8404", "lb1.example:1"]) {
    assertEquals((await get("/healthz", { host })).status, 200, host);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example:8404", "localhost.evil.example"]) {
    assertEquals((await get("/healthz", { host })).status, 421, host);
  }
});

Deno.test("nothing but GET and HEAD, and problem details below /api", async () => {
  const app = createApp({ snapshot: () => snapshot(), wallMs: () => NOW_MS, allowedHosts: [] });
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    assertEquals((await app.request("http://localhost/metrics", { method })).status, 405, method);
  }
  const missing = await get("/api/v1/nothing");
  assertEquals(missing.status, 404);
  assertMatch(missing.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assertEquals((await missing.json()).status, 404);
});

Deno.test("GET /api/v1/status tells states, counts and times", async () => {
  const status = await (await get("/api/v1/status")).json();
  assertEquals(status.node, "dir1");
  assertEquals(status.generation, 3);
  assertEquals(status.vrrp, { master: 1, backup: 0, fault: 1 });
  assertEquals(status.virtualServersSummary, { total: 2, up: 0, degraded: 1, down: 1 });
  assertEquals(status.vrrpInstances[0].since, "2026-01-02T01:34:05.000Z");
  assertEquals(status.vrrpInstances[0].counters.discarded, { checksum: 2, "auth-fail": 1 });
  assertEquals(status.virtualServers[0].realServers[1].operState, "going-down");
  assertEquals(status.virtualServers[0].counters.connections, 5001);
});

Deno.test("GET /stats shows every state in words and in HAProxy's class", async () => {
  const page = await (await get("/stats")).text();
  for (
    const [name, status] of [
      ["active_up", "UP"],
      ["active_going_down", "UP 1/2"],
      ["active_down", "DOWN"],
      ["active_no_check", "no check"],
      ["active_draining", "DRAIN"],
      ["maintain", ".*MAINT.*"],
    ]
  ) {
    assertMatch(
      page,
      new RegExp(`<tr id="[^"]+" class="${name}"><th scope="row">[^<]+</th><td class="text">${status}</td>`),
    );
  }
  assertMatch(page, /class="backup_up"><th scope="row">10\.0\.1\.99:80 \(sorry\)/);
  assertMatch(
    page,
    /<tr id="vrrp\/VI_1" class="vrrp_master missing"><th scope="row">.*VI_1.*<\/th><td class="text">MASTER<\/td>/,
  );
  assertMatch(page, /class="vrrp_fault missing"><th scope="row">.*VI_2.*<\/th><td class="text">FAULT<\/td>/);
  assertStringIncludes(page, "interface eth0 is down");
  assertStringIncludes(page, "10.0.1.254/24 dev eth1: not here, and should be");
  assertStringIncludes(page, "L7STS/503 in 1.2 ms: answered 503");
  assertStringIncludes(page, "the running configuration goes on");
  assertStringIncludes(page, `class="tab degraded">tcp 10.0.0.100:80</span>`);
  assertStringIncludes(page, `class="tab down">tcp 10.0.0.101:80</span>`);
  assertStringIncludes(page, "<title>1 in fault, 1 down, 1 degraded - dir1 - Holdfast</title>");
  assert(!/<script>|<style| style=| on[a-z]+=/.test(page), "nothing that the content security policy forbids");
});

Deno.test("GET /stats refreshes itself unless told not to", async () => {
  const refresh = `<noscript><meta http-equiv="refresh" content="5"/></noscript>`;
  assertStringIncludes(await (await get("/stats")).text(), refresh);
  const still = await (await get("/stats;norefresh")).text();
  assert(!still.includes("http-equiv"));
  assertStringIncludes(still, `data-live="no"`);
  assertStringIncludes(still, `<a href="/stats">Enable refresh</a>`);
});

Deno.test("GET /stats says standby when no instance is master, and only then", async () => {
  const standby = await (await get("/stats", {}, snapshot({ vrrpInstances: [vrrpInstance({ state: "backup" })] })))
    .text();
  assertStringIncludes(standby, "Standby: this node is master of no VRRP instance");
  assert(!(await (await get("/stats")).text()).includes("Standby:"));
  assert(!(await (await get("/stats", {}, snapshot({ vrrpInstances: [] }))).text()).includes("Standby:"));
});

Deno.test("GET /stats leaves bytes out blank where replies bypass the director", async () => {
  const only = (forwardingMethod: "nat" | "dr"): Snapshot =>
    snapshot({
      virtualServers: [virtualServer({ forwardingMethod, realServers: [realServer({ forwardingMethod })] })],
    });
  const bytesOut = "<td>1005 B</td>"; // no unit change: 1005 is below 1024
  assertStringIncludes(await (await get("/stats", {}, only("nat"))).text(), bytesOut);
  assert(!(await (await get("/stats", {}, only("dr"))).text()).includes(bytesOut));
});

Deno.test("GET /stats hides what is down and what is out of scope, in HAProxy's words; so do the exports", async () => {
  const rows = async (path: string): Promise<string[]> =>
    [...(await (await get(path)).text()).matchAll(/ id="([^"]+\/(?:[\d.]+:\d+|Backend))"/g)].map(([, id]) => id ?? "");
  assertEquals((await rows("/stats")).length, 9);
  assertEquals((await rows("/stats;no-maint")).filter((id) => id.endsWith("10.0.1.16:80")), []);
  assertEquals((await rows("/stats;up")).filter((id) => id.endsWith("10.0.1.13:80")), []);
  assertEquals(await rows("/stats;norefresh;scope=0.101"), [
    "tcp-10.0.0.101:80/10.0.0.11:80",
    "tcp-10.0.0.101:80/Backend",
  ]);
  assertEquals(await rows("/stats?scope=1.12:8"), ["tcp-10.0.0.100:80/10.0.1.12:80", "tcp-10.0.0.100:80/Backend"]);
  const names = async (path: string): Promise<string[]> =>
    (await (await get(path)).json()).map((row: { pxname: string; svname: string }) => `${row.pxname} ${row.svname}`);
  assertEquals(await names("/stats;json;up;scope=0.100"), [
    "tcp 10.0.0.100:80 FRONTEND",
    ...["11", "12", "14", "15", "16"].map((last) => `tcp 10.0.0.100:80 10.0.1.${last}:80`),
    "tcp 10.0.0.100:80 BACKEND",
  ]);
  assertEquals((await (await get("/stats;csv;scope=nothing")).text()).trimEnd().split("\n").length, 1);
  assertStringIncludes(await (await get("/stats?scope=nothing")).text(), "No virtual server has that in its name");
});

Deno.test("a scope is text in the page that it comes back in", async () => {
  const page = await (await get(`/stats?scope=${encodeURIComponent(HOSTILE)}`)).text();
  assert(!page.includes("<script>alert"));
  assertStringIncludes(page, `value="&quot;&gt;&lt;script&gt;`);
});

Deno.test("what comes from outside is text everywhere: page, CSV, metrics, JSON", async () => {
  const hostile = hostileSnapshot();
  const page = await (await get("/stats", {}, hostile)).text();
  assert(!page.includes("<script>"), "no markup of others in the page");
  assertStringIncludes(page, "&lt;script&gt;");
  const csv = await (await get("/stats;csv", {}, hostile)).text();
  assertEquals(csv.trimEnd().split("\n").length, 1 + 3);
  const metrics = await (await get("/metrics", {}, hostile)).text();
  assertStringIncludes(metrics, `iname="\\"><script>`);
  assertEquals((await (await get("/api/v1/status", {}, hostile)).json()).vrrpInstances[0].name, HOSTILE);
});

Deno.test("each row of the page has as many cells as there are columns", async () => {
  const page = await (await get("/stats")).text();
  for (const table of page.match(/<table.*?<\/table>/gs) ?? []) {
    const columns = table.match(/<th scope="col">/g)?.length ?? 0;
    for (const row of table.match(/<tr id=.*?<\/tr>/gs) ?? []) {
      assertEquals(row.match(/<td/g)?.length, table.includes("rowspan") ? columns : columns - 1, row);
    }
  }
});

Deno.test("GET /stats renders 2000 real servers, each once", async () => {
  const realServers = Array.from({ length: 2000 }, (_, index) => realServer({ port: 1000 + index }));
  const page = await (await get("/stats", {}, snapshot({ virtualServers: [virtualServer({ realServers })] }))).text();
  assertEquals(page.match(/class="active_up"><th/g)?.length, 2000);
});

function get(path: string, headers: Record<string, string> = {}, shown: Snapshot = snapshot()): Promise<Response> {
  const app = createApp({ snapshot: () => shown, wallMs: () => NOW_MS, allowedHosts: ["lb1.example"] });
  return Promise.resolve(app.request(`http://localhost${path}`, { headers: { host: "localhost:8404", ...headers } }));
}

function hostileSnapshot(): Snapshot {
  const check = { ...realServer().check, text: HOSTILE } as NonNullable<ReturnType<typeof realServer>["check"]>;
  return snapshot({
    vrrpInstances: [vrrpInstance({ name: HOSTILE, interface: HOSTILE, faults: [HOSTILE] })],
    virtualServers: [
      virtualServer({ name: HOSTILE, scheduler: HOSTILE, realServers: [realServer({ check, state: "down" })] }),
    ],
  });
}
