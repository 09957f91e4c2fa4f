// What the configuration says of the supervisor's own process: `umask`, which scripts and the other roles inherit, and its name.
import type { GlobalDefs } from "../config/global_defs.ts";
import { umaskOf } from "../config/umask.ts";
import { nameProcess } from "../linux/scheduling.ts";

/** Applies it, and takes back what a reload does not say any more. */
export class OwnProcess {
  readonly #log: (line: string) => void;
  #mask: number | undefined;
  #maskBefore = 0;
  #name: string | undefined;
  #nameBefore = "";

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  apply({ umask, processName, usesProcessNames }: GlobalDefs): void {
    const mask = umask === undefined ? undefined : umaskOf(umask);
    if (umask !== undefined && mask === undefined) this.#log(`warning: \`umask ${umask}\` is no mask of permissions`);
    if (mask !== this.#mask) {
      const before = Deno.umask(mask ?? this.#maskBefore);
      if (this.#mask === undefined) this.#maskBefore = before;
      this.#mask = mask;
    }
    const name = processName ?? (usesProcessNames === true ? "holdfast" : undefined);
    if (name === this.#name) return;
    if (this.#name === undefined) this.#nameBefore = ownName();
    nameProcess(name ?? this.#nameBefore);
    this.#name = name;
  }
}

function ownName(): string {
  try {
    return Deno.readTextFileSync("/proc/self/comm").trim();
  } catch {
    return "holdfast";
  }
}

/** Longest wait that a timer knows, milliseconds. */
const MAX_WAIT_MS = 2_147_483_647;

/** `child_wait_time`: how long a role may take to end. A second at least: addresses and servers are handed over in it. */
export function endMsOf({ childWaitSeconds = 5 }: GlobalDefs): number {
  return Math.min(Math.max(childWaitSeconds, 1) * 1000, MAX_WAIT_MS);
}
