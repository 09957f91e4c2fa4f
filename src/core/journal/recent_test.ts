import { assertEquals } from "../../../test/assert.ts";
import { MAX_RECENT, RecentEntries } from "./recent.ts";
import type { Entry } from "./entry.ts";

const entry = (id: number, text = ""): Entry => ({ id, atMs: id, fact: { type: "daemon", text } });

Deno.test("RecentEntries keeps so many, in order, and takes nothing twice", () => {
  const recent = new RecentEntries();
  for (let id = 1; id <= MAX_RECENT + 5; id++) recent.add(entry(id));
  assertEquals([recent.all.length, recent.all[0]?.id, recent.lastId], [MAX_RECENT, 6, MAX_RECENT + 5]);
  assertEquals([recent.add(entry(7)), recent.all.length], [false, MAX_RECENT]);
  assertEquals(recent.after(MAX_RECENT + 2, 2).map(({ id }) => id), [MAX_RECENT + 3, MAX_RECENT + 4]);
  assertEquals(recent.after(MAX_RECENT + 5), []);
});

Deno.test("RecentEntries keeps so much, however long the entries are", () => {
  const recent = new RecentEntries(1000);
  for (let id = 1; id <= 100; id++) recent.add(entry(id, "x".repeat(200)));
  assertEquals(recent.all.map(({ id }) => id), [98, 99, 100]);
  recent.add(entry(101, "x".repeat(2000)));
  assertEquals(recent.all, []);
});
