// Entries and stories of the journal as lines: the same words on the command line, in the API and on the page.
import { formatDuration } from "../base/duration.ts";
import type { Entry } from "../core/journal/entry.ts";
import { chain, lastTransition, sentence } from "../core/journal/story.ts";
import { time } from "./status.ts";

/** A change of state with what led to it and what came of it. */
export interface Story {
  readonly end: Entry;
  /** In order; `end` is one of them. */
  readonly entries: readonly Entry[];
}

/**
 * The story of the last change of state until a time.
 *
 * @param name as for `lastTransition`; a virtual address may have its prefix length
 */
export function storyOf(entries: readonly Entry[], name?: string, untilMs?: number): Story | undefined {
  const end = lastTransition(entries, name?.replace(/\/\d+$/, ""), untilMs);
  return end === undefined ? undefined : { end, entries: chain(entries, end) };
}

/** Why there is no story, in one sentence without period. */
export function noStoryText(name: string | undefined, hasLimit: boolean): string {
  const about = name === undefined ? "" : ` of ${name}`;
  return `the journal knows no change of state${about}${hasLimit ? " until then" : ""}`;
}

/** What it was, and line by line what led to it and what came of it. */
export function storyText(story: Story, nowMs: number): string[] {
  return [storyTitle(story.end, nowMs), ...storySteps(story).map(({ isEnd, text }) => `${isEnd ? ">" : " "}${text}`)];
}

/** The first line of a story. */
export function storyTitle({ fact, atMs }: Entry, nowMs: number): string {
  const what = fact.type === "transition" ? `${fact.name} became ${fact.to.toUpperCase()}` : sentence(fact);
  return `${what} ${formatDuration(Math.max(0, nowMs - atMs))} ago, at ${time(atMs)}:`;
}

/** The other lines: seconds since the first, and what happened. */
export function storySteps({ end, entries }: Story): { readonly isEnd: boolean; readonly text: string }[] {
  const [first = end] = entries;
  return entries.map((entry) => ({
    isEnd: entry === end,
    text: `${secondsAfter(first.atMs, entry.atMs)}  ${sentence(entry.fact)}`,
  }));
}

/** `+0.310 s`, as wide as for ten seconds and more. */
export function secondsAfter(firstMs: number, atMs: number): string {
  const seconds = (atMs - firstMs) / 1000;
  return `${seconds < 0 ? "-" : "+"}${Math.abs(seconds).toFixed(3)} s`.padStart(10);
}

/** One entry alone. */
export function entryLine({ atMs, fact }: Entry): string {
  return `${time(atMs)}  ${sentence(fact)}`;
}
