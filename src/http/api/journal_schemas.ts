// What the API says of the journal, as zod schemas.
import { z } from "zod";

const time = z.iso.datetime().describe("RFC 3339, UTC, with milliseconds");
const id = z.int().min(0);

export const Event = z.object({
  id: id.describe("grows, across restarts"),
  time,
  type: z.string().describe("what kind of fact, such as `transition`; new kinds come"),
  text: z.string().describe("one sentence, as the command line says it"),
  names: z.array(z.string()).describe("what it is about: instances, interfaces, servers, addresses"),
  cause: id.optional().describe("the event that led to it"),
  fact: z.looseObject({ type: z.string() }).describe("the same for programs"),
}).meta({ id: "Event", description: "One fact of the journal" });

export const Events = z.object({
  events: z.array(Event).describe("in order"),
  next: id.describe("`since` of a request that goes on"),
  missed: z.boolean().describe("events between `since` and the first one are known no more"),
}).meta({ id: "Events" });

export const Why = z.object({
  title: z.string().describe("what it was, and when"),
  end: id.describe("the event whose story it is"),
  steps: z.array(z.string()).describe("seconds since the first event, and what happened, as `holdfast why` says it"),
  story: z.array(Event).describe("what led to it, it itself, and what came of it, in order"),
}).meta({ id: "Why" });

const JournalEntry = z.object({
  id,
  atMs: z.number().describe("Unix milliseconds, this node's clock"),
  cause: id.optional(),
  fact: z.looseObject({ type: z.string() }),
}).meta({ id: "JournalEntry" });

export const JournalPage = z.object({
  node: z.string(),
  time: time.describe("this node's clock when it answered"),
  entries: z.array(JournalEntry).describe("in order, as they are kept"),
  next: id,
  missed: z.boolean(),
}).meta({ id: "JournalPage", description: "For programs that put the journals of nodes together" });

const limit = z.coerce.number().int().min(1).max(2000).optional();
const since = z.coerce.number().int().min(0).optional().describe("only what comes after this id, the oldest first");

/** Which events. */
export const EventQuery = z.object({
  since,
  from: time.optional().describe("not before"),
  until: time.optional().describe("not after"),
  name: z.string().max(300).optional().describe("only about that instance, interface, server or address"),
  type: z.string().max(300).optional().describe("only these kinds, by commas"),
  limit: limit.describe("how many: the first ones after `since`, else the last ones; default 100"),
});

/** Which entries. */
export const JournalQuery = z.object({ since, limit: limit.describe("default: all that are known, 2000 at most") });

/** Which story. */
export const WhyQuery = z.object({
  name: z.string().max(300).optional().describe("instance, sync group, address or server; default: what changed last"),
  at: time.optional().describe("the last change until then"),
});
