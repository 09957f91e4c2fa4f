// The last entries of a journal in memory, for those who may not read the file, and for when there is none. Bounded in number
// and in size, whatever is written.
import type { Entry } from "./entry.ts";

/** Entries kept. */
export const MAX_RECENT = 2000;
/** Characters of JSON kept. */
const MAX_CHARACTERS = 1 << 20;

/** Entries in order; the oldest ones go first. */
export class RecentEntries {
  readonly #maxCharacters: number;
  readonly #entries: Entry[] = [];
  readonly #sizes: number[] = [];
  #characters = 0;
  #lastId = 0;

  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /** In order. */
  get all(): readonly Entry[] {
    return this.#entries;
  }

  /** The newest one's; 0 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Takes an entry; one that is not newer than the last is left out. @returns whether it was taken */
  add(entry: Entry): boolean {
    if (entry.id <= this.#lastId) return false;
    this.#lastId = entry.id;
    const size = JSON.stringify(entry).length;
    this.#entries.push(entry);
    this.#sizes.push(size);
    this.#characters += size;
    let gone = 0;
    while (this.#entries.length - gone > MAX_RECENT || this.#characters > this.#maxCharacters) {
      this.#characters -= this.#sizes[gone++] ?? 0;
    }
    this.#entries.splice(0, gone);
    this.#sizes.splice(0, gone);
    return true;
  }

  /** Those after an id, the first `limit` of them. */
  after(id: number, limit = MAX_RECENT): readonly Entry[] {
    const at = this.#entries.findIndex((entry) => entry.id > id);
    return at < 0 ? [] : this.#entries.slice(at, at + limit);
  }
}
