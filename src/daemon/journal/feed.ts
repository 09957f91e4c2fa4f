// Tells the api role, which may not read the journal's file, what is in it. A role that does not read is told later, from what
// the journal has in memory: nothing piles up for it.
import { MAX_RECENT } from "../../core/journal/recent.ts";
import type { ToApi } from "../messages.ts";
import type { Journal } from "./journal.ts";

/** What happens in one go is told in one message. */
const GATHER_MS = 20;
/** The role does not read: try again. */
const RETRY_MS = 250;

/** The process that is told; `post` waits for a slow one, `send` drops. */
export interface Listener {
  readonly post: (message: ToApi) => void;
  readonly send: (message: ToApi) => boolean;
}

/** Remembers how far the role's process has been told. */
export class JournalFeed {
  readonly #journal: Journal;
  #process: Listener | undefined;
  #toldId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.kept = () => this.#soon(GATHER_MS);
  }

  /** There is a new process: it gets what the journal has in memory. */
  begin(process: Listener): void {
    this.#process = process;
    const { all, lastId } = this.#journal.recent;
    process.post({ type: "journal", entries: all });
    this.#toldId = lastId;
  }

  /** At the end a process must not wait for it. */
  #soon(ms: number): void {
    if (this.#process === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tell(), ms);
    Deno.unrefTimer(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    const entries = this.#journal.recent.after(this.#toldId, MAX_RECENT);
    const last = entries.at(-1);
    if (last === undefined) return;
    if (this.#process?.send({ type: "journal", entries })) this.#toldId = last.id;
    else this.#soon(RETRY_MS);
  }
}
