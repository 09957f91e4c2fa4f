import { assert, assertEquals } from "../../../test/assert.ts";
import type { Fact } from "../../core/journal/entry.ts";
import { Journal } from "./journal.ts";
import { olderPath, RingReader } from "./ring_file.ts";

const fact = (text: string): Fact => ({ type: "daemon", text });

async function inFolder(body: (path: string, log: string[]) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/state/journal`, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a journal is bounded, keeps the newest, and its ids go on after a restart", () =>
  inFolder((path, log) => {
    const maxBytes = 4096;
    for (let run = 0; run < 3; run++) {
      const journal = new Journal({ path, log: (line) => log.push(line), maxBytes });
      for (let count = 0; count < 100; count++) journal.record(fact(`${run} ${count}`));
      journal.close();
    }
    const entries = new RingReader(path).read();
    assert(Deno.statSync(path).size <= maxBytes && Deno.statSync(olderPath(path)).size <= maxBytes);
    assertEquals(entries.at(-1)?.id, 300);
    assertEquals(entries.at(-1)?.fact, fact("2 99"));
    assertEquals(entries.map(({ id }) => id), entries.map((_, index) => 301 - entries.length + index));
    assert(entries.length > 40 && entries.length < 200, String(entries.length));
    assertEquals(log, []);
  }));

Deno.test("what a loss of power tore is left out, wherever it was torn, and writing goes on behind it", () =>
  inFolder((path, log) => {
    const journal = new Journal({ path, log: (line) => log.push(line) });
    journal.record(fact("one"));
    journal.record(fact("two"));
    journal.close();
    const whole = Deno.readFileSync(path);
    for (let length = 0; length <= whole.length; length += 7) {
      Deno.writeFileSync(path, whole.slice(0, length));
      // A file system that had no time to write the end may have left zeros.
      if (length % 2 === 0) Deno.writeFileSync(path, new Uint8Array(50), { append: true });
      const next = new Journal({ path, log: (line) => log.push(line) });
      next.record(fact("after"));
      next.close();
      const entries = new RingReader(path).read();
      assertEquals(entries.at(-1)?.fact, fact("after"));
      assertEquals(entries.at(-1)?.id, entries.length);
    }
    assertEquals(log, []);
  }));

Deno.test("a reader sees what is new while it is written, over the change of files, each once", () =>
  inFolder((path, log) => {
    const journal = new Journal({ path, log: (line) => log.push(line), maxBytes: 2048 });
    const reader = new RingReader(path);
    const seen: number[] = [];
    for (let count = 0; count < 200; count++) {
      journal.record(fact(String(count)));
      if (count % 5 === 0) seen.push(...reader.read().map(({ id }) => id));
    }
    seen.push(...reader.read().map(({ id }) => id));
    journal.close();
    assertEquals(seen, Array.from({ length: 200 }, (_, index) => index + 1));
    assertEquals(reader.read(), []);
  }));

Deno.test("two writers: the second keeps nothing and says so; a folder that is none, too", () =>
  inFolder((path, log) => {
    const first = new Journal({ path, log: (line) => log.push(line) });
    const second = new Journal({ path, log: (line) => log.push(line) });
    second.record(fact("lost"));
    assertEquals([first.path, second.path], [path, undefined]);
    assertEquals(log, [`warning: no journal is kept in ${path}: another process writes to it`]);
    first.close();
    const nowhere = new Journal({ path: `${path}/journal`, log: (line) => log.push(line) });
    nowhere.record(fact("lost"));
    assertEquals([nowhere.path, log.length], [undefined, 2]);
    assertEquals(new RingReader(path).read(), []);
  }));

Deno.test("a transition brings its addresses along, and what is tracked is kept when it changes", () =>
  inFolder((path, log) => {
    const journal = new Journal({ path, log: (line) => log.push(line) });
    journal.record({
      type: "transition",
      kind: "instance",
      name: "VI_1",
      from: "backup",
      to: "master",
      reason: "startup",
      priority: 100,
      addresses: ["192.0.2.1"],
      refused: [],
      announced: 5,
    }, 1000);
    const status = { scripts: { chk: "up" as const }, files: { load: 3 }, processes: { web: false }, bfd: {} };
    journal.tracked(status);
    journal.tracked({ ...status, files: { load: 4 } });
    journal.close();
    const entries = new RingReader(path).read();
    assertEquals(entries.map(({ fact, cause }) => [fact.type, cause]), [
      ["transition", undefined],
      ["addresses", 1],
      ["announced", 2],
      ["track", undefined],
      ["track", undefined],
      ["track", undefined],
      ["track", undefined],
    ]);
    assertEquals(
      entries.slice(3).map(({ fact }) => fact.type === "track" ? `${fact.kind} ${fact.name} ${fact.value}` : ""),
      [
        "script chk up",
        "file load 3",
        "process web down",
        "file load 4",
      ],
    );
    assertEquals(entries[0]?.atMs, 1000);
  }));
