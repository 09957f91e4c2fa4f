import { assertEquals } from "../../../test/assert.ts";
import type { ToApi } from "../messages.ts";
import { JournalFeed } from "./feed.ts";
import { Journal } from "./journal.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("the api role is told what was, then what is new in one message; what it could not take comes again", async () => {
  const journal = new Journal({ path: undefined, log: () => {} });
  const record = (text: string): void => journal.record({ type: "daemon", text });
  const feed = new JournalFeed(journal);
  record("before");
  const told: string[][] = [];
  let reads = true;
  const take = (message: ToApi): boolean => {
    if (message.type === "journal" && reads) {
      told.push(message.entries.map(({ fact }) => fact.type === "daemon" ? fact.text : ""));
    }
    return reads;
  };
  feed.begin({ post: take, send: take });
  record("one");
  record("two");
  await pause(60);
  reads = false;
  record("three");
  await pause(60);
  record("four");
  reads = true;
  await pause(400);
  assertEquals(told, [["before"], ["one", "two"], ["three", "four"]]);
  feed.begin({ post: take, send: take });
  assertEquals(told.at(-1), ["before", "one", "two", "three", "four"]);
});
