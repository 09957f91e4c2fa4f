// The journal of another node, from a copy of its file or from its API, and how its clock differs from ours.
import { textWithin } from "../probe/bounded_answer.ts";
import type { Entry, Fact } from "../core/journal/entry.ts";
import type { Clock } from "../core/journal/merge.ts";
import { isEntry } from "../core/journal/record.ts";
import { namesOf, sentence } from "../core/journal/story.ts";
import { RingReader } from "../daemon/journal/ring_file.ts";

/** Where it is, and how to come in. */
export interface PeerOptions {
  /** A file, or the address of its API: `https://lb2.example:8405`. */
  readonly peer: string;
  /** File with a token of the API. */
  readonly peerToken?: string;
  /** File with the certificate that the API's is signed by. */
  readonly peerCa?: string;
}

/** What the peer said. */
export interface PeerJournal {
  readonly entries: readonly Entry[];
  readonly clock: Clock;
}

const LIMIT_MS = 10_000;
/** Longest answer; the API tells less. */
const MAX_BYTES = 16 << 20;
/** Answers that the clock is measured with; the quickest one counts. */
const MEASUREMENTS = 3;
/** Both clocks are read in whole milliseconds. */
const RESOLUTION_MS = 1;

/** Reads it. @throws Error with one sentence why it cannot be read */
export async function readPeer({ peer, peerToken, peerCa }: PeerOptions): Promise<PeerJournal> {
  if (!/^https?:\/\//.test(peer)) {
    const entries = new RingReader(peer).read().filter((entry) => isSound(entry));
    if (entries.length === 0) throw new Error(`there is nothing in the journal ${peer}`);
    return { entries, clock: { offsetMs: 0, uncertaintyMs: undefined } };
  }
  const token = peerToken === undefined ? undefined : Deno.readTextFileSync(peerToken).trim();
  const client = peerCa === undefined ? undefined : Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(peerCa)] });
  try {
    const ask = (query: string): Promise<JournalPage> =>
      askApi(`${peer.replace(/\/+$/, "")}/api/v1/journal${query}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        redirect: "error",
        ...(client && { client }),
      });
    const { entries } = await ask("");
    return {
      entries: entries.filter((entry) => isSound(entry)),
      clock: await measure(() => ask(`?since=${Number.MAX_SAFE_INTEGER}`)),
    };
  } finally {
    client?.close();
  }
}

interface JournalPage {
  readonly time: string;
  readonly entries: readonly unknown[];
}

async function askApi(url: string, init: RequestInit & { client?: Deno.HttpClient }): Promise<JournalPage> {
  let text: string;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(LIMIT_MS) });
    text = await textWithin(response, MAX_BYTES, "its answer is too long");
    if (!response.ok) throw new Error(`it answers ${response.status}`);
  } catch (error) {
    throw new Error(`the peer at ${url} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  try {
    const page = JSON.parse(text);
    if (Array.isArray(page.entries) && !Number.isNaN(Date.parse(page.time))) return page;
  } catch {
    // said below
  }
  throw new Error(`what ${url} answers is no journal`);
}

/** The peer says what time it has; it did so between our question and its answer. */
async function measure(ask: () => Promise<JournalPage>): Promise<Clock> {
  let best: Clock = { offsetMs: 0, uncertaintyMs: Infinity };
  for (let count = 0; count < MEASUREMENTS; count++) {
    const asked = performance.now();
    const { time } = await ask();
    const tookMs = performance.now() - asked;
    const uncertaintyMs = tookMs / 2 + RESOLUTION_MS;
    if (uncertaintyMs >= (best.uncertaintyMs ?? 0)) continue;
    best = { offsetMs: Date.now() - tookMs / 2 - Date.parse(time), uncertaintyMs };
  }
  return best;
}

/** Whether an entry from outside can be told of: its sentence can be made. */
function isSound(value: unknown): value is Entry {
  if (!isEntry(value)) return false;
  try {
    const fact: Fact = value.fact;
    return typeof sentence(fact) === "string" && namesOf(fact).every((name) => typeof name === "string");
  } catch {
    return false;
  }
}
