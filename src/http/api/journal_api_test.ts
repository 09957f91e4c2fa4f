import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { Entry } from "../../core/journal/entry.ts";
import { createApp } from "../app.ts";
import { ApiStatistics } from "../api_statistics.ts";
import { NOW_MS, snapshot } from "../fixture_snapshot.ts";
import { Watch } from "../watch.ts";
import * as schemas from "./journal_schemas.ts";

const ENTRIES: readonly Entry[] = [
  { id: 41, atMs: NOW_MS - 9000, fact: { type: "link", name: "eth1", state: "down" } },
  {
    id: 42,
    atMs: NOW_MS - 8998,
    cause: 41,
    fact: { type: "priority", name: "VI_1", from: 100, to: 40, because: [{ kind: "interface", name: "eth1" }] },
  },
  {
    id: 43,
    atMs: NOW_MS - 8690,
    cause: 42,
    fact: {
      type: "transition",
      kind: "instance",
      name: "VI_1",
      from: "master",
      to: "backup",
      reason: "advertisement of higher priority 90",
      priority: 40,
    },
  },
  {
    id: 44,
    atMs: NOW_MS - 8690,
    cause: 43,
    fact: { type: "addresses", name: "VI_1", verb: "removed", addresses: ["10.0.0.100"], refused: [] },
  },
];

function lab(): {
  watch: Watch;
  statistics: ApiStatistics;
  ask: (path: string, init?: RequestInit) => Promise<Response>;
} {
  const statistics = new ApiStatistics();
  const watch = new Watch(snapshot, statistics);
  watch.happened(ENTRIES);
  const app = createApp({ snapshot, wallMs: () => NOW_MS, allowedHosts: [], statistics, watch });
  return { watch, statistics, ask: async (path, init) => await app.request(`http://localhost/api/v1${path}`, init) };
}

async function idsOf(response: Response): Promise<number[]> {
  return schemas.Events.parse(await response.json()).events.map(({ id }) => id);
}

Deno.test("events: the last ones, those after an id, those about a name, a kind or a time", async () => {
  const { ask } = lab();
  const all = schemas.Events.parse(await (await ask("/events")).json());
  assertEquals([all.next, all.missed, all.events.map(({ id }) => id)], [44, false, [41, 42, 43, 44]]);
  assertEquals(all.events[1], {
    id: 42,
    time: new Date(NOW_MS - 8998).toISOString(),
    type: "priority",
    text: "VI_1: effective priority 100 -> 40, because of interface eth1",
    names: ["VI_1"],
    cause: 41,
    fact: ENTRIES[1]?.fact as { type: string },
  });
  assertEquals(await idsOf(await ask("/events?limit=1")), [44]);
  assertEquals(await idsOf(await ask("/events?since=41&limit=2")), [42, 43]);
  assertEquals(await idsOf(await ask("/events?name=10.0.0.100")), [44]);
  assertEquals(await idsOf(await ask("/events?type=link,transition")), [41, 43]);
  assertEquals(await idsOf(await ask(`/events?from=${new Date(NOW_MS - 8998).toISOString()}&limit=2`)), [43, 44]);
  assertEquals(await idsOf(await ask(`/events?until=${new Date(NOW_MS - 8998).toISOString()}`)), [41, 42]);
  assertEquals(schemas.Events.parse(await (await ask("/events?since=3")).json()).missed, true);
  assertEquals(schemas.Events.parse(await (await ask("/events?since=99")).json()).missed, true);
  assertEquals((await ask("/events?limit=0")).status, 422);
  assertEquals((await ask("/events?from=yesterday")).status, 422);
});

Deno.test("a cursor goes on behind what was told, also past what was not wanted", async () => {
  const { ask } = lab();
  const first = schemas.Events.parse(await (await ask("/events?since=0&limit=1&name=VI_1")).json());
  assertEquals([first.events[0]?.id, first.next], [42, 42]);
  const rest = schemas.Events.parse(await (await ask(`/events?since=${first.next}&name=eth1`)).json());
  assertEquals([rest.events, rest.next], [[], 44]);
});

Deno.test("why tells what the command line tells; what nobody knows is 404 with its reason", async () => {
  const { ask } = lab();
  const why = schemas.Why.parse(await (await ask("/why?name=10.0.0.100/24")).json());
  assertEquals([why.end, why.title.startsWith("VI_1 became BACKUP 8.69 s ago, at ")], [43, true], why.title);
  assertEquals(why.steps, [
    "+0.000 s  interface eth1 is down",
    "+0.002 s  VI_1: effective priority 100 -> 40, because of interface eth1",
    "+0.310 s  VI_1: MASTER -> BACKUP: advertisement of higher priority 90",
    "+0.310 s  VI_1: removed 10.0.0.100",
  ]);
  assertEquals(why.story.map(({ id }) => id), [41, 42, 43, 44]);
  const nobody = await ask(`/why?name=VI_9&at=${new Date(NOW_MS).toISOString()}`);
  assertEquals([nobody.status, (await nobody.json()).detail], [
    404,
    "the journal knows no change of state of VI_9 until then",
  ]);
});

Deno.test("the journal is told as it is kept, with this node's clock", async () => {
  const { ask } = lab();
  const page = schemas.JournalPage.parse(await (await ask("/journal?since=42")).json());
  assertEquals(page.entries as unknown, ENTRIES.slice(2));
  assertEquals([page.node, page.time, page.next], [snapshot().node.routerId, new Date(NOW_MS).toISOString(), 44]);
});

Deno.test("a stream replays what was missed, goes on, and says so when something is known no more", async () => {
  const { ask, watch, statistics } = lab();
  const open = async (path: string, last?: string): Promise<() => Promise<string>> => {
    const headers = { accept: "text/event-stream", ...(last === undefined ? {} : { "last-event-id": last }) };
    const response = await ask(path, { headers });
    assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    return async () => (await reader?.read())?.value ?? "";
  };
  const again = await open("/events", "42");
  const replayed = await again();
  assert(replayed.startsWith("retry: 3000\n\nid: 43\nevent: transition\ndata: {"), replayed);
  assertStringIncludes(replayed, "\n\nid: 44\nevent: addresses\n");
  const fresh = await open("/events?type=daemon");
  assertEquals(await fresh(), "retry: 3000\n\n");
  const stale = await open("/events?since=3");
  assertStringIncludes(await stale(), "event: reset\ndata: {}\n\nid: 41\n");
  const other = await open("/events", "1000");
  assertStringIncludes(await other(), "event: reset\n");
  assertEquals(statistics.streams, 4);
  watch.happened([{ id: 45, atMs: NOW_MS, fact: { type: "daemon", text: "line\nfeed" } }]);
  watch.happened([{ id: 45, atMs: NOW_MS, fact: { type: "daemon", text: "again" } }]);
  for (const read of [again, fresh, stale, other]) {
    const [id, event, data, ...rest] = (await read()).split("\n");
    assertEquals([id, event, rest], ["id: 45", "event: daemon", ["", ""]]);
    assertEquals(JSON.parse((data ?? "").slice("data: ".length)).text, "line\nfeed");
  }
});

Deno.test("streams are limited, a HEAD opens none, and one that is not read is let go", async () => {
  const { ask, watch, statistics } = lab();
  const headers = { accept: "text/event-stream" };
  assertEquals((await ask("/events", { method: "HEAD", headers })).status, 200);
  assertEquals(statistics.streams, 0);
  const all: Response[] = [];
  for (let count = 0; count < 512; count++) all.push(await ask("/events", { headers }));
  assertEquals([statistics.streams, (await ask("/events", { headers })).status], [512, 503]);
  for (let id = 100; id < 2000; id++) {
    watch.happened([{ id, atMs: NOW_MS, fact: { type: "daemon", text: "x".repeat(1000) } }]);
  }
  assertEquals(statistics.streams, 0);
  await Promise.all(all.map((response) => response.body?.cancel().catch(() => {})));
});
