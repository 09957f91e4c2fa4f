// The journal of a daemon: every change of state with the facts that led to it, kept in a ring on disk by the supervisor.
// A disk that is full, slow or gone never keeps anything from working: what cannot be written is counted.
import { CauseFinder } from "../../core/journal/causes.ts";
import type { Entry, Fact } from "../../core/journal/entry.ts";
import { RecentEntries } from "../../core/journal/recent.ts";
import { encodeRecord } from "../../core/journal/record.ts";
import { wordText } from "../../core/tracking/server_word.ts";
import type { TrackStatus } from "../../engine/vrrp/tracked_items.ts";
import type { VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { serverFacts } from "./server_facts.ts";
import { RingFile, RingReader } from "./ring_file.ts";

/** Where it is kept, and what is said of it. */
export interface JournalOptions {
  /** Undefined: in memory alone. */
  readonly path: string | undefined;
  readonly log: (line: string) => void;
  /** Size at which the files of the ring change places. */
  readonly maxBytes?: number;
}

/** Entries that are told where nobody asks for all. */
const LAST_ENTRIES = 20;
/** Longest text kept of one fact. */
const MAX_TEXT = 2000;

/** Keeps facts. */
export class Journal {
  /** What it keeps in memory, of earlier lives too. */
  readonly recent = new RecentEntries();
  /** Called after each entry. */
  kept: (() => void) | undefined;
  readonly #path: string | undefined;
  readonly #log: (line: string) => void;
  readonly #causes = new CauseFinder();
  #ring: RingFile | undefined;
  #nextId = 1;
  #lost = 0;
  #track: TrackStatus = { scripts: {}, files: {}, processes: {}, bfd: {} };

  /** Opens the ring; where that is impossible the log says so, and nothing is kept but in memory. */
  constructor({ path, log, maxBytes }: JournalOptions) {
    this.#path = path;
    this.#log = log;
    // Ids grow from life to life without a file, too: whoever reads on from one misses nothing, and sees nothing twice.
    this.#nextId = Date.now();
    if (path === undefined) return;
    try {
      this.#ring = new RingFile(path, maxBytes);
      for (const entry of new RingReader(path).read()) this.recent.add(entry);
      this.#nextId = this.recent.lastId + 1;
    } catch (error) {
      this.#ring?.close();
      this.#ring = undefined;
      log(`warning: no journal is kept in ${path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Where it is kept; undefined: nowhere. */
  get path(): string | undefined {
    return this.#ring === undefined ? undefined : this.#path;
  }

  /** Keeps a fact. @param atMs when it happened, if not now */
  record(fact: Fact, atMs: number = Date.now()): void {
    this.#keep(bounded(fact), atMs);
    if (fact.type !== "transition" || fact.addresses === undefined || fact.addresses.length === 0) return;
    const { name, to, addresses, refused = [], announced = 0 } = fact;
    this.#keep({ type: "addresses", name, verb: to === "master" ? "added" : "removed", addresses, refused }, atMs);
    if (to === "master" && announced > 0) this.#keep({ type: "announced", name, count: announced }, atMs);
  }

  /** Keeps what is new of tracked things. */
  tracked(status: TrackStatus): void {
    const before = this.#track;
    this.#track = status;
    const news = <V>(
      kind: "script" | "file" | "process" | "bfd" | "virtual_server",
      list: (of: TrackStatus) => Readonly<Record<string, V>>,
    ) => {
      for (const [name, value] of Object.entries(list(status))) {
        if (value === list(before)[name]) continue;
        this.record({
          type: "track",
          kind,
          name,
          value: value === true ? "up" : value === false ? "down" : String(value),
        });
      }
    };
    news("script", ({ scripts }) => scripts);
    news("file", ({ files }) => files);
    news("process", ({ processes }) => processes);
    news("bfd", ({ bfd }) => bfd);
    news("virtual_server", ({ virtualServers = {} }) => {
      return Object.fromEntries(Object.entries(virtualServers).map(([name, word]) => [name, wordText(word)]));
    });
  }

  /** Keeps what happened between two pictures of the virtual servers. */
  servers(before: readonly VirtualServerSnapshot[], after: readonly VirtualServerSnapshot[]): void {
    for (const fact of serverFacts(before, after)) this.record(fact);
  }

  /** What the control socket is told: where it is kept, empty for nowhere; or the last entries, or `all` in memory. */
  answer({ command, all }: { readonly command: string; readonly all?: unknown }): unknown {
    if (command === "journal") return this.path ?? "";
    return this.recent.all.slice(all === true ? 0 : -LAST_ENTRIES);
  }

  /** Ends. */
  close(): void {
    this.#ring?.close();
    this.#ring = undefined;
  }

  #keep(fact: Fact, atMs: number): void {
    if (this.#lost > 0 && this.#write({ id: this.#nextId, atMs, fact: { type: "lost", count: this.#lost } })) {
      this.#nextId++;
      this.#lost = 0;
      this.#log("the journal can be written again");
    }
    const id = this.#nextId++;
    const cause = this.#causes.next(id, fact);
    const entry = { id, atMs, ...(cause === undefined ? {} : { cause }), fact };
    if (this.#lost > 0 || !this.#write(entry)) this.#lost++;
    this.recent.add(entry);
    this.kept?.();
  }

  #write(entry: Entry): boolean {
    const line = encodeRecord(entry);
    if (line === undefined) return true; // no fact is that long
    try {
      this.#ring?.append(line);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      if (this.#lost === 0) this.#log(`warning: the journal cannot be written: ${why}`);
      return false;
    }
  }
}

/** Texts cut, lists of addresses too. */
function bounded(fact: Fact): Fact {
  const cut = (value: unknown): unknown => {
    if (typeof value === "string") return value.slice(0, MAX_TEXT);
    return Array.isArray(value) ? value.slice(0, 200) : value;
  };
  return Object.fromEntries(Object.entries(fact).map(([key, value]) => [key, cut(value)])) as unknown as Fact;
}
