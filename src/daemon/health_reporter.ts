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
/** A part is told as soon as it has so many characters: a report of thousands of servers is nowhere one text. */
const PART_LENGTH = 60_000;
/** The supervisor has no room: it is asked again after so long. */
const RETRY_MS = 20;

/** What is reported. */
export type Reported = Pick<HealthEngine, "snapshots" | "statistics" | "warnings" | "generation">;

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
    const { generation } = engine;
    const round = { steps: engine.snapshots(), generation, from: 0, waiting: [], length: 0, busyMs: 0 };
    this.#go(engine, round);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #go(engine: Reported, round: Round): void {
    const startMs = performance.now();
    this.#round = round;
    const isDone = this.#gather(round, startMs + SLICE_MS);
    const isTold = isDone ? this.#tell(round, engine) : true;
    round.busyMs += performance.now() - startMs;
    if (!isDone || !isTold) {
      const delayMs = round.length < PART_LENGTH && !isDone ? 0 : RETRY_MS;
      this.#timer = setTimeout(() => this.#go(engine, round), delayMs);
      return;
    }
    this.#round = undefined;
    const delayMs = Math.max(INTERVAL_MS - round.busyMs, REPORT_SHARE * round.busyMs);
    this.#timer = setTimeout(() => this.report(engine), this.#isStale ? 0 : delayMs);
  }

  /** Takes steps, and tells of full parts, until then. @returns whether there are no more steps */
  #gather(round: Round, endMs: number): boolean {
    while (round.length < PART_LENGTH || this.#tellPart(round, false, "")) {
      const step = round.steps.next();
      if (step.done === true) return true;
      if (step.value !== undefined) {
        const text = JSON.stringify(step.value);
        round.waiting.push(text);
        round.length += text.length;
      }
      if (performance.now() >= endMs) return false;
    }
    return false;
  }

  /** Tells the last part and what goes with it. @returns false: there was no room */
  #tell(round: Round, engine: Reported): boolean {
    const statistics = `,"statistics":${JSON.stringify(engine.statistics())}`;
    if (!this.#tellPart(round, true, statistics)) return false;
    const { warnings } = engine;
    const text = JSON.stringify(warnings);
    if (text !== this.#warnings && this.#link.send({ type: "warnings", warnings })) this.#warnings = text;
    return true;
  }

  #tellPart(round: Round, isLast: boolean, more: string): boolean {
    const { generation, from, waiting } = round;
    const part = JSON.stringify({ generation, from, isLast });
    const text = `{"type":"health","part":${part},"virtualServers":[${waiting.join(",")}]${more}}`;
    if (!this.#link.sendText(text)) return false;
    round.from += waiting.length;
    round.waiting.length = 0;
    round.length = 0;
    return true;
  }
}

/** One report under way. */
interface Round {
  readonly steps: Generator<VirtualServerSnapshot | undefined>;
  readonly generation: number;
  /** Virtual servers told of. */
  from: number;
  /** Texts of those that are still to be told of, and their length together. */
  readonly waiting: string[];
  length: number;
  busyMs: number;
}
