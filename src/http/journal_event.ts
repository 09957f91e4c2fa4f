// An entry of the journal as the API tells it: with its sentence, and the fact itself for programs.
import type { Entry } from "../core/journal/entry.ts";
import { namesOf, sentence } from "../core/journal/story.ts";
import { time } from "./status.ts";

/** One event; `ApiEvent` of the schemas. */
export function eventOf({ id, atMs, cause, fact }: Entry): Record<string, unknown> {
  return {
    id,
    time: time(atMs),
    type: fact.type,
    text: sentence(fact),
    names: namesOf(fact),
    ...(cause === undefined ? {} : { cause }),
    fact,
  };
}
