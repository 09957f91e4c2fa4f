// The last results of each real server's deciding check, as the pictures show them. A check that is asked more often than
// the pictures come shows its last result of each.
import { formatEndpoint } from "../base/ip.ts";
import type { CheckSnapshot, Snapshot } from "../ports/snapshot.ts";
import { checkId } from "./status.ts";

/** Results kept of each. */
const MAX_RESULTS = 20;
/** Longest text kept; results come from the network. */
const MAX_TEXT = 256;

interface Results {
  entries: readonly CheckSnapshot[];
  seen: number;
}

/** Histories of all checks; those of servers that are gone are dropped. */
export class CheckHistory {
  readonly #results = new Map<string, Results>();
  #pictures = 0;

  /** Takes the next picture. */
  observe({ virtualServers }: Snapshot): void {
    this.#pictures++;
    for (const server of virtualServers) {
      for (const { address, port, check } of server.realServers) {
        if (check !== undefined) this.#take(checkId(server.name, formatEndpoint(address, port)), check);
      }
    }
    for (const [id, { seen }] of this.#results) if (seen !== this.#pictures) this.#results.delete(id);
  }

  /** The newest first; undefined when there is no such check. */
  of(id: string): readonly CheckSnapshot[] | undefined {
    return this.#results.get(id)?.entries;
  }

  #take(id: string, check: CheckSnapshot): void {
    const known = this.#results.get(id);
    const entries = known?.entries ?? [];
    const isNew = check.atMs > 0 && check.atMs !== entries[0]?.atMs;
    const added = { ...check, text: check.text.slice(0, MAX_TEXT) };
    const kept = isNew ? [added, ...entries].slice(0, MAX_RESULTS) : entries;
    this.#results.set(id, { entries: kept, seen: this.#pictures });
  }
}
