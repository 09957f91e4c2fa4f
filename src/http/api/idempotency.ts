// Idempotency-Key (the IETF's draft): a caller who got no answer sends the same again, and it is not done twice. Remembered in
// memory, for a while, and not more than so many.
import { createHash } from "node:crypto";

/** An answer as it was sent. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is to be done with a request that has a key. */
export type KeyVerdict =
  /** It is new: do it, then call `keep`, with nothing if it may be tried again. */
  | { readonly isNew: true; readonly keep: (answer: KeptAnswer | undefined) => void }
  /** It was done. */
  | { readonly isNew: false; readonly answer: KeptAnswer }
  /** It is being done, or the key stood for something else. */
  | { readonly isNew: false; readonly status: 409 | 422; readonly detail: string };

/** What a key may look like. */
export const KEY_PATTERN = /^[\x21-\x7e]{1,128}$/;
const MAX_KEYS = 256;
const KEPT_MS = 600_000;
const MAX_BODY = 64 << 10;

interface Entry {
  readonly print: string;
  readonly atMs: number;
  answer: KeptAnswer | undefined;
}

/** The memory. */
export class IdempotencyKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** @param request what the key stands for: method, path, conditions and body */
  take(caller: string, key: string, request: readonly string[]): KeyVerdict {
    const name = `${caller}\n${key}`;
    const print = createHash("sha256").update(JSON.stringify(request)).digest("base64url");
    const nowMs = this.#wallMs();
    const known = this.#entries.get(name);
    if (known !== undefined && (known.answer === undefined || nowMs - known.atMs < KEPT_MS)) {
      if (known.print !== print) return { isNew: false, status: 422, detail: "the key was for another request" };
      if (known.answer !== undefined) return { isNew: false, answer: known.answer };
      return { isNew: false, status: 409, detail: "the same request is being carried out" };
    }
    const entry: Entry = { print, atMs: nowMs, answer: undefined };
    this.#entries.delete(name); // the newest last
    this.#entries.set(name, entry);
    this.#shorten();
    return {
      isNew: true,
      keep: (answer) => {
        if (answer !== undefined && answer.body.length <= MAX_BODY) entry.answer = answer;
        else if (this.#entries.get(name) === entry) this.#entries.delete(name);
      },
    };
  }

  /** The oldest go first; those under way are few, since requests at a time are. */
  #shorten(): void {
    for (const [name, { answer }] of this.#entries) {
      if (this.#entries.size <= MAX_KEYS) return;
      if (answer !== undefined) this.#entries.delete(name);
    }
  }
}
