// The operations on the journal: what happened, and why; as one answer, or as a stream that goes on where a reader stopped.
import type { Context, Hono } from "hono";
import type { z } from "zod";
import type { Entry } from "../../core/journal/entry.ts";
import { namesOf } from "../../core/journal/story.ts";
import { noStoryText, storyOf, storySteps, storyTitle } from "../story_text.ts";
import type { JournalView } from "../journal_view.ts";
import { eventOf } from "../journal_event.ts";
import { callerOf } from "../caller.ts";
import { problem } from "../problem.ts";
import type { Watch } from "../watch.ts";
import { time } from "../status.ts";
import type { Operation } from "./operations.ts";
import * as schemas from "./journal_schemas.ts";

type EventQuery = z.infer<typeof schemas.EventQuery>;

const EVENTS_PATH = "/events";
const DEFAULT_EVENTS = 100;

/** All of them. */
export const JOURNAL_OPERATIONS: readonly Operation[] = [
  {
    id: "listEvents",
    method: "get",
    path: EVENTS_PATH,
    role: "reader",
    summary:
      "What happened; with `Accept: text/event-stream` what happens from now on, or after Last-Event-ID or `since`",
    query: schemas.EventQuery,
    reply: schemas.Events,
    streams: true,
    run: ({ watch }, { query }) => ({ status: 200, body: eventsOf(watch.journal, query) }),
  },
  {
    id: "getJournal",
    method: "get",
    path: "/journal",
    role: "reader",
    summary: "The last entries of the journal as they are kept",
    query: schemas.JournalQuery,
    reply: schemas.JournalPage,
    run: ({ watch, snapshot, wallMs }, { query }) => {
      const { since = 0, limit = Infinity } = query as z.infer<typeof schemas.JournalQuery>;
      const entries = watch.journal.after(since, limit);
      return {
        status: 200,
        body: {
          node: snapshot().node.routerId,
          time: time(wallMs()),
          entries,
          ...cursor(watch.journal, since, entries),
        },
      };
    },
  },
  {
    id: "why",
    method: "get",
    path: "/why",
    role: "reader",
    summary: "The story of the last change of state: what led to it, and what came of it",
    query: schemas.WhyQuery,
    reply: schemas.Why,
    mayLack: true,
    run: ({ watch, wallMs }, { query }) => {
      const { name, at } = query as z.infer<typeof schemas.WhyQuery>;
      const story = storyOf(watch.journal.entries, name, at === undefined ? undefined : Date.parse(at));
      if (story === undefined) return { status: 404, detail: noStoryText(name, at !== undefined) };
      const body = {
        title: storyTitle(story.end, wallMs()),
        end: story.end.id,
        steps: storySteps(story).map(({ text }) => text.trim()),
        story: story.entries.map(eventOf),
      };
      return { status: 200, body };
    },
  },
];

/** Adds what answers those who want a stream; others are passed on. */
export function addEventStream(
  app: Hono,
  base: string,
  { journal, leashes }: Pick<Watch, "journal" | "leashes">,
): void {
  app.get(base + EVENTS_PATH, async (context, next) => {
    if (!acceptsStream(context)) return await next();
    const read = schemas.EventQuery.safeParse(context.req.query());
    if (!read.success) return problem(context, 422, "the query is not what is asked for");
    const last = Number(context.req.header("last-event-id") ?? read.data.since);
    // Nobody would ever read, nor close, the stream of a HEAD.
    if (context.req.method === "HEAD") return context.body(null);
    const sinceId = Number.isSafeInteger(last) && last >= 0 ? last : undefined;
    const stream = journal.streams.connect({
      sinceId,
      wanted: filterOf(read.data),
      leash: leashes.of(callerOf(context)),
    });
    if (stream === undefined) return problem(context, 503, "too many streams are open");
    return context.body(stream, 200, { "Content-Type": "text/event-stream; charset=utf-8" });
  });
}

function acceptsStream(context: Context): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(context.req.header("accept") ?? "");
}

function eventsOf(journal: JournalView, query: EventQuery): z.infer<typeof schemas.Events> {
  const { since, limit = DEFAULT_EVENTS } = query;
  const wanted = journal.after(since ?? 0, Infinity).filter(filterOf(query));
  const shown = since === undefined ? wanted.slice(-limit) : wanted.slice(0, limit);
  const found = cursor(journal, since, shown);
  // All that is wanted is told: what comes next comes after all that is known.
  const next = shown.length === wanted.length || since === undefined ? journal.entries.at(-1)?.id ?? since : undefined;
  return { events: shown.map(eventOf) as z.infer<typeof schemas.Event>[], ...found, ...(next && { next }) };
}

/** Where to go on, and whether something is missing before. */
function cursor(
  { entries }: JournalView,
  since: number | undefined,
  shown: readonly Entry[],
): { next: number; missed: boolean } {
  const oldest = entries[0]?.id;
  const newest = entries.at(-1)?.id;
  const missed = since !== undefined && oldest !== undefined && since > 0 &&
    (since < oldest - 1 || since > (newest ?? 0));
  return { next: shown.at(-1)?.id ?? since ?? 0, missed };
}

function filterOf({ name, type, from, until }: EventQuery): (entry: Entry) => boolean {
  const types = type?.split(",");
  const [fromMs, untilMs] = [from, until].map((moment) => moment === undefined ? undefined : Date.parse(moment));
  return ({ atMs, fact }) =>
    (name === undefined || namesOf(fact).includes(name)) && (types === undefined || types.includes(fact.type)) &&
    atMs >= (fromMs ?? -Infinity) && atMs <= (untilMs ?? Infinity);
}
