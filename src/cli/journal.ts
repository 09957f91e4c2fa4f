// `holdfast events` and `holdfast why`: the journal, as it was kept and as a story.
import type { Entry } from "../core/journal/entry.ts";
import { mergedStory } from "../core/journal/merge.ts";
import { namesOf } from "../core/journal/story.ts";
import { entryLine, noStoryText, storyOf, storyText } from "../http/story_text.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { openJournal } from "./journal_reader.ts";
import { mergedJson, mergedText } from "./merged_story.ts";
import { type PeerJournal, type PeerOptions, readPeer } from "./peer_journal.ts";

/** What both take. */
interface ReadOptions {
  readonly journal?: string;
  readonly json: boolean;
}

/** How often the file is looked at while following. */
const FOLLOW_MS = 200;

/** `holdfast events`. Following ends when standard output does. @returns the exit status */
export async function events(
  name: string | undefined,
  { journal, json, lines, follow }: ReadOptions & { readonly lines: number; readonly follow: boolean },
): Promise<number> {
  const reader = await openJournal(journal);
  if (reader === undefined) return EXIT_FAILURE;
  const print = (entries: readonly Entry[]): void => {
    for (const entry of entries) console.log(json ? JSON.stringify(entry) : entryLine(entry));
  };
  const wanted = ({ fact }: Entry): boolean => name === undefined || namesOf(fact).includes(name);
  print(reader.first.filter(wanted).slice(-lines));
  while (follow) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    const fresh = await reader.next().catch(said);
    if (fresh === undefined) return EXIT_FAILURE;
    print(fresh.filter(wanted));
  }
  return EXIT_OK;
}

/** `holdfast why`. @returns the exit status: failure when nothing is known */
export async function why(
  name: string | undefined,
  { journal, json, at, peer, ...more }: ReadOptions & { readonly at?: Date } & Partial<PeerOptions>,
): Promise<number> {
  if (peer !== undefined) return await whyOfBoth(name, { journal, json, at, peer, ...more });
  const reader = await openJournal(journal);
  if (reader === undefined) return EXIT_FAILURE;
  const story = storyOf(reader.first, name, at?.getTime());
  if (story === undefined) {
    console.error(`error: ${noStoryText(name, at !== undefined)}`);
    return EXIT_FAILURE;
  }
  if (json) console.log(JSON.stringify(story.entries, undefined, 2));
  else console.log(storyText(story, Date.now()).join("\n"));
  return EXIT_OK;
}

/** With the journal of the peer. */
async function whyOfBoth(
  name: string | undefined,
  { journal, json, at, ...peerOptions }:
    & { journal: string | undefined; json: boolean; at: Date | undefined }
    & PeerOptions,
): Promise<number> {
  const reader = await openJournal(journal);
  if (reader === undefined) return EXIT_FAILURE;
  let peer: PeerJournal;
  try {
    peer = await readPeer(peerOptions);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return EXIT_FAILURE;
  }
  const story = mergedStory(reader.first, peer.entries, peer.clock, name?.replace(/\/\d+$/, ""), at?.getTime());
  if (story === undefined) {
    console.error(
      `error: ${noStoryText(name, at !== undefined).replace("the journal knows no", "neither journal knows a")}`,
    );
    return EXIT_FAILURE;
  }
  console.log(json ? JSON.stringify(mergedJson(story), undefined, 2) : mergedText(story, Date.now()).join("\n"));
  return EXIT_OK;
}

/** Says on standard error why there is nothing more to read. */
function said(error: unknown): undefined {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
}
