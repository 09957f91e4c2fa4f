// The journal as server-sent events: whoever connects again says how far he has come and gets what he missed. One who does not
// read is let go; his client connects again, and misses nothing.
import type { Entry } from "../core/journal/entry.ts";
import type { RecentEntries } from "../core/journal/recent.ts";
import { eventOf } from "./journal_event.ts";
import type { Leash } from "./leashes.ts";

/** Streams at a time. */
const MAX_STREAMS = 512;
/** A line that says nothing, so that a connection that is gone is noticed. */
const HEARTBEAT_MS = 15_000;
/** Bytes that wait for one reader at most, beside what he missed. */
const MAX_WAITING_BYTES = 1 << 20;
/** When a client that lost its connection tries again. */
const RETRY_MS = 3000;

/** What a reader wants. */
export interface Wish {
  /** The last id that he has; undefined: from now on. */
  readonly sinceId: number | undefined;
  readonly wanted: (entry: Entry) => boolean;
  /** Who may not stay for ever. */
  readonly leash?: Leash | undefined;
}

interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly wanted: Wish["wanted"];
  readonly letGo: (() => void) | undefined;
}

const encoder = new TextEncoder();

/** All that follow the journal. */
export class EventStreams {
  readonly #recent: RecentEntries;
  readonly #counted: (streams: number) => void;
  readonly #readers = new Set<Reader>();
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(recent: RecentEntries, counted: (streams: number) => void) {
    this.#recent = recent;
    this.#counted = counted;
  }

  /** A new reader's stream; undefined when there are too many. */
  connect({ sinceId, wanted, leash }: Wish): ReadableStream<Uint8Array> | undefined {
    if (this.#readers.size >= MAX_STREAMS) return undefined;
    let own: Reader | undefined;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const reader: Reader = { controller, wanted, letGo: leash?.(() => this.#close(reader)) };
        own = reader;
        if (this.#readers.size === 0) this.#begin();
        this.#readers.add(own);
        this.#counted(this.#readers.size);
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n${this.#missed(sinceId, wanted)}`));
      },
      cancel: () => {
        if (own !== undefined) this.#drop(own);
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }));
  }

  /** There are new entries. Each is written out once, however many read it. */
  tell(entries: readonly Entry[]): void {
    if (this.#readers.size === 0) return;
    const events = entries.map((entry) => ({ entry, bytes: encoder.encode(eventText(entry)) }));
    for (const reader of [...this.#readers]) {
      for (const { entry, bytes } of events) {
        if (!reader.wanted(entry)) continue;
        if (!this.#send(reader, bytes)) break;
      }
    }
  }

  /** What came after an id; `reset` first when some of that is known no more, or the id is none of this journal's. */
  #missed(sinceId: number | undefined, wanted: Wish["wanted"]): string {
    if (sinceId === undefined) return "";
    const oldest = this.#recent.all[0];
    const isKnown = sinceId <= this.#recent.lastId && (oldest === undefined || sinceId >= oldest.id - 1);
    const entries = this.#recent.after(isKnown ? sinceId : 0).filter(wanted);
    return (isKnown ? "" : "event: reset\ndata: {}\n\n") + entries.map(eventText).join("");
  }

  #begin(): void {
    const heartbeat = encoder.encode(": still here\n\n");
    this.#heartbeat = setInterval(() => {
      for (const reader of [...this.#readers]) this.#send(reader, heartbeat);
    }, HEARTBEAT_MS);
  }

  #send(reader: Reader, bytes: Uint8Array): boolean {
    try {
      if ((reader.controller.desiredSize ?? 0) > 0) {
        reader.controller.enqueue(bytes);
        return true;
      }
    } catch {
      // it has gone
    }
    this.#close(reader);
    return false;
  }

  #close(reader: Reader): void {
    try {
      reader.controller.close();
    } catch {
      // it has gone
    }
    this.#drop(reader);
  }

  #drop(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    reader.letGo?.();
    this.#counted(this.#readers.size);
    if (this.#readers.size === 0) clearInterval(this.#heartbeat);
  }
}

function eventText(entry: Entry): string {
  return `id: ${entry.id}\nevent: ${entry.fact.type}\ndata: ${JSON.stringify(eventOf(entry))}\n\n`;
}
