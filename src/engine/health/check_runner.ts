// Runs probes a bounded number at a time, each until its deadline. Knows nothing of verdicts.
import { Histogram } from "../../base/histogram.ts";
import { Limits } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import type { HealthStatistics } from "../../ports/snapshot.ts";
import type { Agenda, Appointment } from "./agenda.ts";

/** One check that is due. */
export interface Check {
  /** It should start now, monotonic microseconds; later counts as late. */
  readonly dueUs: number;
  /** It is given up this long after its start, microseconds. */
  readonly limitUs: number;
  /** It runs a program. */
  readonly isScript?: boolean;
  /** Runs the probe; ends early when `signal` aborts. */
  run(signal: AbortSignal): Promise<ProbeResult>;
  /**
   * The same with less work, where it is there: calls `end` once, never from within this call.
   *
   * @returns ends it early: `end` is called all the same
   */
  readonly begin?: ((end: (result: ProbeResult) => void) => () => void) | undefined;
  /** Takes the result. Not called after the runner was stopped. */
  done(result: ProbeResult): void;
}

/** A start this long after the deadline counts as late, microseconds. */
const LATE_US = 100_000;
const DELAY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Programs that run at once, whatever else may. */
const MOST_SCRIPTS = 256;

/** A check under way. */
interface Running {
  readonly check: Check;
  /** Its time was over. */
  isOverdue: boolean;
  cancel: () => void;
}

/** Starts checks, at most `limit` at once; the others wait in order, programs in a queue of their own. */
export class CheckRunner {
  readonly #clock: Clock;
  readonly #agenda: Agenda;
  readonly #limit: number;
  readonly #waiting: Check[] = [];
  readonly #waitingScripts: Check[] = [];
  #scripts = 0;
  readonly #running = new Set<Running>();
  readonly #limits = new Limits<Running>();
  /** When the limits are looked at next. */
  #look: Appointment | undefined;
  #lookUs = Infinity;
  #stopped = false;
  /** Called when the last one has ended after the stop. */
  #ended: (() => void) | undefined;
  readonly #delay = new Histogram(DELAY_SECONDS);
  #late = 0;
  #overruns = 0;

  constructor(clock: Clock, agenda: Agenda, limit: number) {
    this.#clock = clock;
    this.#agenda = agenda;
    this.#limit = limit;
  }

  /** Checks that started more than 0.1 s after they were due. */
  get lateChecks(): number {
    return this.#late;
  }

  /** What it counts. */
  statistics(): Pick<HealthStatistics, "scheduleDelay" | "inFlight" | "overruns"> {
    return { scheduleDelay: this.#delay.snapshot(), inFlight: this.#running.size, overruns: this.#overruns };
  }

  /** Starts the check now, or when one of the running ones ends. */
  start(check: Check): void {
    if (this.#stopped) return;
    (check.isScript === true ? this.#waitingScripts : this.#waiting).push(check);
    this.#fill();
  }

  /** Cancels everything; settles when every running probe has let go. No result is delivered any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.length = 0;
    this.#waitingScripts.length = 0;
    for (const running of [...this.#running]) running.cancel();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#ended = resolve);
  }

  #fill(): void {
    while (!this.#stopped && this.#running.size < this.#limit) {
      const check = this.#next();
      if (check === undefined) return;
      if (check.isScript === true) this.#scripts++;
      const nowUs = this.#clock.nowUs();
      const delayUs = nowUs - check.dueUs;
      this.#delay.observe(Math.max(0, delayUs) / 1_000_000);
      if (delayUs > LATE_US) this.#late++;
      this.#begin(check, nowUs);
    }
  }

  /** The one that is due first, of those that may run. */
  #next(): Check | undefined {
    const [first] = this.#waiting;
    const [script] = this.#scripts < MOST_SCRIPTS ? this.#waitingScripts : [];
    const takesScript = script !== undefined && (first === undefined || script.dueUs < first.dueUs);
    return (takesScript ? this.#waitingScripts : this.#waiting).shift();
  }

  #begin(check: Check, nowUs: number): void {
    const running: Running = { check, isOverdue: false, cancel: nothing };
    this.#running.add(running);
    this.#limits.add(running, check.limitUs, nowUs);
    this.#lookAt(nowUs + check.limitUs);
    const end = (result: ProbeResult): void => this.#end(running, result);
    running.cancel = check.begin === undefined ? this.#promised(check, nowUs, end) : check.begin(end);
  }

  /** @returns aborts it */
  #promised(check: Check, startUs: number, end: (result: ProbeResult) => void): () => void {
    const controller = new AbortController();
    this.#outcome(check, controller.signal, startUs).then(end);
    return () => controller.abort();
  }

  #end(running: Running, result: ProbeResult): void {
    const { check } = running;
    this.#running.delete(running);
    this.#limits.delete(running, check.limitUs);
    if (check.isScript === true) this.#scripts--;
    if (this.#stopped) {
      if (this.#running.size === 0) this.#ended?.();
      return;
    }
    if (running.isOverdue) this.#overruns++;
    check.done(running.isOverdue ? overdue(result) : result);
    this.#fill();
  }

  /** Makes sure that the limits are looked at then, or before. */
  #lookAt(atUs: number): void {
    if (this.#lookUs <= atUs) return;
    this.#look?.cancel();
    this.#lookUs = atUs;
    this.#look = this.#agenda.at(atUs, () => {
      this.#lookUs = Infinity;
      for (const running of this.#limits.take(this.#clock.nowUs())) {
        running.isOverdue = true;
        running.cancel();
      }
      const nextUs = this.#limits.firstUs;
      if (nextUs !== Infinity) this.#lookAt(nextUs);
    });
  }

  async #outcome(check: Check, signal: AbortSignal, startUs: number): Promise<ProbeResult> {
    try {
      return await check.run(signal);
    } catch (error) {
      // A probe never rejects. If one does, that is a bug of ours, and tells nothing of the server.
      const text = `the probe failed: ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, status: "SOCKERR", text, durationUs: this.#clock.nowUs() - startUs };
    }
  }
}

function nothing(): void {}

/** What a probe says after it was cancelled is not its own verdict, unless it already knew of a timeout. */
function overdue(result: ProbeResult): ProbeResult {
  if (result.status === "L4TOUT" || result.status === "L7TOUT") return { ...result, ok: false };
  return { ok: false, status: "L7TOUT", text: "the check did not end in time", durationUs: result.durationUs };
}
