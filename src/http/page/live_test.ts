import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import { NO_OPERATIONS, type OperationsSnapshot } from "../../ports/commands.ts";
import type { Snapshot } from "../../ports/snapshot.ts";
import { ApiStatistics } from "../api_statistics.ts";
import { OPERATIONS_SNAPSHOT } from "../fixture_operations.ts";
import { NOW_MS, realServer, snapshot, virtualServer, vrrpInstance } from "../fixture_snapshot.ts";
import { Watch } from "../watch.ts";
import { History } from "../history.ts";
import { JournalView } from "../journal_view.ts";
import { escapeHtml } from "./markup.ts";
import { type PageModel, pageModel } from "./page_model.ts";

Deno.test("the stream tells everything first, then only the cells that changed", async () => {
  const { show, next } = viewer();
  const first = await next();
  assertEquals(first.rows.find(({ i }) => i === "vrrp/VI_1")?.t["1"], "MASTER");
  show(snapshot({ vrrpInstances: [vrrpInstance({ state: "backup" }), ...snapshot().vrrpInstances.slice(1)] }));
  const second = await next();
  const row = second.rows.find(({ i }) => i === "vrrp/VI_1");
  assertEquals([row?.c, row?.t["1"], row?.t["4"]], ["vrrp_backup missing", "BACKUP", undefined]);
  assert(!second.rows.some(({ i }) => i.startsWith("tcp-")), "what is as before is not said again");
  assert(second.layout !== first.layout, "the node stands by now, which is a box of its own");
});

Deno.test("the timeline is the journal's: a change of state comes with its story, and grows with what came of it", async () => {
  const { watch, next } = viewer();
  await next();
  const fact = { type: "service", name: "tcp 10.0.0.100:80", up: false, text: "quorum lost" } as const;
  watch.happened([{ id: 1, atMs: NOW_MS, fact }]);
  const first = (await next()).rows.find(({ i }) => i === "timeline/0");
  assertEquals([first?.c, first?.t["2"]], ["active_down", "tcp 10.0.0.100:80 is down: quorum lost"]);
  watch.happened([{ id: 2, atMs: NOW_MS, cause: 1, fact: { type: "daemon", text: "what came of it" } }]);
  const second = (await next()).rows.find(({ i }) => i === "timeline/0");
  assertEquals(second?.t["2"] as unknown, {
    x: "tcp 10.0.0.100:80 is down: quorum lost",
    l: ["+0.000 s  tcp 10.0.0.100:80 is down: quorum lost", "+0.000 s  what came of it"],
    k: "1",
  });
});

Deno.test("a number that changes leaves the layout as it is, a server that comes changes it", async () => {
  const { show, next } = viewer();
  const { layout } = await next();
  const changed = snapshot().virtualServers.map((server, at) => at === 0 ? { ...server, downTransitions: 9 } : server);
  show(snapshot({ virtualServers: changed }));
  const second = await next();
  assertEquals([second.layout, second.rows], [layout, [{ i: "tcp-10.0.0.100:80/Backend", t: { "8": "9" } }]]);
  show(snapshot({ virtualServers: [...changed, virtualServer({ name: "tcp 10.0.0.102:80" })] }));
  assert((await next()).layout !== layout);
});

Deno.test("what all new viewers are told is made once, until something changes", async () => {
  let made = 0;
  const watch = new Watch(() => {
    made++;
    return snapshot();
  }, new ApiStatistics());
  const readers = Array.from({ length: 100 }, () => watch.live.connect()?.getReader());
  const first = await readers[0]?.read();
  assert((first?.value?.length ?? 0) > 1000);
  assertEquals(made, 1);
  for (const reader of readers.slice(1)) {
    assert((await reader?.read())?.value?.buffer === first?.value?.buffer, "one copy for all");
  }
  watch.changed(NOW_MS);
  const late = watch.live.connect()?.getReader();
  assert((await late?.read())?.value?.buffer !== first?.value?.buffer);
  await Promise.all([...readers, late].map((reader) => reader?.cancel()));
});

Deno.test("the head of an appliance's page has its slots and its last update, and the page is read again with each step", () => {
  let operations: OperationsSnapshot = OPERATIONS_SNAPSHOT;
  const look = (): PageModel =>
    pageModel({ snapshot: snapshot(), history: new History(), journal: new JournalView(() => {}), operations });
  const first = look();
  assertEquals(first.facts, [
    { name: "slot", value: "a" },
    { name: "update", value: "signed with the key release, 50 %" },
  ]);
  const [update, ...others] = OPERATIONS_SNAPSHOT.tasks;
  const { appliance } = OPERATIONS_SNAPSHOT;
  assert(update !== undefined && appliance !== undefined);
  operations = { ...operations, tasks: [{ ...update, progress: { bytes: 59, totalBytes: 100 } }, ...others] };
  assertEquals(look().layout, first.layout, "not for each byte");
  const ended = { ...update, state: "succeeded", text: "slot b is written" } as const;
  operations = { ...operations, tasks: [ended, ...others], appliance: { ...appliance, nextSlot: "b" } };
  assertEquals(look().facts.map(({ value }) => value), ["a, next b (0.9.0)", "succeeded: slot b is written"]);
  assert(look().layout !== first.layout);
  operations = { ...NO_OPERATIONS, tasks: operations.tasks };
  assertEquals(look().facts, [], "other machines have none");
});

Deno.test("viewers are counted and limited", async () => {
  const statistics = new ApiStatistics();
  const watch = new Watch(() => snapshot(), statistics);
  const streams = Array.from({ length: 512 }, () => watch.live.connect());
  assertEquals([statistics.streams, watch.live.connect()], [512, undefined]);
  await Promise.all(streams.map((stream) => stream?.cancel()));
  assertEquals(statistics.streams, 0);
});

Deno.test("a viewer that does not read is let go, and one that reads stays", async () => {
  const statistics = new ApiStatistics();
  let shown = snapshot();
  const watch = new Watch(() => shown, statistics);
  watch.live.connect(); // never read
  const reader = watch.live.connect()?.getReader();
  const reading = (async (): Promise<void> => {
    while (!(await reader?.read())?.done);
  })();
  for (let round = 0; round < 4; round++) {
    shown = snapshot({ vrrpInstances: [vrrpInstance({ faults: [String(round).repeat(3_000_000)] })] });
    watch.changed(NOW_MS);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assertEquals(statistics.streams, 1);
  await reader?.cancel();
  await reading;
  assertEquals(statistics.streams, 0);
});

Deno.test("History keeps high-water marks and five minutes, and forgets rows that are gone", () => {
  const watch = new Watch(() => shown, new ApiStatistics());
  const id = "tcp-10.0.0.100:80/10.0.1.11:80";
  const at = (active: number, connections: number): Snapshot => {
    const entry = realServer({ activeConnections: active });
    const { counters } = entry;
    const server = realServer({
      activeConnections: active,
      ...(counters && { counters: { ...counters, connections } }),
    });
    return snapshot({ virtualServers: [virtualServer({ realServers: [server] })] });
  };
  let shown = at(7, 100);
  watch.changed(NOW_MS);
  assertEquals(watch.history.marks(id)?.lastSessionMs, undefined);
  for (let second = 1; second <= 400; second++) {
    shown = at(3, 101);
    watch.changed(NOW_MS + second * 1000);
  }
  assertEquals([watch.history.marks(id)?.activeMax, watch.history.marks(id)?.lastSessionMs], [7, NOW_MS + 1000]);
  assertEquals(watch.history.all()[id]?.length, 60);
  assertEquals(watch.history.latest()[id]?.toFixed(1), "1.2");
  shown = snapshot({ virtualServers: [] });
  watch.changed(NOW_MS + 401_000);
  assertEquals(watch.history.all(), {});
});

Deno.test("escapeHtml() leaves nothing that is markup, draws, or turns the direction of writing", () => {
  assertEquals(escapeHtml(`<a href="x" id='y'>&`), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
  assertEquals(escapeHtml("a\u202egpj.exe\x1b[2J\u0000"), "a?gpj.exe?[2J?");
  assertEquals(escapeHtml("two\nlines"), "two\nlines");
});

interface Told {
  readonly layout: string;
  readonly rows: readonly { readonly i: string; readonly c?: string; readonly t: Record<string, unknown> }[];
}

/** A page that is open: pictures are shown, and what it is told is read. */
function viewer(): { watch: Watch; show: (shown: Snapshot) => void; next: () => Promise<Told> } {
  let shown = snapshot();
  const watch = new Watch(() => shown, new ApiStatistics());
  watch.changed(NOW_MS);
  const reader = watch.live.connect()?.getReader();
  const next = async (): Promise<Told> => {
    const text = new TextDecoder().decode((await reader?.read())?.value);
    assertStringIncludes(text, "event: rows\ndata: ");
    return JSON.parse(text.slice(text.indexOf("data: ") + 6));
  };
  return {
    watch,
    show: (picture) => {
      shown = picture;
      watch.changed(NOW_MS + 1000);
    },
    next,
  };
}
