// What operators ask of HAProxy's servers over the API and the page: what is judged here, and what the supervisor is asked for.
import { assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { CommandRequest } from "../../ports/commands.ts";
import { type AccessPolicy } from "../access.ts";
import { createApp } from "../app.ts";
import { haproxy } from "../fixture_haproxy.ts";
import { NOW_MS, snapshot } from "../fixture_snapshot.ts";
import type { Role } from "./operation.ts";

const SERVER = "/api/v1/haproxy/backends/app/servers";

Deno.test("a wish about a server of HAProxy's becomes one command", async () => {
  const { ask, asked } = api();
  const about = { engine: "haproxy", virtualServer: "app", realServer: "s4" };
  const cases: readonly (readonly [string, string, unknown, CommandRequest])[] = [
    ["PUT", "/admin-state", { state: "maint", ttlSeconds: 60, reason: "disk" }, {
      ...about,
      command: "maint",
      forMs: 60_000,
      reason: "disk",
    }],
    ["PUT", "/admin-state", { state: "ready", ttlSeconds: 60 }, { ...about, command: "ready" }],
    ["DELETE", "/admin-state", undefined, { ...about, command: "ready" }],
    ["PUT", "/weight", { weight: "50%" }, { ...about, command: "weight", weight: "50%" }],
    ["PUT", "/weight", { weight: 0 }, { ...about, command: "weight", weight: 0 }],
    ["DELETE", "/weight", undefined, { ...about, command: "weight" }],
    ["POST", ":kill-connections", undefined, { ...about, command: "kill-connections" }],
  ];
  for (const [method, path, body, expected] of cases) {
    const response = await ask(method, `${SERVER}/s4${path}`, body);
    assertEquals(response.status, 200, `${path}: ${await response.clone().text()}`);
    assertEquals(asked.pop(), expected);
  }
  assertEquals((await ask("PUT", `${SERVER}/s9/admin-state`, { state: "maint" })).status, 404);
  assertEquals((await ask("PUT", `${SERVER}/s4/weight`, { weight: 257 })).status, 422);
  assertEquals((await ask("PUT", `${SERVER}/s4/weight`, { weight: "101%" })).status, 422);
  assertEquals(asked, []);
});

Deno.test("the last server that gets sessions stays, unless it is meant", async () => {
  const { ask, asked } = api();
  for (const [path, body] of [["admin-state", { state: "drain" }], ["weight", { weight: "0%" }]] as const) {
    const refused = await ask("PUT", `${SERVER}/s1/${path}`, body);
    assertEquals(refused.status, 409);
    assertStringIncludes((await refused.json()).detail, "s1 of HAProxy's app is the last one");
    assertEquals((await ask("PUT", `${SERVER}/s1/${path}`, { ...body, force: true })).status, 200);
  }
  assertEquals(asked.length, 2);
  assertEquals((await ask("PUT", `${SERVER}/s2/admin-state`, { state: "maint" })).status, 200, "it is down anyway");
});

Deno.test("what operators said of it is shown, and the roles are kept", async () => {
  const { ask } = api();
  const shown = await (await ask("GET", `${SERVER}/s4`)).json();
  assertEquals([shown.status, shown.override.author, shown.override.reason], ["DRAIN", "alice", "<new> disk"]);
  assertEquals(await (await ask("GET", `${SERVER}/s1/override`)).json(), {});
  const overrides = await (await ask("GET", "/api/v1/overrides")).json();
  assertEquals(overrides.haproxy.map((one: { server: string }) => one.server), ["s4"]);
  const operator = api({ role: "operator" });
  assertEquals((await operator.ask("POST", `${SERVER}/s4:kill-connections`)).status, 403, "that needs an admin");
  assertEquals((await api({ role: "reader" }).ask("DELETE", `${SERVER}/s4/admin-state`)).status, 403);
});

Deno.test("the page has a form for HAProxy's backends, with HAProxy's verbs", async () => {
  const { page, post, asked } = api({ role: "operator" });
  const html = await page();
  assertStringIncludes(html, `<input type="hidden" name="b" value="haproxy/app"/>`);
  assertStringIncludes(html, `<input type="checkbox" name="s" value="s4">`);
  assertEquals(html.includes(`value="haproxy/web"`), false, "a frontend has nothing to be checked");
  assertStringIncludes(html, `by alice: &lt;new&gt; disk`);
  assertEquals(await post({ s: ["s2", "s3"], action: "drain" }), "DONE");
  assertEquals(asked.map(({ realServer }) => realServer), ["s2", "s3"]);
  assertEquals(await post({ s: ["s1"], action: "maint" }), "LAST");
  assertEquals(await post({ s: ["s1"], action: "check" }), "NONE");
  assertEquals(await post({ s: ["s4", "s9"], action: "ready" }), "PART");
  assertEquals(asked.at(-1), { command: "ready", engine: "haproxy", virtualServer: "app", realServer: "s4" });
});

interface Site {
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Response>;
  readonly page: () => Promise<string>;
  readonly post: (fields: { s: readonly string[]; action: string }) => Promise<string>;
  readonly asked: CommandRequest[];
}

function api({ role = "admin" }: { role?: Role } = {}): Site {
  const asked: CommandRequest[] = [];
  const access: AccessPolicy = {
    identify: () => ({ caller: { name: "olivia", role, credential: { kind: "authorization", value: "Basic x" } } }),
    realm: undefined,
  };
  const app = createApp({
    snapshot: () => snapshot({ haproxy: haproxy() }),
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access,
    command: (_, request) => {
      asked.push(request);
      return Promise.resolve({ ok: true, result: { text: "done", etag: "tag" } });
    },
  });
  const page = async (): Promise<string> => await (await app.request("http://localhost/stats")).text();
  return {
    asked,
    page,
    ask: async (method, path, body) => {
      const headers = { "content-type": "application/json" };
      const init = method === "GET"
        ? {}
        : { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      return await app.request(`http://localhost${path}`, init);
    },
    post: async ({ s, action }) => {
      const token = (await page()).match(/name="token" value="([\w-]+)"/)?.[1] ?? "";
      const form = new URLSearchParams({ b: "haproxy/app", token, action });
      for (const server of s) form.append("s", server);
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const reply = await app.request("http://localhost/stats", { method: "POST", headers, body: form.toString() });
      return reply.headers.get("location")?.replace("/stats;st=", "") ?? "";
    },
  };
}
