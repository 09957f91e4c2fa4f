import { assert, assertEquals } from "../../test/assert.ts";
import type { Entry } from "../core/journal/entry.ts";
import { mergedStory } from "../core/journal/merge.ts";
import { clockText, mergedJson, mergedText } from "./merged_story.ts";
import { readPeer } from "./peer_journal.ts";

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

async function serving(answer: () => Response, body: (peer: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await body(`http://127.0.0.1:${server.addr.port}/`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a peer's clock is measured, and what it says that is no fact is left out", () => {
  const entries = [
    { id: 1, atMs: AT_MS, fact: { type: "daemon", text: "\u001b[2Jstarts" } },
    { id: 2, atMs: AT_MS, fact: { type: "priority", name: "VI_1" } },
    { id: 3, atMs: AT_MS, fact: { type: "made up" } },
    { id: "4", atMs: AT_MS, fact: { type: "daemon", text: "x" } },
    null,
    7,
    {
      id: 8,
      atMs: AT_MS,
      fact: { type: "service", name: "tcp 10.0.0.1:80", up: false, text: "quorum \u0007lost" },
    },
  ];
  const answer = (): Response =>
    Response.json({ node: "lb2", time: new Date(Date.now() + 5000).toISOString(), entries, next: 8, missed: false });
  return serving(answer, async (peer) => {
    const journal = await readPeer({ peer });
    assertEquals(journal.entries.map(({ id }) => id), [1, 8]);
    const { offsetMs, uncertaintyMs = Infinity } = journal.clock;
    assert(Math.abs(offsetMs + 5000) <= uncertaintyMs && uncertaintyMs < 1000, JSON.stringify(journal.clock));
    const story = mergedStory([], journal.entries, journal.clock);
    assert(story !== undefined);
    const text = mergedText(story, AT_MS).join("\n");
    assert(text.includes("peer  tcp 10.0.0.1:80 is down: quorum ?lost") && text.startsWith("on the peer, "), text);
    assertEquals((mergedJson(story).entries as unknown[]).length, 1);
  });
});

Deno.test("a peer that refuses, babbles or says too much is named with the reason", async () => {
  const failure = async (answer: () => Response): Promise<string> => {
    let message = "";
    await serving(answer, async (peer) => {
      message = await readPeer({ peer }).then(() => "it was read", (error) => error.message);
    });
    return message;
  };
  assert((await failure(() => new Response("no", { status: 403 }))).endsWith("cannot be read: it answers 403"));
  assert((await failure(() => new Response("<html>"))).endsWith("is no journal"));
  assert((await failure(() => Response.json({ entries: 3 }))).endsWith("is no journal"));
  assert((await failure(() => Response.redirect("http://127.0.0.1:9/", 302))).includes("cannot be read"));
  const endless = (): Response =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)) }));
  assert((await failure(endless)).endsWith("its answer is too long"));
});

Deno.test("how the order is decided is said", () => {
  const clock = { offsetMs: -12_300, uncertaintyMs: 1.2, movedMs: 0, isContradictory: false };
  assertEquals(clockText(clock), "the peer's clock is 12 s ahead, measured now to 2 ms");
  assertEquals(
    clockText({ ...clock, offsetMs: 1, uncertaintyMs: 2 }),
    "the peer's clock says what this one's says, measured now to 2 ms",
  );
  assertEquals(
    clockText({ offsetMs: -300, uncertaintyMs: undefined, movedMs: -300, isContradictory: false }),
    "the peer's times are as its own clock said; they are told 0.3 s earlier, so that nothing is heard before it was said",
  );
  const entry: Entry = { id: 1, atMs: AT_MS, fact: { type: "daemon", text: "x" } };
  assertEquals(mergedStory([entry], [], { offsetMs: 0, uncertaintyMs: undefined }), undefined);
  assert(clockText({ ...clock, isContradictory: true }).includes("contradicts that"));
});
