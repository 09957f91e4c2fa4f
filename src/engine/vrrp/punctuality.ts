// How punctual one instance is, and how often it changed for which reason: histograms for the metrics. Decides nothing.
import { Histogram, histogramIn, histogramsOf } from "../../base/histogram.ts";
import type { RouterAction, RouterState } from "../../core/vrrp/state.ts";
import type { VrrpTimings } from "../../ports/snapshot.ts";

/** Seconds between advertisements; fine around the usual second. */
const INTERVAL_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 0.95, 1, 1.05, 1.1, 1.25, 1.5, 2, 3, 5];
const DELAY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const DETECTION_SECONDS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 10];
const TAKEOVER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What each action of a take-over is called in the metrics. */
const PHASES: Readonly<Partial<Record<RouterAction["type"], string>>> = {
  "send-advertisement": "advertise",
  "add-addresses": "vip_add",
  "announce-addresses": "garp",
};

/** Observes one instance. Times are monotonic microseconds. */
export class Punctuality {
  readonly #in = new Histogram(INTERVAL_SECONDS);
  readonly #out = new Histogram(INTERVAL_SECONDS);
  readonly #sendDelay = new Histogram(DELAY_SECONDS);
  readonly #detection = new Map<string, Histogram>();
  readonly #takeover = new Map<string, Histogram>();
  readonly #transitions = new Map<string, number>();
  #heardUs: number | undefined;
  #heardPriority = 0;
  #sentUs: number | undefined;
  #dueUs: number | undefined;
  #duplicateMasters = 0;

  /** An advertisement was believed. @param state ours, before it */
  heard(priority: number, state: RouterState["name"], nowUs: number): void {
    if (this.#heardUs !== undefined) this.#in.observe((nowUs - this.#heardUs) / 1_000_000);
    this.#heardUs = nowUs;
    this.#heardPriority = priority;
    if (state === "master" && priority > 0) this.#duplicateMasters++;
  }

  /** A timer has run out: what a master sends now was due then. */
  timer(state: RouterState): void {
    this.#dueUs = state.name === "master" ? state.adverTimerUs : undefined;
  }

  /** An advertisement was sent. */
  sent(nowUs: number): void {
    if (this.#sentUs !== undefined) this.#out.observe((nowUs - this.#sentUs) / 1_000_000);
    if (this.#dueUs !== undefined && this.#dueUs <= nowUs) this.#sendDelay.observe((nowUs - this.#dueUs) / 1_000_000);
    this.#sentUs = nowUs;
    this.#dueUs = undefined;
  }

  /** An action of a step was carried out; `startUs` is when the step was decided. Counts when it becomes master. */
  tookOver(action: RouterAction, startUs: number, nowUs: number): void {
    const phase = action.type === "transition" ? "total" : PHASES[action.type];
    if (phase === undefined) return;
    histogramIn(this.#takeover, phase, TAKEOVER_SECONDS).observe((nowUs - startUs) / 1_000_000);
  }

  /** The state changed. @param priority our effective one */
  transition({ from, to, reason }: RouterAction & { type: "transition" }, priority: number, nowUs: number): void {
    const word = to === "master" && from === "backup" ? this.#whyMaster(reason, priority) : wordOf(from, to, reason);
    const key = `${from} ${to} ${word}`;
    this.#transitions.set(key, (this.#transitions.get(key) ?? 0) + 1);
    if ((word === "timeout" || word === "priority-0") && this.#heardUs !== undefined) {
      histogramIn(this.#detection, word, DETECTION_SECONDS).observe((nowUs - this.#heardUs) / 1_000_000);
    }
    // Gaps that begin in one state and end in another say nothing of punctuality.
    this.#heardUs = undefined;
    if (to !== "master") this.#sentUs = undefined;
  }

  snapshot(): VrrpTimings {
    return {
      advertIntervalIn: this.#in.snapshot(),
      advertIntervalOut: this.#out.snapshot(),
      sendDelay: this.#sendDelay.snapshot(),
      detection: histogramsOf(this.#detection),
      takeover: histogramsOf(this.#takeover),
      duplicateMasters: this.#duplicateMasters,
      transitions: [...this.#transitions].map(([key, count]) => {
        const [from = "", to = "", reason = ""] = key.split(" ");
        return { from, to, reason, count };
      }),
    };
  }

  #whyMaster(reason: string, priority: number): string {
    if (!reason.startsWith("no advertisement")) return "group";
    if (this.#heardUs === undefined) return "start";
    if (this.#heardPriority === 0) return "priority-0";
    return this.#heardPriority < priority ? "preempt" : "timeout";
  }
}

/** One of few words for a sentence: the label of a metric must not be a text of any kind. */
function wordOf(from: RouterState["name"], to: RouterState["name"], reason: string): string {
  if (to === "init") return "shutdown";
  if (to === "fault") return /^(interface|link) /.test(reason) ? "link" : "track";
  if (from === "init") return "start";
  if (from === "fault") return "recovered";
  if (/^advertisement of (higher|equal) priority/.test(reason)) return "higher-priority";
  if (/^address /.test(reason)) return "address-lost";
  return "other";
}
