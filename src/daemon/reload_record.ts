// How reloads went: counted, and the last refusal as a warning until the next good one.
import type { WarningSnapshot } from "../ports/snapshot.ts";
import type { ReloadOutcome } from "./reload.ts";

/** Counters of reloads, since the start. */
export class ReloadRecord {
  #counters: { readonly accepted: number; readonly rejected: number; readonly lastAcceptedAtMs: number };
  #warning: WarningSnapshot | undefined;

  /** @param startedAtMs when the first configuration was taken over, wall clock */
  constructor(startedAtMs: number) {
    this.#counters = { accepted: 0, rejected: 0, lastAcceptedAtMs: startedAtMs };
  }

  get counters(): { readonly accepted: number; readonly rejected: number; readonly lastAcceptedAtMs: number } {
    return this.#counters;
  }

  /** None, or that the last one was refused. */
  get warnings(): readonly WarningSnapshot[] {
    return this.#warning === undefined ? [] : [this.#warning];
  }

  accepted(): void {
    this.#counters = { ...this.#counters, accepted: this.#counters.accepted + 1, lastAcceptedAtMs: Date.now() };
    this.#warning = undefined;
  }

  refused(message: string): void {
    this.#counters = { ...this.#counters, rejected: this.#counters.rejected + 1 };
    this.#warning = { code: "reload-rejected", message, sinceMs: Date.now() };
  }
}

/** A reload that changed nothing. */
export function refusal(generation: number, report: string, problem: string): ReloadOutcome {
  return { accepted: false, generation, report, problem, changes: [] };
}
