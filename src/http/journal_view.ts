// The journal as the api role knows it: the last entries, the changes of state among them with their stories, and the streams
// of those who follow it.
import type { Entry } from "../core/journal/entry.ts";
import { RecentEntries } from "../core/journal/recent.ts";
import { chain, sentence } from "../core/journal/story.ts";
import { storySteps } from "./story_text.ts";
import { EventStreams } from "./event_streams.ts";

/** A change of state on the page. */
export interface TimelineEntry {
  readonly id: number;
  readonly atMs: number;
  /** One sentence. */
  readonly text: string;
  /** What led to it, it itself, and what came of it; empty when that is it alone. */
  readonly steps: readonly string[];
  /** The row class of the new state. */
  readonly className: string;
}

/** Changes of state that are shown. */
const MAX_SHOWN = 20;

/** Use: `add()` with what the supervisor tells. */
export class JournalView {
  readonly streams: EventStreams;
  readonly #recent = new RecentEntries();
  #timeline: readonly TimelineEntry[] | undefined;

  /** @param counted told how many follow it, whenever that changes */
  constructor(counted: (streams: number) => void) {
    this.streams = new EventStreams(this.#recent, counted);
  }

  /** In order. */
  get entries(): readonly Entry[] {
    return this.#recent.all;
  }

  /** Those after an id, the first `limit` of them. */
  after(id: number, limit: number): readonly Entry[] {
    return this.#recent.after(id, limit);
  }

  /** The last changes of state, the newest first. */
  get timeline(): readonly TimelineEntry[] {
    return this.#timeline ??= timelineOf(this.#recent.all);
  }

  /** Takes what is new; what is known already is left out. */
  add(entries: readonly Entry[]): void {
    const fresh = entries.filter((entry) => this.#recent.add(entry));
    if (fresh.length === 0) return;
    this.#timeline = undefined;
    this.streams.tell(fresh);
  }
}

function timelineOf(entries: readonly Entry[]): TimelineEntry[] {
  const shown: TimelineEntry[] = [];
  for (let at = entries.length - 1; at >= 0 && shown.length < MAX_SHOWN; at--) {
    const entry = entries[at];
    const className = entry && classOf(entry);
    if (entry === undefined || className === undefined) continue;
    shown.push({
      id: entry.id,
      atMs: entry.atMs,
      text: sentence(entry.fact),
      steps: stepsOf(entries, entry),
      className,
    });
  }
  return shown;
}

/** Steps shown of one story; one of a whole rack that went down may have thousands. */
const MAX_STEPS = 30;

function stepsOf(entries: readonly Entry[], end: Entry): string[] {
  const steps = storySteps({ end, entries: chain(entries, end) }).map(({ text }) => text.trim());
  if (steps.length < 2) return [];
  return steps.length <= MAX_STEPS ? steps : [...steps.slice(0, MAX_STEPS), `and ${steps.length - MAX_STEPS} more`];
}

/** Undefined for what is no change of state. */
function classOf({ fact }: Entry): string | undefined {
  if (fact.type === "transition") return `vrrp_${fact.to}`;
  if (fact.type === "server" || fact.type === "service") return fact.up ? "active_up" : "active_down";
  return undefined;
}
