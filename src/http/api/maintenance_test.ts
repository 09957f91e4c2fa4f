// The operations on `/node/maintenance`: what is refused before the supervisor is asked, and what it is asked for.
import { assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { CommandRequest } from "../../ports/commands.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { LOCAL_ADMINISTRATOR } from "../access.ts";
import { createApp } from "../app.ts";
import { NOW_MS, snapshot, vrrpInstance } from "../fixture_snapshot.ts";

const peer = { address: "10.0.0.2", priority: 90, heardMs: NOW_MS };

Deno.test("a master whose peer was heard is handed over as a task; one that is alone by force only", async () => {
  const { ask, asked } = api([vrrpInstance({ peer })]);
  const done = await ask("PUT", "", { ttlSeconds: 60, reason: "disk", takesOverAlone: true });
  assertEquals([done.status, done.headers.get("location")], [202, "/api/v1/tasks/m1"]);
  assertEquals((await done.json()).task, "m1");
  assertEquals(asked, [{ command: "maintenance", forMs: 60_000, reason: "disk", takesOverAlone: true }]);
  for (const lonely of [vrrpInstance(), vrrpInstance({ peer: { ...peer, priority: 0 } })]) {
    const alone = api([lonely]);
    const refused = await alone.ask("PUT", "", {});
    assertEquals(refused.status, 409);
    assertStringIncludes((await refused.json()).detail, "no peer of VI_1 has been heard");
    assertEquals((await alone.ask("PUT", "", { force: true })).status, 202);
    assertEquals(alone.asked, [{ command: "maintenance", force: true }]);
  }
  assertEquals((await api([]).ask("PUT", "", {})).status, 409, "nothing to hand over");
  assertEquals((await api([vrrpInstance({ state: "backup" })]).ask("PUT", "", {})).status, 202);
});

Deno.test("a dry run says what would be, and the tag tells whether somebody said something else", async () => {
  const { ask, asked } = api([vrrpInstance({ peer })], { author: "alice", atMs: NOW_MS, takesOverAlone: false });
  const shown = await ask("GET", "");
  assertEquals(await shown.json(), {
    active: true,
    takesOverAlone: false,
    author: "alice",
    at: new Date(NOW_MS).toISOString(),
  });
  const would = await (await ask("PUT", "?dryRun=true", {})).json();
  assertEquals([would.done, would.text], [false, "this node would be in maintenance: VI_1 would be handed over"]);
  const tag = shown.headers.get("etag") ?? "";
  assertEquals((await ask("DELETE", "?dryRun=true", undefined, { "if-match": tag })).status, 200);
  assertEquals((await ask("DELETE", "?dryRun=true", undefined, { "if-match": `"none"` })).status, 412);
  assertEquals(asked, []);
  assertEquals((await ask("DELETE", "", undefined, { "if-match": tag })).status, 202);
  assertEquals(asked, [{ command: "end-maintenance", ifMatch: [tag.replaceAll('"', "")] }]);
});

interface Api {
  readonly ask: (method: string, query: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;
  readonly asked: CommandRequest[];
}

function api(
  vrrpInstances: readonly VrrpInstanceSnapshot[],
  maintenance?: { author: string; atMs: number; takesOverAlone: boolean },
): Api {
  const asked: CommandRequest[] = [];
  const shown = snapshot({ vrrpInstances });
  const app = createApp({
    snapshot: () => ({ ...shown, node: { ...shown.node, ...(maintenance && { maintenance }) } }),
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    command: (_, request) => {
      asked.push(request);
      return Promise.resolve({ ok: true, result: { text: "done", etag: "tag", task: "m1" } });
    },
  });
  return {
    asked,
    ask: async (method, query, body, headers = {}) =>
      await app.request(`http://localhost/api/v1/node/maintenance${query}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}
