// An arbiter: one key for each virtual router, which one host holds at a time (a lease in etcd). Whether a host should try to
// hold it, and what follows from who does. Pure.
import type { WitnessWord } from "./peer_word.ts";

/** What is known of our own router. */
export interface ArbitratedRouter {
  readonly state: "init" | "fault" | "backup" | "master";
  /** Milliseconds since another router's advertisement was heard, undefined: never, or it said that it leaves. */
  readonly heardMsAgo?: number;
  /** Milliseconds between the advertisements of a master. */
  readonly intervalMs: number;
}

/** Our knowledge of what was heard is as old as this, at most. */
const REPORT_MS = 1500;

/**
 * Whether to take the key, or keep it: a master does, and a backup that hears no master, which is about to take over. One that
 * hears a master leaves the key to it.
 */
export function wantsKey({ state, heardMsAgo, intervalMs }: ArbitratedRouter): boolean {
  if (state === "master") return true;
  if (state !== "backup") return false;
  return heardMsAgo === undefined || heardMsAgo > 2 * intervalMs + REPORT_MS;
}

/** What the arbiter says. @param holder who has the key, undefined: nobody @param own our own name there */
export function arbiterWord(holder: string | undefined, own: string): WitnessWord {
  if (holder === own) return { answer: "yes", reason: "has given us its key" };
  // Nobody is no yes: two hosts that look at the same time would both take it for theirs.
  if (holder === undefined) return { answer: "no", reason: "has not given us its key" };
  return { answer: "no", reason: `has given its key to ${holder}` };
}
