// A machine that is master is not updated unless its owner says so: what an update asks of the daemon before it begins.
import type { Snapshot } from "../ports/snapshot.ts";

/** The running daemon, as far as it is asked. */
export interface Director {
  /** Undefined when no daemon runs. */
  readonly status: () => Promise<Pick<Snapshot, "vrrpInstances"> | undefined>;
  /** Carries an order out. @throws Error with one sentence why not */
  readonly order: (request: { readonly command: string; readonly [field: string]: unknown }) => Promise<unknown>;
  /** @throws Error when nobody wants the update any more */
  readonly wait: (ms: number) => Promise<void>;
}

/** How long the addresses stay away: an update and a restart. */
export const HOLD_MS = 3_600_000;
const POLL_MS = 250;
/** A failover takes an advertisement interval; a slow machine a little more. */
const HAND_OVER_MS = 30_000;

/** What instances and groups are master: a sync group once, instead of its members. */
export function masters({ vrrpInstances }: Pick<Snapshot, "vrrpInstances">): string[] {
  const master = vrrpInstances.filter(({ state }) => state === "master");
  return [...new Set(master.map(({ name, syncGroup }) => syncGroup ?? name))];
}

/**
 * Hands what this machine is master of over to its peers, and waits until they are heard as masters.
 *
 * @param force even if no peer has ever been heard: a backup is silent, so there may be one
 * @returns the names that were handed over and now are held
 * @throws Error when a peer does not take over; then nothing is held any more
 */
export async function stepDown(director: Director, force: boolean): Promise<string[]> {
  const before = await director.status();
  const names = before === undefined ? [] : masters(before);
  const leaving = (before?.vrrpInstances ?? []).filter(({ state }) => state === "master");
  const done: string[] = [];
  const gone = new Set<string>();
  try {
    for (const name of names) {
      await director.order({ command: "failover", name, forMs: HOLD_MS, force });
      done.push(name);
    }
    for (let waitedMs = 0;; waitedMs += POLL_MS) {
      const now = (await director.status())?.vrrpInstances ?? [];
      const waiting = leaving.filter(({ name }) => {
        const instance = now.find((one) => one.name === name);
        if (instance === undefined) return false;
        if (instance.state !== "master") gone.add(name);
        else if (gone.has(name)) throw new Error(`no peer has taken ${name} over, so it came back`);
        const { peer, sinceMs } = instance;
        return !gone.has(name) || peer === undefined || peer.priority === 0 || peer.heardMs < sinceMs;
      });
      if (waiting.length === 0) return done;
      if (waitedMs >= HAND_OVER_MS) throw new Error(`no peer takes over ${waiting.map(({ name }) => name).join(", ")}`);
      await director.wait(POLL_MS);
    }
  } catch (error) {
    await takeBack(director, done);
    throw error;
  }
}

/** Lets go of what was held: priorities decide again who is master. */
export async function takeBack(director: Director, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await director.order({ command: "release", name });
    } catch {
      // It was released already, or the daemon has gone.
    }
  }
}
