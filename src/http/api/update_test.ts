// Updates over the API: who may ask for them, what an upload becomes, and what is said where there are no slots.
import { assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { CommandAnswer, CommandRequest } from "../../ports/commands.ts";
import { type AccessPolicy, LOCAL_ADMINISTRATOR } from "../access.ts";
import { createApp } from "../app.ts";
import { OPERATIONS_SNAPSHOT } from "../fixture_operations.ts";
import { NOW_MS, snapshot } from "../fixture_snapshot.ts";
import type { Role } from "./operation.ts";
import { UPDATE_OPERATIONS } from "./update_operations.ts";

const BYTES = { "content-type": "application/octet-stream" };
const JSON_TYPE = { "content-type": "application/json" };

Deno.test("updates are for admins: every role at every operation", async () => {
  const bodies: Record<string, RequestInit> = {
    startUpdate: { body: JSON.stringify({ url: "https://updates.example/u" }), headers: JSON_TYPE },
    uploadUpdate: { body: "bytes", headers: BYTES },
    confirmUpdate: { headers: JSON_TYPE },
    rollbackUpdate: { headers: JSON_TYPE },
    cancelUpdate: { headers: JSON_TYPE },
  };
  const table: Record<string, number[]> = {};
  for (const { id, method, path } of UPDATE_OPERATIONS) {
    table[id] = [];
    for (const role of ["reader", "operator", "admin"] as const) {
      const { ask } = api({ access: as(role) });
      const init = { ...bodies[id], method: method.toUpperCase() };
      table[id].push((await ask(path, init)).status);
    }
  }
  assertEquals(table, {
    getSlots: [200, 200, 200],
    startUpdate: [403, 403, 202],
    uploadUpdate: [403, 403, 202],
    confirmUpdate: [403, 403, 200],
    rollbackUpdate: [403, 403, 202],
    cancelUpdate: [403, 403, 202],
  });
});

Deno.test("an upload goes to the supervisor piece by piece, in order, and its end is told", async () => {
  const { ask, asked } = api();
  const sent = new Uint8Array(500_000).map((_, index) => index * 7);
  const response = await ask("/update/image?failoverFirst=true&reboot=false", {
    method: "PUT",
    headers: BYTES,
    body: sent,
  });
  assertEquals([response.status, response.headers.get("location")], [202, "/api/v1/tasks/u1"]);
  assertEquals(asked[0], { command: "update", upload: true, failoverFirst: true, reboot: false });
  const pieces = asked.slice(1);
  assertEquals(pieces.every(({ command, upload }) => command === "update-data" && upload === "x"), true);
  const bytes = pieces.flatMap(({ data }) => [...atob(String(data))].map((character) => character.charCodeAt(0)));
  assertEquals(new Uint8Array(bytes), sent);
  assertEquals(pieces.map(({ end }) => end === true), [...pieces.slice(1).map(() => false), true]);
});

Deno.test("an upload that is refused is not read on, and says why", async () => {
  let pieces = 0;
  const { ask } = api({
    answer: ({ command }) => {
      if (command === "update") return { ok: true, result: { text: "begun", task: "u1", upload: "x" } };
      return ++pieces < 3 ? { ok: true, result: {} } : { ok: false, status: 409, message: "not signed by a key" };
    },
  });
  const response = await ask("/update/image", { method: "PUT", headers: BYTES, body: new Uint8Array(5_000_000) });
  assertEquals([response.status, (await response.json()).detail], [409, "not signed by a key"]);
  assertEquals(pieces, 3);
});

Deno.test("an upload must say that it is bytes, and its connection's end is its end", async () => {
  const { ask, asked } = api();
  assertEquals((await ask("/update/image", { method: "PUT", headers: JSON_TYPE, body: "{}" })).status, 415);
  assertEquals((await ask("/update", { method: "POST", headers: BYTES, body: "{}" })).status, 415);
  assertEquals((await ask("/update/image", { method: "PUT", headers: BYTES })).status, 400);
  assertEquals(asked, []);
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error("gone")),
  });
  assertEquals((await ask("/update/image", { method: "PUT", headers: BYTES, body })).status, 400);
  assertEquals(asked.at(-1)?.end, true, "the updater is not left waiting");
});

Deno.test("an update is read over https only", async () => {
  const { ask, asked } = api();
  for (const url of ["http://updates.example/u", "ftp://x/u", "/etc/passwd", "file:///etc/passwd", 3]) {
    const response = await ask("/update", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ url }) });
    assertEquals(response.status, 422, String(url));
  }
  assertEquals(asked, []);
});

Deno.test("GET /update tells the slots, and elsewhere that there are none", async () => {
  const slots = await (await api().ask("/update")).json();
  assertEquals([slots.appliance, slots.slot, slots.nextSlot], [true, "a", "a"]);
  assertEquals(slots.slots[1].provenance, {
    key: "release",
    from: "updates.example/holdfast.update",
    by: "bob",
    madeAt: "2026-01-01T03:04:05.000Z",
    installedAt: "2026-01-02T03:04:05.000Z",
  });
  const elsewhere = await (await api({ isAppliance: false }).ask("/update")).json();
  assertEquals([elsewhere.appliance, elsewhere.slots], [false, []]);
  assertStringIncludes(elsewhere.text, "this is not the appliance");
});

function as(role: Exclude<Role, "none">): AccessPolicy {
  const credential = { kind: "local" } as const;
  return { identify: () => ({ caller: { name: role, role, credential } }), realm: undefined };
}

interface Changes {
  readonly access?: AccessPolicy;
  readonly isAppliance?: boolean;
  readonly answer?: (request: CommandRequest) => CommandAnswer;
}

function api({ access = LOCAL_ADMINISTRATOR, isAppliance = true, answer }: Changes = {}): {
  ask: (path: string, init?: RequestInit) => Promise<Response>;
  asked: CommandRequest[];
} {
  const asked: CommandRequest[] = [];
  const { appliance, ...operations } = OPERATIONS_SNAPSHOT;
  const app = createApp({
    snapshot: () => snapshot(),
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access,
    operations: () => ({ ...operations, ...(isAppliance && appliance && { appliance }) }),
    command: (_, request) => {
      asked.push(request);
      return Promise.resolve(
        answer?.(request) ?? { ok: true, result: { text: "it has begun", task: "u1", upload: "x" } },
      );
    },
  });
  return { asked, ask: (path, init) => Promise.resolve(app.request(`http://localhost/api/v1${path}`, init)) };
}
