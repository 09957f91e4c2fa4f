// Tells the supervisor how all virtual servers are, again and again. With thousands of them that is much work: it is done a
// little at a time, so that no check is late for it, and the less often the longer it takes.
import type { HealthEngine } from "../engine/health/health_engine.ts";
import type { VirtualServerSnapshot } from "../ports/snapshot.ts";
import type { Link } from "./link.ts";
import type { FromChild } from "./messages.ts";

/** How often states and counters are reported at most; the kernel's own estimates are 2 s old. */
const INTERVAL_MS = 1000;
/** Work at one go; a small configuration is reported in one. */
const SLICE_MS = 3;
/** Reports take at most one of so many milliseconds. */
const REPORT_SHARE = 10;

/** What is reported. */
export type Reported = Pick<HealthEngine, "snapshots" | "statistics" | "warnings">;

/** Reports until it is stopped. */
export class HealthReporter {
  readonly #link: Pick<Link<FromChild>, "send" | "sendText">;
  #round: Round | undefined;
  /** Something changed while a report was under way: another follows it. */
  #isStale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #warnings = "[]";

  constructor(link: Pick<Link<FromChild>, "send" | "sendText">) {
    this.#link = link;
  }

  /** Reports now, and from now on. */
  report(engine: Reported): void {
    if (this.#round !== undefined) {
      this.#isStale = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#isStale = false;
    this.#go(engine, { steps: engine.snapshots(), parts: [], busyMs: 0 });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #go(engine: Reported, round: Round): void {
    const startMs = performance.now();
    this.#round = round;
    for (let step = round.steps.next(); step.done !== true; step = round.steps.next()) {
      if (step.value !== undefined) round.parts.push(JSON.stringify(step.value));
      if (performance.now() - startMs < SLICE_MS) continue;
      round.busyMs += performance.now() - startMs;
      this.#timer = setTimeout(() => this.#go(engine, round), 0);
      return;
    }
    this.#round = undefined;
    this.#send(engine, round.parts);
    round.busyMs += performance.now() - startMs;
    const delayMs = Math.max(INTERVAL_MS - round.busyMs, REPORT_SHARE * round.busyMs);
    this.#timer = setTimeout(() => this.report(engine), this.#isStale ? 0 : delayMs);
  }

  #send(engine: Reported, parts: readonly string[]): void {
    const statistics = JSON.stringify(engine.statistics());
    this.#link.sendText(`{"type":"health","virtualServers":[${parts.join(",")}],"statistics":${statistics}}`);
    const { warnings } = engine;
    const text = JSON.stringify(warnings);
    if (text !== this.#warnings && this.#link.send({ type: "warnings", warnings })) this.#warnings = text;
  }
}

/** One report under way. */
interface Round {
  readonly steps: Generator<VirtualServerSnapshot | undefined>;
  readonly parts: string[];
  busyMs: number;
}
