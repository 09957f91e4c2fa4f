// The last changes of state, as the api role sees them in the pictures it gets. The journal knows more and for longer; this
// is what the page shows of the last hours.
import { formatEndpoint } from "../base/ip.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { serverClass } from "./server_status.ts";

/** One change. */
export interface TimelineEntry {
  readonly atMs: number;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  /** The row class of the new state. */
  readonly className: string;
}

interface Seen {
  readonly state: string;
  readonly entry: Omit<TimelineEntry, "from" | "to">;
}

/** Entries kept. */
const MAX_ENTRIES = 20;

/** Compares each picture with the one before. */
export class Timeline {
  #entries: readonly TimelineEntry[] = [];
  #before: ReadonlyMap<string, Seen> | undefined;

  /** The newest first. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries;
  }

  /** Takes the next picture. @returns whether something changed its state */
  observe(snapshot: Snapshot): boolean {
    const now = statesOf(snapshot);
    const before = this.#before;
    this.#before = now;
    if (before === undefined) return false;
    const changes: TimelineEntry[] = [];
    for (const [id, { state, entry }] of now) {
      const earlier = before.get(id)?.state;
      if (earlier !== undefined && earlier !== state) changes.push({ ...entry, from: earlier, to: state });
    }
    if (changes.length === 0) return false;
    changes.sort((a, b) => b.atMs - a.atMs);
    this.#entries = [...changes, ...this.#entries].slice(0, MAX_ENTRIES);
    return true;
  }
}

function statesOf({ vrrpInstances, virtualServers }: Snapshot): Map<string, Seen> {
  const states = new Map<string, Seen>();
  for (const { name, state, sinceMs: atMs, lastTransition } of vrrpInstances) {
    const why = lastTransition?.to === state ? lastTransition.reason : "";
    states.set(`vrrp ${name}`, { state, entry: { atMs, what: name, why, className: `vrrp_${state}` } });
  }
  for (const server of virtualServers) {
    const why = `quorum ${server.quorum.have} of ${server.quorum.need}`;
    const className = server.up ? "active_up" : "active_down";
    const state = server.up ? "UP" : "DOWN";
    states.set(`vs ${server.name}`, { state, entry: { atMs: server.sinceMs, what: server.name, why, className } });
    for (const entry of server.realServers) {
      const what = `${formatEndpoint(entry.address, entry.port)} of ${server.name}`;
      const isUp = entry.state === "up" || entry.state === "going-down" || entry.state === "no-check";
      const reason = entry.check === undefined ? "" : `${entry.check.status}: ${entry.check.text}`;
      const shown = { atMs: entry.sinceMs, what, why: reason, className: serverClass(entry) };
      states.set(`rs ${server.name} ${what}`, { state: isUp ? "UP" : "DOWN", entry: shown });
    }
  }
  return states;
}
