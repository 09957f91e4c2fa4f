// The form of the stats page: who gets one, what it does, and what else could send it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../test/assert.ts";
import type { CommandAnswer, CommandRequest } from "../../ports/commands.ts";
import type { AccessPolicy, Identification } from "../access.ts";
import type { Role } from "../api/operation.ts";
import { createApp } from "../app.ts";
import { NOW_MS, realServer, snapshot, virtualServer } from "../fixture_snapshot.ts";

const SERVERS = ["10.0.1.11:80", "10.0.1.12:80"];

Deno.test("operators have a form with each virtual server, and nobody else has", async () => {
  for (const [role, has] of [["reader", false], ["operator", true], ["admin", true]] as const) {
    const page = await (await site({ role }).get("/stats")).text();
    assertEquals(page.includes(`<form class="admin" method="post"`), has, role);
    assertEquals(page.includes(`type="checkbox" name="s"`), has, role);
    assertEquals(page.includes("refresh"), true);
    assertEquals(page.includes(`http-equiv="refresh"`), !has, "what is checked stays");
  }
  const page = await (await site({ role: "operator" }).get("/stats")).text();
  assertEquals(page.match(/<form class="admin"/g)?.length, 2);
  assertStringIncludes(page, "olivia (operator)");
  assertMatch(page, /<label><input type="checkbox" name="s" value="10\.0\.1\.11:80">10\.0\.1\.11:80<\/label>/);
});

Deno.test("checked servers are drained, and the page says so", async () => {
  const { send, get, asked } = site();
  const reply = await send({ s: SERVERS, action: "drain", reason: "new disk", ttl: "600" });
  assertEquals([reply.status, reply.headers.get("location")], [303, "/stats;st=DONE"]);
  assertEquals(
    asked,
    SERVERS.map((realServer) => ({
      command: "drain",
      virtualServer: "tcp 10.0.0.100:80",
      realServer,
      forMs: 600_000,
      reason: "new disk",
    })),
  );
  const page = await (await get("/stats;st=DONE")).text();
  assertMatch(page, /<div id="result" class="result active_up" role="status"><p>Done\.<\/p>/);
  assert(!(await (await get("/stats;st=<script>")).text()).includes(`id="result"`));
  const kept = await send({ s: SERVERS, action: "maint" }, { path: "/stats;up;norefresh?scope=10.0.0" });
  assertEquals(kept.headers.get("location"), "/stats;up;norefresh;st=DONE?scope=10.0.0", "the view stays");
});

Deno.test("every verb of HAProxy's that means something here", async () => {
  for (
    const [action, expected] of [
      ["ready", { command: "ready" }],
      ["maint", { command: "maint" }],
      ["hrunn", { command: "health", health: "up" }],
      ["hdown", { command: "health", health: "down" }],
      ["ehlth", { command: "health" }],
      ["check", { command: "check-now" }],
      ["weight", { command: "weight", weight: 7 }],
    ] as const
  ) {
    const { send, asked } = site();
    assertEquals(
      (await send({ s: ["10.0.1.11:80"], action, w: "7" })).headers.get("location"),
      "/stats;st=DONE",
      action,
    );
    assertEquals(asked, [{ ...expected, virtualServer: "tcp 10.0.0.100:80", realServer: "10.0.1.11:80" }]);
  }
});

Deno.test("what came of it, in HAProxy's codes", async () => {
  const code = async (fields: Fields, options: Parameters<typeof site>[0] = {}): Promise<string> => {
    const reply = await site(options).send(fields);
    assertEquals(reply.status, 303);
    return reply.headers.get("location")?.replace("/stats;st=", "") ?? "";
  };
  const s = SERVERS;
  assertEquals(await code({ s: [], action: "drain" }), "NONE");
  assertEquals(await code({ s, action: "" }), "ERRP");
  assertEquals(await code({ s, action: "shutdown" }), "ERRP");
  assertEquals(await code({ s, action: "weight", w: "many" }), "ERRP");
  assertEquals(await code({ s, action: "drain", ttl: "-1" }), "ERRP");
  assertEquals(await code({ s: [...s, "10.9.9.9:80"], action: "drain" }), "PART");
  assertEquals(await code({ s: ["10.9.9.9:80"], action: "drain" }), "NONE");
  assertEquals(await code({ s, action: "drain", b: "tcp 1.2.3.4:80" }), "NONE");
  assertEquals(await code({ s, action: "drain", reason: "x".repeat(70_000) }), "EXCD");
  assertEquals(await code({ s, action: "drain" }, { answer: { ok: false, status: 503, message: "no" } }), "NONE");
});

Deno.test("all servers at once are not taken away by accident", async () => {
  const shown = snapshot({
    virtualServers: [virtualServer({ realServers: [realServer(), realServer({ address: "10.0.1.12" })] })],
  });
  const first = site({ shown });
  assertEquals((await first.send({ s: SERVERS, action: "maint" })).headers.get("location"), "/stats;st=PART");
  assertEquals(first.asked.length, 1, "the second is the last one");
  const second = site({ shown });
  assertEquals(
    (await second.send({ s: SERVERS, action: "maint", force: "yes" })).headers.get("location"),
    "/stats;st=DONE",
  );
  const alone = snapshot({ virtualServers: [virtualServer({ realServers: [realServer()] })] });
  const reply = await site({ shown: alone }).send({ s: ["10.0.1.11:80"], action: "drain" });
  assertEquals(reply.headers.get("location"), "/stats;st=LAST");
});

Deno.test("a form of others does nothing (CSRF)", async () => {
  const { send, asked } = site();
  const fields = { s: SERVERS, action: "maint" };
  for (const token of ["", "guess", "x".repeat(43)]) {
    assertEquals((await send({ ...fields, token })).headers.get("location"), "/stats;st=DENY", token);
  }
  const other = await site({ name: "oscar" }).token();
  assertEquals((await send({ ...fields, token: other })).headers.get("location"), "/stats;st=DENY", "somebody else's");
  for (
    const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]
  ) assertEquals((await send(fields, { headers })).status, 403, JSON.stringify(headers));
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
    assertEquals((await send(fields, { headers: { "content-type": type } })).status, 415, type);
  }
  assertEquals((await send(fields, { headers: { host: "evil.example" } })).status, 421);
  assertEquals(asked, [], "and none of it was done");
  assertEquals(
    (await send(fields, { headers: { origin: "http://localhost", "sec-fetch-site": "same-origin" } })).status,
    303,
  );
  assertEquals(asked.length, 2);
});

Deno.test("what an operator wrote is text to others", async () => {
  const hostile = `"><script>alert(1)</script>`;
  const override = { mode: "drain" as const, author: hostile, reason: hostile, atMs: NOW_MS };
  const real = realServer({ override, causes: [hostile] });
  const shown = snapshot({ virtualServers: [virtualServer({ name: hostile, realServers: [real] })] });
  const page = await (await site({ shown }).get("/stats")).text();
  assert(page.includes("&lt;script&gt;alert(1)") && !page.includes("<script>alert"));
});

Deno.test("a GET changes nothing, whatever stands in the address", async () => {
  const { get, asked } = site();
  assertEquals((await get("/stats;norefresh?s=10.0.1.11:80&action=maint&b=tcp+10.0.0.100:80")).status, 200);
  assertEquals(asked, []);
});

Deno.test("who is nobody yet can log in where there are users", async () => {
  const anybody = site({ role: "anybody" });
  assertStringIncludes(await (await anybody.get("/stats")).text(), `<a href="/login">Log in</a>`);
  const login = await anybody.get("/login");
  assertEquals([login.status, login.headers.get("www-authenticate")], [401, `Basic realm="Lab", charset="UTF-8"`]);
  const known = await site().get("/login");
  assertEquals([known.status, known.headers.get("location")], [302, "/stats"]);
});

interface Fields {
  readonly s: readonly string[];
  readonly action: string;
  readonly [field: string]: string | readonly string[];
}

interface Site {
  readonly get: (path: string) => Promise<Response>;
  readonly token: () => Promise<string>;
  readonly send: (fields: Fields, how?: { path?: string; headers?: Record<string, string> }) => Promise<Response>;
  readonly asked: CommandRequest[];
}

function site(
  { role = "operator", name = "olivia", shown = snapshot(), answer }: {
    role?: Role | "anybody";
    name?: string;
    shown?: ReturnType<typeof snapshot>;
    answer?: CommandAnswer;
  } = {},
): Site {
  const asked: CommandRequest[] = [];
  const caller: Identification = role === "anybody"
    ? { caller: { name: "anybody", role: "reader" } }
    : { caller: { name, role, credential: { kind: "authorization", value: "Basic x" } } };
  const access: AccessPolicy = { identify: () => caller, realm: "Lab" };
  const app = createApp({
    snapshot: () => shown,
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access,
    command: (_, request) => {
      asked.push(request);
      return Promise.resolve(answer ?? { ok: true, result: { text: "done", etag: "x" } });
    },
  });
  const get: Site["get"] = (path) => Promise.resolve(app.request(`http://localhost${path}`));
  const token: Site["token"] = async () => {
    const [, value = ""] = (await (await get("/stats")).text()).match(/name="token" value="([\w-]+)"/) ?? [];
    return value;
  };
  return {
    get,
    token,
    asked,
    send: async (fields, { path = "/stats", headers = {} } = {}) => {
      const form = new URLSearchParams({ b: "tcp 10.0.0.100:80", token: await token() });
      for (const [field, value] of Object.entries(fields)) {
        if (typeof value === "string") form.set(field, value);
        else for (const entry of value) form.append(field, entry);
      }
      const type = { "content-type": "application/x-www-form-urlencoded" };
      const init = { method: "POST", headers: { ...type, ...headers }, body: form.toString() };
      return await app.request(`http://localhost${path}`, init);
    },
  };
}
