// `holdfast why --peer`: one change of state as two nodes saw it, as lines or as JSON.
import { formatDuration } from "../base/duration.ts";
import type { FittedClock, MergedStory } from "../core/journal/merge.ts";
import { sentence } from "../core/journal/story.ts";
import { time } from "../http/status.ts";
import { secondsAfter, storyTitle } from "../http/story_text.ts";

/** Below that, a difference is not worth a word. */
const NEGLIGIBLE_MS = 5;

/** What it was, how the times of the two are put together, and line by line what happened where. */
export function mergedText({ end, clock, entries }: MergedStory, nowMs: number): string[] {
  const firstMs = entries[0]?.atMs ?? end.atMs;
  const title = storyTitle({ ...end.entry, atMs: end.atMs }, nowMs);
  return [
    end.node === "here" ? title : `on the peer, ${title}`,
    `(${clockText(clock)})`,
    ...entries.map((told) => {
      const sign = told === end ? ">" : " ";
      return `${sign}${secondsAfter(firstMs, told.atMs)}  ${told.node}  ${sentence(told.entry.fact)}`;
    }),
  ].map(printable);
}

/** How order is decided, in one sentence. */
export function clockText({ offsetMs, uncertaintyMs, movedMs, isContradictory }: FittedClock): string {
  const measuredMs = offsetMs - movedMs;
  const parts = uncertaintyMs === undefined ? ["the peer's times are as its own clock said"] : [
    `the peer's clock ${differenceText(measuredMs, uncertaintyMs)}, measured now to ${Math.ceil(uncertaintyMs)} ms`,
  ];
  if (isContradictory) parts.push("what the two heard of one another contradicts that, and every order of it");
  if (Math.abs(movedMs) > (uncertaintyMs ?? 0) + NEGLIGIBLE_MS) {
    const direction = movedMs < 0 ? "earlier" : "later";
    parts.push(
      `they are told ${
        formatDuration(Math.round(Math.abs(movedMs)))
      } ${direction}, so that nothing is heard before it was said`,
    );
  }
  return parts.join("; ");
}

/** For programs: times by the clock of this node, with what was added to the peer's. */
export function mergedJson({ end, clock, entries }: MergedStory): Record<string, unknown> {
  const { offsetMs, uncertaintyMs, movedMs, isContradictory } = clock;
  return {
    end: { node: end.node, id: end.entry.id },
    clock: { offsetMs, ...(uncertaintyMs === undefined ? {} : { uncertaintyMs }), movedMs, isContradictory },
    entries: entries.map(({ node, atMs, entry }) => ({ node, time: time(atMs), ...entry, text: sentence(entry.fact) })),
  };
}

function differenceText(offsetMs: number, uncertaintyMs: number): string {
  if (Math.abs(offsetMs) <= uncertaintyMs) return "says what this one's says";
  return `is ${formatDuration(Math.round(Math.abs(offsetMs)))} ${offsetMs < 0 ? "ahead" : "behind"}`;
}

/** The peer's words come over the network: they must not draw on the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- finding them is the point
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
