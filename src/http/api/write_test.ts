// What the write side refuses before the supervisor is asked, and what it asks for.
import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { CommandAnswer, CommandRequest, Credential } from "../../ports/commands.ts";
import { type AccessPolicy, LOCAL_ADMINISTRATOR, READ_ONLY } from "../access.ts";
import { createApp } from "../app.ts";
import { tagOf } from "../etag.ts";
import { NOW_MS, realServer, snapshot, virtualServer, vrrpInstance } from "../fixture_snapshot.ts";

const VS = encodeURIComponent("tcp 10.0.0.100:80");
const RS = `/virtual-servers/${VS}/real-servers`;

Deno.test("a wish becomes one command in the name of who asks, with reason and duration", async () => {
  const { ask, asked } = api();
  const cases: readonly (readonly [string, string, unknown, CommandRequest])[] = [
    ["PUT", "/vrrp/instances/VI_1/hold", { ttlSeconds: 1.5, reason: "disk" }, {
      command: "hold",
      name: "VI_1",
      forMs: 1500,
      reason: "disk",
    }],
    ["DELETE", "/vrrp/instances/VI_1/hold", undefined, { command: "release", name: "VI_1" }],
    ["PUT", "/vrrp/instances/VI_1/priority-override", { priority: 90 }, {
      command: "priority",
      name: "VI_1",
      priority: 90,
    }],
    ["POST", "/vrrp/instances/VI_1:failover", { force: true, holdSeconds: 10 }, {
      command: "failover",
      name: "VI_1",
      force: true,
      forMs: 10_000,
    }],
    ["PUT", `${RS}/10.0.1.11:80/admin-state`, { state: "drain" }, server({ command: "drain" })],
    ["PUT", `${RS}/10.0.1.11:80/weight`, { weight: "50%" }, server({ command: "weight", weight: 1 })],
    ["DELETE", `${RS}/10.0.1.11:80/weight`, undefined, server({ command: "weight" })],
    ["PUT", `${RS}/10.0.1.11:80/health-override`, { state: "up" }, server({ command: "health", health: "up" })],
    ["POST", `${RS}/10.0.1.11:80:check-now`, undefined, server({ command: "check-now" })],
  ];
  for (const [method, path, body, expected] of cases) {
    const response = await ask(method, path, body);
    assertEquals(response.status, 200, `${path}: ${await response.clone().text()}`);
    assertEquals(response.headers.get("etag"), `"tag"`);
    assertEquals(asked.pop(), { by: { kind: "local" }, request: expected }, path);
  }
});

Deno.test("a dry run says what would be, and asks for nothing", async () => {
  const { ask, asked } = api();
  const response = await ask("PUT", `${RS}/10.0.1.11:80/admin-state?dryRun=true`, { state: "maint" });
  assertEquals(await response.json(), {
    done: false,
    text: "10.0.1.11:80 of tcp 10.0.0.100:80 would be out of the table",
    warnings: [],
  });
  assertEquals((await ask("PUT", `${RS}/10.0.1.99:80/admin-state?dryRun=true`, { state: "maint" })).status, 404);
  const stale = await ask("PUT", `${RS}/10.0.1.11:80/admin-state?dryRun=true`, { state: "maint" }, {
    "if-match": `"x"`,
  });
  assertEquals([stale.status, asked.length], [412, 0]);
});

Deno.test("the last server that gets connections stays, unless it is meant", async () => {
  const others = [realServer({ address: "10.0.1.12", weight: { configured: 1, effective: 0 } })];
  const shown = snapshot({ virtualServers: [virtualServer({ realServers: [realServer(), ...others] })] });
  const { ask, asked } = api({ shown });
  for (
    const [path, body] of [["admin-state", { state: "drain" }], ["admin-state", { state: "maint" }], ["weight", {
      weight: 0,
    }], ["health-override", { state: "down" }]] as const
  ) {
    const refused = await ask("PUT", `${RS}/10.0.1.11:80/${path}`, body);
    assertEquals(refused.status, 409, path);
    assertStringIncludes((await refused.json()).detail, "the last one");
    assertEquals((await ask("PUT", `${RS}/10.0.1.11:80/${path}`, { ...body, force: true })).status, 200, path);
  }
  assertEquals(asked.length, 4);
  const standby = realServer({ address: "10.0.1.13", backup: true, weight: { configured: 1, effective: 0 } });
  const backed = snapshot({ virtualServers: [virtualServer({ realServers: [realServer(), standby] })] });
  const drain = await api({ shown: backed }).ask("PUT", `${RS}/10.0.1.11:80/admin-state`, { state: "drain" });
  assertEquals(drain.status, 200, "a backup comes in");
  assertEquals(
    (await ask("PUT", `${RS}/10.0.1.12:80/admin-state`, { state: "maint" })).status,
    200,
    "it gets none anyway",
  );
});

Deno.test("a drain says that persistence brings clients back", async () => {
  const shown = snapshot({ virtualServers: [virtualServer({ persistenceTimeoutSeconds: 300 })] });
  const { warnings } = await (await api({ shown }).ask("PUT", `${RS}/10.0.1.11:80/admin-state`, { state: "drain" }))
    .json();
  assertEquals(warnings, ["clients that were there within 300 s still come (persistence)"]);
});

Deno.test("a failover needs a master, and a peer that was heard", async () => {
  const peer = { address: "10.0.0.2", priority: 90, heardMs: NOW_MS };
  const status = async (instance: Parameters<typeof vrrpInstance>[0], body = {}): Promise<number> => {
    const shown = snapshot({ vrrpInstances: [vrrpInstance(instance)] });
    return (await api({ shown }).ask("POST", "/vrrp/instances/VI_1:failover", body)).status;
  };
  assertEquals(await status({ peer }), 200);
  assertEquals(await status({ peer, state: "backup" }), 409);
  assertEquals([await status({}), await status({}, { force: true })], [409, 200]);
  const group = api({ shown: snapshot() });
  assertEquals(
    (await group.ask("POST", "/vrrp/instances/VG_1:failover", { force: true })).status,
    409,
    "VI_2 is in fault",
  );
});

Deno.test("If-Match goes to the supervisor, whose refusal comes back", async () => {
  const { ask, asked } = api({
    answer: { ok: false, status: 412, message: "an operator has said something else by now" },
  });
  const refused = await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 }, { "if-match": `"a", W/"b", *` });
  assertEquals([refused.status, (await refused.json()).detail], [412, "an operator has said something else by now"]);
  assertEquals(asked[0]?.request.ifMatch, ["a", "b", "*"]);
});

Deno.test("the tag of an override changes with every word, and not with the clock that counts to its end", () => {
  const said = { held: { author: "alice", atMs: 5, untilMs: 1000 } };
  assertEquals(tagOf(said), tagOf({ held: { author: "alice", atMs: 5, untilMs: 1001 } }));
  assert(tagOf(said) !== tagOf({ held: { author: "alice", atMs: 6, untilMs: 1000 } }));
  assertEquals([tagOf(undefined), tagOf({})], ["none", "none"]);
});

Deno.test("the same Idempotency-Key is carried out once, and is for one request of one caller", async () => {
  let nowMs = NOW_MS;
  const { ask, asked } = api({ wallMs: () => nowMs });
  const key = { "idempotency-key": "k-1" };
  const first = await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 }, key);
  const second = await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 }, key);
  assertEquals([first.status, second.status, asked.length], [200, 200, 1]);
  assertEquals(await first.text(), await second.text());
  assertEquals([second.headers.get("idempotency-replayed"), second.headers.get("etag")], ["true", `"tag"`]);
  assertEquals((await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 4 }, key)).status, 422);
  assertEquals(
    (await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 }, { "idempotency-key": "a b" })).status,
    400,
  );
  nowMs += 600_001;
  assertEquals((await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 4 }, key)).status, 200, "it was forgotten");
  for (let count = 0; count < 600; count++) {
    await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 }, { "idempotency-key": `many-${count}` });
  }
  assertEquals(
    (await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 5 }, { "idempotency-key": "many-0" })).status,
    200,
  );
  assertEquals(
    (await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 5 }, { "idempotency-key": "many-599" })).status,
    422,
  );
});

Deno.test("a request that is being carried out is not begun again, and one that came to nothing may be", async () => {
  const gate = Promise.withResolvers<CommandAnswer>();
  const { ask, asked } = api({ answer: gate.promise });
  const key = { "idempotency-key": "k-2" };
  const first = ask("POST", "/vrrp/instances/VI_1:failover", { force: true }, key);
  const second = await ask("POST", "/vrrp/instances/VI_1:failover", { force: true }, key);
  assertEquals(second.status, 409);
  gate.resolve({ ok: false, status: 503, message: "the supervisor does not answer" });
  assertEquals((await first).status, 503);
  assertEquals((await ask("POST", "/vrrp/instances/VI_1:failover", { force: true }, key)).status, 503);
  assertEquals(asked.length, 2, "tried again");
});

Deno.test("without credentials nothing is changed, even where anybody may read", async () => {
  const { ask, asked } = api({ access: READ_ONLY });
  assertEquals((await ask("PUT", `${RS}/10.0.1.11:80/weight`, { weight: 3 })).status, 403);
  assertEquals((await ask("DELETE", `${RS}/10.0.1.11:80/weight`)).status, 403);
  assertEquals(asked, []);
});

Deno.test("a configuration in another syntax than the file's is refused", async () => {
  const { ask, asked } = api();
  assertEquals((await ask("PUT", "/config", { text: "", syntax: "yaml" })).status, 422);
  assertEquals((await ask("POST", "/config:diff", { text: "x".repeat((1 << 20) + 1) })).status, 422);
  assertEquals((await ask("POST", "/config:diff", { text: "x".repeat(3 << 20) })).status, 413);
  assertEquals(asked, []);
});

function server(request: CommandRequest): CommandRequest {
  return { ...request, virtualServer: "tcp 10.0.0.100:80", realServer: "10.0.1.11:80" };
}

interface Changes {
  readonly shown?: ReturnType<typeof snapshot>;
  readonly answer?: CommandAnswer | Promise<CommandAnswer>;
  readonly access?: AccessPolicy;
  readonly wallMs?: () => number;
}

interface Asked {
  readonly by: Credential;
  readonly request: CommandRequest;
}

function api({ shown, answer, access = LOCAL_ADMINISTRATOR, wallMs = () => NOW_MS }: Changes = {}): {
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const ungrouped = snapshot({
    vrrpInstances: snapshot().vrrpInstances.map(({ syncGroup: _, ...instance }) => instance),
  });
  const app = createApp({
    snapshot: () => shown ?? ungrouped,
    wallMs,
    allowedHosts: [],
    access,
    config: () => ({
      generation: 1,
      etag: "abc",
      source: "/etc/keepalived/keepalived.conf",
      appliedAt: new Date(NOW_MS).toISOString(),
      syntax: "keepalived",
      text: "",
    }),
    command: (by, request) => {
      asked.push({ by, request });
      return Promise.resolve(answer ?? { ok: true, result: { text: "done", etag: "tag" } });
    },
  });
  return {
    asked,
    ask: (method, path, body, headers = {}) => {
      const json = body === undefined && method === "DELETE" ? {} : { "content-type": "application/json" };
      const init = {
        method,
        headers: { ...json, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      return Promise.resolve(app.request(`http://localhost/api/v1${path}`, init));
    },
  };
}
