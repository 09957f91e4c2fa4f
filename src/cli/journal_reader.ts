// The journal for commands that read it: its file, or, where the daemon keeps none, what it has in memory.
import type { Entry } from "../core/journal/entry.ts";
import { RecentEntries } from "../core/journal/recent.ts";
import { askDaemon } from "../daemon/control_client.ts";
import { RingReader } from "../daemon/journal/ring_file.ts";
import { IN_MEMORY, journalToRead } from "./journal_path.ts";

/** A journal that can be read on. */
export interface JournalReader {
  readonly first: readonly Entry[];
  /** What is new since the last call. */
  readonly next: () => Promise<readonly Entry[]>;
}

/** @param given where it is, if that is said @returns undefined when there is nothing: then the reason has been printed */
export async function openJournal(given: string | undefined): Promise<JournalReader | undefined> {
  const path = await journalToRead(given);
  try {
    const reader = path === IN_MEMORY ? await memoryReader() : fileReader(path);
    if (reader.first.length > 0) return reader;
    console.error(`error: there is nothing in the journal${path === IN_MEMORY ? "" : ` ${path}`}`);
  } catch (error) {
    const where = path === IN_MEMORY ? "of the daemon" : path;
    console.error(`error: the journal ${where} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return undefined;
}

function fileReader(path: string): JournalReader {
  const ring = new RingReader(path);
  return { first: ring.read(), next: () => Promise.resolve(ring.read()) };
}

async function memoryReader(): Promise<JournalReader> {
  const known = new RecentEntries();
  const next = async (): Promise<readonly Entry[]> => {
    const answer = await askDaemon({ command: "recent", all: true });
    if (answer === undefined || !answer.ok) throw new Error(answer?.message ?? "no Holdfast is running any more");
    return (answer.result as Entry[]).filter((entry) => known.add(entry));
  };
  return { first: await next(), next };
}
