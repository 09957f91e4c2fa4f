// Looks for another master of one virtual router while it is master itself, and says so: two hosts answer for one address.
import {
  lastingEvidence,
  noteSign,
  type SplitBrainEvidence,
  type SplitBrainSign,
} from "../../core/vrrp/split_brain.ts";
import type { SplitBrainSnapshot } from "../../ports/snapshot.ts";

/** ARP is rarer than advertisements: a host may answer for an address once in a while only. */
const MIN_TOLERATED_US = 3_000_000;
/** A stranger that was silent for so long has had its last word, for now. */
const SETTLED_US = 1_000_000;

/** One router's watch. */
export class SplitBrainWatch {
  readonly #log: (line: string) => void;
  #known: readonly SplitBrainEvidence[] = [];
  #alarmed = new Set<string>();
  /** When somebody else was heard to have our addresses, since we announced them. */
  #lastSignUs: number | undefined;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @param masterDownIntervalUs how long two masters may take to settle it */
  note(sign: SplitBrainSign, nowUs: number, masterDownIntervalUs: number): void {
    this.#known = noteSign(this.#known, sign, nowUs, toleratedUs(masterDownIntervalUs));
    this.#lastSignUs = nowUs;
  }

  /**
   * Whether another master had its last word a moment ago: then neighbors may believe it, and our addresses are to be
   * announced again. True once for each time.
   */
  settles(nowUs: number): boolean {
    if (this.#lastSignUs === undefined || nowUs - this.#lastSignUs < SETTLED_US) return false;
    this.#lastSignUs = undefined;
    return true;
  }

  /** It is master no longer: what others do is their right. */
  forget(): void {
    this.#known = [];
    this.#lastSignUs = undefined;
    this.#alarmed.clear();
  }

  /** What lasts now; says it once when it begins and once when it is over. */
  evidence(nowUs: number, masterDownIntervalUs: number, wallMs: number): readonly SplitBrainSnapshot[] {
    if (this.#known.length === 0) return [];
    const lasting = lastingEvidence(this.#known, nowUs, toleratedUs(masterDownIntervalUs));
    const keys = new Set(lasting.map(keyOf));
    for (const entry of lasting) {
      if (!this.#alarmed.has(keyOf(entry))) this.#log(`split brain: ${describeSign(entry)}`);
    }
    for (const key of this.#alarmed) if (!keys.has(key)) this.#log(`split brain is over: ${key} was not seen again`);
    this.#alarmed = keys;
    return lasting.map(({ kind, who, address, unbelieved, sinceUs, count }) => {
      return {
        kind,
        who,
        ...(address && { address }),
        ...(unbelieved && { unbelieved }),
        sinceMs: wallMs - (nowUs - sinceUs) / 1000,
        count,
      };
    });
  }
}

function toleratedUs(masterDownIntervalUs: number): number {
  return Math.max(masterDownIntervalUs, MIN_TOLERATED_US);
}

function keyOf({ kind, who, address }: SplitBrainSign): string {
  return `${kind} of ${who}${address === undefined ? "" : ` for ${address}`}`;
}

/** One sentence for people: what is seen, and what it means. */
export function describeSign({ kind, who, address, unbelieved }: SplitBrainSign): string {
  if (kind === "advertisement") {
    const why = unbelieved ?? "it does not hear us, or does not believe us";
    return `${who} is master, too, and goes on advertising: ${why}`;
  }
  return `${who} answers for ${address}, too: it is another master that we don't hear, or the address is in use elsewhere`;
}
