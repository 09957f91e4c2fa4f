// Tokens over the API: the list has no secret, a new one is told once, and whoever's token is over has no stream any more.
import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { HttpConfig } from "../../config/http_config.ts";
import type { CommandAnswer, CommandRequest } from "../../ports/commands.ts";
import { LOCAL_ADMINISTRATOR } from "../access.ts";
import { createApp } from "../app.ts";
import { ApiStatistics } from "../api_statistics.ts";
import { Credentials, newToken } from "../credentials.ts";
import { TOKENS, toldCommand } from "../fixture_operations.ts";
import { NOW_MS, snapshot } from "../fixture_snapshot.ts";
import { Watch } from "../watch.ts";

const JSON_TYPE = { "content-type": "application/json" };

Deno.test("a wish for a token becomes a command, and its answer is told once, whatever the Idempotency-Key", async () => {
  const { ask, asked } = api();
  const create = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    ask("/tokens", { method: "POST", body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } });
  const key = { "idempotency-key": "k" };
  const first = await create({ name: "ci", role: "reader", ttlSeconds: 1.5, reason: "build" }, key);
  assertEquals(first.status, 200);
  assertEquals((await first.json()).token, "hf_told-once");
  assertEquals(asked, [{ command: "token-create", name: "ci", role: "reader", forMs: 1500, reason: "build" }]);
  const again = await create({ name: "ci", role: "reader", ttlSeconds: 1.5, reason: "build" }, key);
  const text = await again.text();
  assertEquals([again.status, again.headers.get("idempotency-replayed"), asked.length], [409, "true", 1]);
  assert(!text.includes("hf_"), text);
  for (
    const body of [
      {},
      { name: "ci" },
      { name: "ci", role: "none" },
      { name: "../ci", role: "reader" },
      { name: "c\ni", role: "reader" },
      { name: "x".repeat(65), role: "reader" },
      { name: "ci", role: "reader", ttlSeconds: 0 },
      { name: "ci", role: "reader", ttlSeconds: 1e9 },
      { name: "ci", role: "reader", token: "hf_mine" },
    ]
  ) assertEquals((await create(body)).status, 422, JSON.stringify(body));
  assertEquals(asked.length, 1);
  assertEquals((await ask("/tokens/ci", { method: "DELETE" })).status, 200);
  assertEquals(asked[1], { command: "token-revoke", name: "ci" });
});

Deno.test("the list of tokens has nothing secret", async () => {
  const { ask } = api();
  assertEquals(await (await ask("/tokens")).json(), [
    { name: "prometheus", role: "reader", origin: "configuration" },
    {
      name: "ci",
      role: "operator",
      origin: "api",
      createdBy: "alice",
      createdAt: new Date(NOW_MS).toISOString(),
      expiresAt: new Date(NOW_MS + 1000).toISOString(),
    },
  ]);
});

Deno.test("a stream ends when its token is revoked or expires, and those of others go on", async () => {
  let nowMs = NOW_MS;
  const [brief, revoked, lasting] = [newToken(), newToken(), newToken()];
  const entry = (name: string, { sha256 }: { sha256: string }, expiresAtMs?: number): HttpConfig["tokens"][number] => ({
    name,
    sha256,
    role: "reader",
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
  const configured = [entry("brief", brief, NOW_MS + 1000)];
  let made = [entry("revoked", revoked), entry("lasting", lasting)];
  const statistics = new ApiStatistics();
  const watch = new Watch(snapshot, statistics);
  const access = new Credentials({
    config: {
      users: [{ name: "alice", password: "horse", role: "reader" }],
      tokens: configured,
      certificates: [],
      realm: "x",
    },
    tokens: () => made,
    anonymous: undefined,
    statistics,
    wallMs: () => nowMs,
    sourceOf: () => "192.0.2.1",
  });
  const app = createApp({ snapshot, wallMs: () => nowMs, allowedHosts: [], access, statistics, watch });
  const open = async (path: string, authorization: string): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const headers = { accept: "text/event-stream", authorization };
    const { status, body } = await app.request(`http://localhost${path}`, { headers });
    assertEquals(status, 200, path);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    assertEquals((await reader.read()).done, false);
    return reader;
  };
  const both = (authorization: string): Promise<ReadableStreamDefaultReader<Uint8Array>[]> =>
    Promise.all(["/api/v1/events", "/stats/live"].map((path) => open(path, authorization)));
  const streams = {
    brief: await both(`Bearer ${brief.token}`),
    revoked: await both(`Bearer ${revoked.token}`),
    lasting: await both(`Bearer ${lasting.token}`),
    alice: await both(`Basic ${btoa("alice:horse")}`),
  };
  assertEquals(statistics.streams, 8);
  const ended = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
    while (!(await reader.read()).done);
  };
  // As the supervisor tells it: all of them, in objects of their own.
  made = made.filter(({ name }) => name !== "revoked").map((token) => ({ ...token }));
  watch.leashes.review();
  assertEquals(statistics.streams, 6, "at once");
  await Promise.all(streams.revoked.map(ended));
  nowMs += 1000;
  await Promise.all(streams.brief.map(ended)); // nobody says anything: it is noticed by itself
  assertEquals(statistics.streams, 4);
  watch.happened([{ id: 7, atMs: NOW_MS, fact: { type: "daemon", text: "goes on" } }]);
  for (const [reader] of [streams.lasting, streams.alice]) {
    assertStringIncludes(new TextDecoder().decode((await reader?.read())?.value), "goes on");
  }
  for (const reader of [...streams.lasting, ...streams.alice]) await reader.cancel();
  assertEquals(statistics.streams, 0);
});

interface Api {
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly asked: CommandRequest[];
}

function api(): Api {
  const asked: CommandRequest[] = [];
  const app = createApp({
    snapshot,
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    tokens: () => TOKENS,
    command: (by, request): Promise<CommandAnswer> => {
      asked.push(request);
      return toldCommand(by, request);
    },
  });
  return { asked, ask: (path, init = {}) => Promise.resolve(app.request(`http://localhost/api/v1${path}`, init)) };
}
