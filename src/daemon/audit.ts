// Who did what, and who tried: the last of it in memory for the API, all of it in log and journal.
import type { AuditEntry } from "../ports/commands.ts";

/** Entries kept. */
const MAX_ENTRIES = 200;
const MAX_TEXT = 400;

/** Remembers. */
export class Audit {
  readonly #entries: AuditEntry[] = [];
  readonly #changed: () => void;
  #lastId = 0;

  /** @param changed there is another entry */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The newest first. */
  get entries(): readonly AuditEntry[] {
    return [...this.#entries].reverse();
  }

  record(entry: Omit<AuditEntry, "id" | "atMs">): void {
    const text = entry.text.slice(0, MAX_TEXT);
    this.#entries.push({ id: ++this.#lastId, atMs: Date.now(), ...entry, text });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    this.#changed();
  }
}
