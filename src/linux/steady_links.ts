// The state of links as it is to be believed: asked for where the kernel is not told, and only after it has lasted.
import { type DelayedVerdict, passVerdictTimer, seeVerdict } from "../core/tracking/delayed_verdict.ts";
import type { Clock } from "../ports/clock.ts";
import { type LinkSettings, NO_LINK_SETTINGS } from "../ports/link_settings.ts";
import type { NetworkInterface } from "../ports/network.ts";

/** Where links are looked up. */
export interface LinkSource {
  readonly find: (name: string) => NetworkInterface | undefined;
  /** Asks a driver; undefined when it cannot be found out. */
  readonly hasLink: (name: string, method?: LinkSettings["polled"][number]["method"]) => boolean | undefined;
}

/** keepalived asks every second. */
const POLL_INTERVAL_US = 1_000_000;

interface Watched {
  readonly index: number;
  readonly verdict: DelayedVerdict;
}

/** Interfaces with settings; the others are as the kernel says. */
export class SteadyLinks {
  readonly #source: LinkSource;
  readonly #clock: Clock;
  #settings = NO_LINK_SETTINGS;
  readonly #watched = new Map<string, Watched>();
  readonly #answers = new Map<string, boolean | undefined>();
  #pollUs = Infinity;

  constructor(source: LinkSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Goes over to other settings. What is believed stays, and a change that waits is looked at anew. */
  configure(settings: LinkSettings): void {
    this.#settings = settings;
    const named = new Set([...settings.delays, ...settings.polled].map((entry) => entry.interface));
    for (const name of this.#watched.keys()) if (!named.has(name)) this.#watched.delete(name);
    this.#answers.clear();
    this.#poll();
  }

  /** The interface with the state of its link that is to be believed now. */
  find(name: string): NetworkInterface | undefined {
    const found = this.#source.find(name);
    const delay = this.#settings.delays.find((entry) => entry.interface === name);
    const isPolled = this.#answers.has(name);
    if (found === undefined) this.#watched.delete(name);
    if (found === undefined || (delay === undefined && !isPolled)) return found;
    const isUp = found.up && this.#answers.get(name) !== false;
    const known = this.#watched.get(name);
    const verdict = known?.index === found.index
      ? seeVerdict(known.verdict, isUp, (isUp ? delay?.upUs : delay?.downUs) ?? 0, this.#clock.nowUs())
      : { up: isUp };
    this.#watched.set(name, { index: found.index, verdict });
    return verdict.up === found.up ? found : { ...found, up: verdict.up };
  }

  /** When `pass` is due, monotonic microseconds; Infinity: nothing waits. */
  get deadlineUs(): number {
    let earliest = this.#pollUs;
    for (const { verdict } of this.#watched.values()) earliest = Math.min(earliest, verdict.changeTimerUs ?? Infinity);
    return earliest;
  }

  /** Lets what is due happen. @returns whether a link may be other than before */
  pass(): boolean {
    const nowUs = this.#clock.nowUs();
    if (nowUs < this.deadlineUs) return false;
    let isNew = nowUs >= this.#pollUs && this.#poll();
    for (const [name, { index, verdict }] of this.#watched) {
      const passed = passVerdictTimer(verdict, nowUs);
      if (passed === verdict) continue;
      this.#watched.set(name, { index, verdict: passed });
      isNew = true;
    }
    return isNew;
  }

  #poll(): boolean {
    const { polled } = this.#settings;
    this.#pollUs = polled.length === 0 ? Infinity : this.#clock.nowUs() + POLL_INTERVAL_US;
    let isNew = false;
    for (const { interface: name, method } of polled) {
      const answer = this.#source.hasLink(name, method);
      if (this.#answers.has(name) && this.#answers.get(name) === answer) continue;
      this.#answers.set(name, answer);
      isNew = true;
    }
    return isNew;
  }
}
