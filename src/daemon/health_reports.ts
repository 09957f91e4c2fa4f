// Puts reports of the health role together, which come in parts where there are many servers. A part that was lost, since
// somebody was slow, leaves what was told before.
import type { VirtualServerSnapshot } from "../ports/snapshot.ts";
import type { HealthReport } from "./messages.ts";

type Changed = (before: readonly VirtualServerSnapshot[], after: readonly VirtualServerSnapshot[]) => void;

/** The last whole report. */
export class HealthReports {
  #whole: HealthReport = { type: "health", virtualServers: [] };
  /** Of the round that `#whole` came from. */
  #generation: number | undefined;
  #coming: VirtualServerSnapshot[] = [];

  get whole(): HealthReport {
    return this.#whole;
  }

  /** Takes a report or a part of one. @param changed called when there is another whole one now */
  take(message: HealthReport, changed?: Changed): void {
    const { part, ...report } = message;
    if (part === undefined) return this.#show(report, undefined, changed);
    const { generation, from, isLast } = part;
    if (from === 0) this.#coming = [];
    if (generation === this.#generation && this.#coming.length < from) {
      for (const before of this.#whole.virtualServers.slice(this.#coming.length, from)) this.#coming.push(before);
    }
    if (this.#coming.length !== from) return;
    for (const server of report.virtualServers) this.#coming.push(server);
    if (isLast) this.#show({ ...report, virtualServers: this.#coming }, generation, changed);
  }

  /** There are no virtual servers any more. */
  clear(): void {
    this.take({ type: "health", virtualServers: [] });
  }

  #show(whole: HealthReport, generation: number | undefined, changed: Changed | undefined): void {
    const before = this.#whole.virtualServers;
    this.#whole = whole;
    this.#generation = generation;
    this.#coming = [];
    changed?.(before, whole.virtualServers);
  }
}
