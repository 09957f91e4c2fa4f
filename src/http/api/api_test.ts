import { z } from "zod";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../test/assert.ts";
import { configOf } from "../../../test/support/config_values.ts";
import { redactedText } from "../../config/running_text.ts";
import { type AccessPolicy, LOCAL_ADMINISTRATOR, READ_ONLY } from "../access.ts";
import { createApp } from "../app.ts";
import { ApiStatistics } from "../api_statistics.ts";
import { haproxy } from "../fixture_haproxy.ts";
import { NOW_MS, snapshot } from "../fixture_snapshot.ts";
import { checkId, uidOf } from "../status.ts";
import { Watch } from "../watch.ts";
import { openApi } from "./openapi.ts";
import type { RunningConfig } from "../../ports/snapshot.ts";
import { OPERATIONS_SNAPSHOT, TOKENS, toldCommand } from "../fixture_operations.ts";
import { OPERATIONS, ROLES } from "./operations.ts";

const SECRET = "s3cretpw";
const LONG_SECRET = "0123456789abcdef0123456789abcdef-secret";
const CONFIG_TEXT = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 2
    authentication {
        auth_type PASS
        auth_pass ${SECRET}
    }
    virtual_ipaddress {
        192.0.2.100
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    version 3
    auth_hmac {
        key 1 ${LONG_SECRET}
        active_key 1
    }
    virtual_ipaddress {
        192.0.2.101
    }
}
SSL {
    password ${SECRET}
    ca /etc/ssl/ca.pem
    certificate /etc/ssl/cert.pem
    key /etc/ssl/key.pem
}
`;
const RUNNING: RunningConfig = {
  generation: 3,
  etag: "abc",
  source: "/etc/keepalived/keepalived.conf",
  appliedAt: "2026-01-02T03:00:00.000Z",
  ...redactedText(configOf(CONFIG_TEXT)),
};

Deno.test("docs/openapi.json is what the operations and their schemas say", async () => {
  const path = new URL("../../../docs/openapi.json", import.meta.url);
  const text = `${JSON.stringify(openApi(), undefined, 1)}\n`;
  if (Deno.env.get("UPDATE")) await Deno.writeTextFile(path, text);
  assertEquals(await Deno.readTextFile(path), text, "UPDATE=1 writes it");
  const served = await ask("/openapi.json");
  assertEquals(await served.json(), JSON.parse(text));
});

Deno.test("the description names a schema for whatever it refers to, and a role for each operation", () => {
  const description = openApi();
  const text = JSON.stringify(description);
  const { schemas } = description.components as { schemas: Record<string, unknown> };
  for (const [, id] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) assert(id !== undefined && id in schemas, id);
  assertEquals(new Set(OPERATIONS.map(({ id }) => id)).size, OPERATIONS.length);
  for (const { role } of OPERATIONS) assert(ROLES.includes(role));
});

Deno.test("each reply is exactly what its schema says: no field is missing, wrong or untold", async () => {
  const vs = uidOf("tcp 10.0.0.100:80");
  const values: Record<string, string> = {
    name: "VI_1",
    vs,
    rs: "10.0.1.12:80",
    address: "10.0.1.12",
    backend: "app",
    server: "s4",
    id: checkId("tcp 10.0.0.100:80", "10.0.1.11:80"),
  };
  const bodies: Record<string, unknown> = {
    validateConfig: { text: CONFIG_TEXT },
    diffConfig: { text: CONFIG_TEXT },
    applyConfig: { text: CONFIG_TEXT, confirmWithinSeconds: 60 },
    failover: { force: true },
    setMaintenance: { force: true },
    setVirtualServerOverride: { state: "disabled", force: true },
    setAdminStateEverywhere: { state: "drain", force: true },
    killConnections: { force: true },
    setPriority: { priority: 90 },
    setAdminState: { state: "drain" },
    createToken: { name: "ci", role: "reader", ttlSeconds: 60 },
    setWeight: { weight: "50%" },
    setHealth: { state: "down" },
    setHaproxyAdminState: { state: "maint" },
    setHaproxyWeight: { weight: "50%" },
    startUpdate: { url: "https://updates.example/holdfast.update" },
  };
  const later = ["applyConfig", "startUpdate", "uploadUpdate", "rollbackUpdate", "cancelUpdate"];
  for (const { id, method, path, reply, takesBytes } of OPERATIONS) {
    const instance = id === "getTask" ? { id: "t1" } : values;
    const url = `/api/v1${
      path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent({ ...values, ...instance }[name as string] ?? ""))
    }`;
    const body = takesBytes
      ? { body: "bytes", headers: { "content-type": "application/octet-stream" } }
      : post(bodies[id] ?? {});
    const init = method === "get" ? {} : { ...body, method: method.toUpperCase() };
    // One instance alone: the other one of its sync group is in fault.
    const shown = snapshot({ vrrpInstances: snapshot().vrrpInstances.slice(0, 1), haproxy: haproxy() });
    const response = await ask(url, init, LOCAL_ADMINISTRATOR, shown);
    const json = await response.json();
    assertEquals(response.status, later.includes(id) ? 202 : 200, `${url}: ${JSON.stringify(json)}`);
    assertMatch(response.headers.get("content-type") ?? "", /^application\/json/);
    assertEquals(strip(reply, json), json, `${url} says what its schema does not`);
  }
});

Deno.test("GET finds one thing by its name, its uid, or not at all", async () => {
  const server = await (await ask(`/api/v1/virtual-servers/${encodeURIComponent("tcp 10.0.0.100:80")}`)).json();
  assertEquals(server.name, "tcp 10.0.0.100:80");
  assertEquals((await (await ask(`/api/v1/virtual-servers/${server.uid}`)).json()).name, server.name);
  const real = await (await ask(`/api/v1/virtual-servers/${server.uid}/real-servers/10.0.1.13:80`)).json();
  assertEquals([real.id, real.operState], ["10.0.1.13:80", "down"]);
  for (const path of ["vrrp/instances/VI_9", "virtual-servers/x", `virtual-servers/${server.uid}/real-servers/x:1`]) {
    const missing = await ask(`/api/v1/${path}`);
    assertEquals([missing.status, (await missing.json()).detail], [404, "there is none of that name"], path);
  }
});

Deno.test("GET /checks/ID/history tells the last results, the newest first, as many as are asked for", async () => {
  let at = NOW_MS;
  const source = snapshot();
  const shown = (): typeof source => ({
    ...source,
    virtualServers: source.virtualServers.map((server) => ({
      ...server,
      realServers: server.realServers.map((entry) => ({
        ...entry,
        ...(entry.check && { check: { ...entry.check, atMs: at } }),
      })),
    })),
  });
  const watch = new Watch(shown, new ApiStatistics());
  for (; at < NOW_MS + 30_000; at += 1000) watch.changed(at);
  const app = createApp({ snapshot: shown, wallMs: () => at, allowedHosts: [], watch });
  const id = checkId("tcp 10.0.0.100:80", "10.0.1.11:80");
  const read = async (query: string): Promise<{ at: string }[]> =>
    await (await app.request(`http://localhost/api/v1/checks/${encodeURIComponent(id)}/history${query}`)).json();
  assertEquals((await read("")).length, 20);
  assertEquals((await read("?limit=2")).map((entry) => entry.at), [
    "2026-01-02T03:04:34.000Z",
    "2026-01-02T03:04:33.000Z",
  ]);
  const wrong = await ask(`/api/v1/checks/${encodeURIComponent(id)}/history?limit=many`);
  assertEquals([wrong.status, (await wrong.json()).errors[0].path], [422, "limit"]);
});

Deno.test("GET /config has no secret in it, and an ETag that is heard", async () => {
  const response = await ask("/api/v1/config");
  const text = await response.text();
  assert(!text.includes(SECRET) && !text.includes(LONG_SECRET), text);
  assertEquals(text.match(/REDACTED/g)?.length, 3);
  assertStringIncludes(text, "virtual_router_id 51");
  assertEquals(response.headers.get("etag"), `"abc"`);
  assertEquals((await ask("/api/v1/config", { headers: { "if-none-match": `"x", W/"abc"` } })).status, 304);
  assertEquals((await ask("/api/v1/config", { headers: { "if-none-match": `"abd"` } })).status, 200);
});

Deno.test("POST /config:validate says what is wrong and where, and never the secrets back", async () => {
  const good = await (await ask("/api/v1/config:validate", post({ text: CONFIG_TEXT }))).json();
  assertEquals([good.valid, good.errors], [true, []]);
  assert(!JSON.stringify(good).includes(SECRET));
  const bad =
    await (await ask("/api/v1/config:validate", post({ text: "vrrp_instance V {\n  virtual_router_id 300\n}\n" })))
      .json();
  assertEquals(bad.valid, false);
  assert(bad.errors.some(({ line, code }: { line: number; code: string }) => line === 2 && code !== ""));
  const yaml = await (await ask("/api/v1/config:validate", post({ text: "vrrp_instance: 3", syntax: "yaml" }))).json();
  assertEquals(yaml.valid, false);
});

Deno.test("POST /config:validate hears If-Match: a configuration that was written for another one is refused", async () => {
  const request = post({ text: CONFIG_TEXT });
  const asking = async (etag: string): Promise<number> =>
    (await ask("/api/v1/config:validate", { ...request, headers: { ...request.headers, "if-match": etag } })).status;
  assertEquals([await asking(`"abc"`), await asking("*"), await asking(`"old"`)], [200, 200, 412]);
});

Deno.test("a body that is not what is asked for is refused, and says why", async () => {
  const asking = async (init: RequestInit): Promise<[number, string]> => {
    const response = await ask("/api/v1/config:validate", init);
    assertMatch(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
    const { detail, errors = [] } = await response.json();
    return [response.status, errors.map(({ path }: { path: string }) => path).join() || detail];
  };
  assertEquals(await asking({ ...post({ text: "" }), headers: { "content-type": "text/plain" } }), [
    415,
    "the body must be application/json",
  ]);
  assertEquals(await asking({ ...post({}), body: "{" }), [400, "the body is not JSON"]);
  assertEquals(await asking(post({ text: 3 })), [422, "text"]);
  assertEquals((await asking(post({ text: "", more: true })))[0], 422);
  assertEquals((await asking(post({ text: "x".repeat(9 << 20) })))[0], 413);
});

Deno.test("who may only read may not validate, and nothing else is a method here", async () => {
  assertEquals((await ask("/api/v1/config:validate", post({ text: "" }), READ_ONLY)).status, 403);
  for (
    const [path, methods, allowed] of [
      ["config", ["POST", "DELETE", "PATCH"], "GET, HEAD, PUT"],
      ["status", ["POST", "PUT", "DELETE", "PATCH"], "GET, HEAD"],
      ["vrrp/instances/VI_1/hold", ["GET", "POST"], "PUT, DELETE"],
    ] as const
  ) {
    for (const method of methods) {
      const response = await ask(`/api/v1/${path}`, { method });
      const expected = method === "GET" ? [404, null] : [405, allowed];
      assertEquals([response.status, response.headers.get("allow")], expected, `${method} ${path}`);
    }
  }
});

Deno.test("GET /readyz tells whether roles run, and whether this node is master", async () => {
  const asking = async (query: string, shown = snapshot()): Promise<number> => {
    const app = createApp({ snapshot: () => shown, wallMs: () => NOW_MS, allowedHosts: [] });
    return (await app.request(`http://localhost/readyz${query}`)).status;
  };
  const { node, vrrpInstances } = snapshot();
  const backup = snapshot({ vrrpInstances: vrrpInstances.map((entry) => ({ ...entry, state: "backup" as const })) });
  const dying = snapshot({ node: { ...node, roles: [{ name: "vrrp", state: "restarting", restarts: 1 }] } });
  assertEquals([await asking(""), await asking("", backup), await asking("", dying)], [200, 200, 503]);
  assertEquals([await asking("?role=master"), await asking("?role=master", backup)], [200, 503]);
});

Deno.test("GET /docs names every operation and needs no asset of others", async () => {
  const page = await (await ask("/docs")).text();
  for (const { id } of OPERATIONS) assertStringIncludes(page, id);
  assert(!/(?:src|href)="(?:https?:)?\/\//.test(page));
});

function ask(
  path: string,
  init: RequestInit = {},
  access: AccessPolicy = LOCAL_ADMINISTRATOR,
  shown = snapshot(),
): Promise<Response> {
  const watch = new Watch(() => shown, new ApiStatistics());
  watch.changed(NOW_MS);
  const fact = { type: "service", name: "tcp 10.0.0.100:80", up: false, text: "quorum lost" } as const;
  watch.happened([{ id: 1, atMs: NOW_MS, fact }]);
  const app = createApp({
    snapshot: () => shown,
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access,
    watch,
    config: () => RUNNING,
    operations: () => OPERATIONS_SNAPSHOT,
    tokens: () => TOKENS,
    command: toldCommand,
  });
  return Promise.resolve(app.request(`http://localhost${path}`, init));
}

function post(body: unknown): { method: string; body: string; headers: Record<string, string> } {
  return { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** What the schema knows of a value. @throws when the value is not what it says */
function strip(schema: z.ZodType, value: unknown): unknown {
  return schema.parse(value);
}
