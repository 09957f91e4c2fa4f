// What the health role has said of virtual servers that instances track. Kept by the supervisor, so that it outlives the
// role; the rules are in core/tracking/server_word.ts.
import { same } from "../base/same.ts";
import type { Config } from "../config/config.ts";
import { hearWord, type HeldWord, type JudgedWord, type ServerWord } from "../core/tracking/server_word.ts";

/** The last words. */
export class ServerWords {
  readonly #words = new Map<string, HeldWord>();

  /** By the name of the virtual server. */
  get status(): Readonly<Record<string, ServerWord>> {
    return Object.fromEntries([...this.#words].map(([name, { word }]) => [name, word]));
  }

  /** Takes what the health role says. @returns whether something holds now that did not */
  hear(words: Readonly<Record<string, JudgedWord>>): boolean {
    let isNew = false;
    for (const [name, word] of Object.entries(words)) {
      const before = this.#words.get(name);
      const after = hearWord(before, word);
      this.#words.set(name, after);
      isNew ||= !same(before?.word, after.word);
    }
    return isNew;
  }

  /** The health role starts, for the first time or again. */
  healthStarts(): void {
    for (const [name, { word }] of this.#words) this.#words.set(name, { word, inherited: true });
  }

  /** Another configuration is in use: what is tracked no more is forgotten. */
  use({ virtualServers }: Config): void {
    const tracked = new Set(virtualServers.filter((server) => server.tracked).map(({ name }) => name));
    for (const name of this.#words.keys()) if (!tracked.has(name)) this.#words.delete(name);
  }
}
