// Counts the processes that instances track, and tells when there are enough or too few. Runs in the supervisor.
//
// Whatever processes do, it holds a bounded number of them, reads /proc a bounded number of times a second, and says
// something new a bounded number of times a second.
import { same } from "../base/same.ts";
import type { TrackedProcess } from "../config/config_vrrp.ts";
import {
  countProcesses,
  passProcessTimer,
  type ProcessConfig,
  type ProcessState,
  startProcessCount,
} from "../core/tracking/process_count.ts";
import { isMeant, type ProcessIdentity } from "../core/tracking/process_match.ts";
import type { ProcessEvent } from "../wire/process_events.ts";

/** How processes are seen; replaceable by fakes. */
export interface ProcessView {
  /** Numbers of all processes. */
  readonly list: () => readonly number[];
  readonly find: (pid: number) => ProcessIdentity | undefined;
  /** Begins to hear of events. @returns how to end that @throws when there are none to be had */
  readonly listen: (heard: (news: ProcessNews) => void) => () => void;
  /** Monotonic microseconds. */
  readonly nowUs: () => number;
}

/** What happened to processes. */
export interface ProcessNews {
  readonly events: readonly ProcessEvent[];
  /** There was more, which is lost. */
  readonly lost: boolean;
  /** Why nothing will come any more. */
  readonly ended?: string;
}

/** What the tracker needs besides. */
export interface ProcessTrackerOptions {
  readonly log: (line: string) => void;
  /** There are enough processes, or no longer enough, of some kind. */
  readonly changed: () => void;
}

/** More processes than any `quorum` or `quorum_max`. */
const MAX_TRACKED = 65_536;
/** Processes that have changed and wait to be looked at; beyond that, all are. */
const MAX_WAITING = 1024;
/** Looks in one window, and its length: 2000 a second take a tenth of a processor. */
const LOOKS_PER_WINDOW = 100;
const WINDOW_MS = 50;
/** Between two looks at all processes, at least; and this many times as long as the look took. */
const SCAN_MS = 1000;
const SCAN_SHARE = 20;
/** Looks of a scan before others get their turn. */
const LOOKS_PER_TURN = 200;
/** The kernel says at once that it will tell events, or never does. */
const LISTENING_MS = 500;

interface Live {
  entry: TrackedProcess;
  config: ProcessConfig;
  state: ProcessState;
}

/** Tracked processes at work. Use: `configure()` with each configuration, `stop()` at the end. */
export class ProcessTracker {
  readonly #view: ProcessView;
  readonly #options: ProcessTrackerOptions;
  #live: readonly Live[] = [];
  /** By process: which of `#live` it counts for. */
  readonly #tracked = new Map<number, readonly Live[]>();
  readonly #waiting = new Set<number>();
  #unlisten: (() => void) | undefined;
  /** Events come: until then all processes are looked at again and again. */
  #listening = false;
  /** There are, or were, processes that could not be taken note of. */
  #isIncomplete = false;
  #isScanning = false;
  #window: ReturnType<typeof setTimeout> | undefined;
  #scanTimer: ReturnType<typeof setTimeout> | undefined;
  #delayTimer: ReturnType<typeof setTimeout> | undefined;
  #helloTimer: ReturnType<typeof setTimeout> | undefined;
  #scans = 0;
  /** No other look at all processes before this time. */
  #restsUntilUs = 0;

  constructor(view: ProcessView, options: ProcessTrackerOptions) {
    this.#view = view;
    this.#options = options;
  }

  /** By name: whether there are enough. */
  get status(): Readonly<Record<string, boolean>> {
    return Object.fromEntries(this.#live.map(({ entry, state }) => [entry.name, state.up]));
  }

  /** How many processes it knows to count. */
  get tracked(): number {
    return this.#tracked.size;
  }

  /** Goes over to a list: what is the same in both goes on. What is new is counted before this returns. */
  configure(processes: readonly TrackedProcess[]): void {
    if (processes.length === 0) return this.stop();
    const before = new Map(this.#live.map((live) => [live.entry.name, live]));
    if (processes.length === before.size && processes.every((entry) => isSame(before.get(entry.name)?.entry, entry))) {
      return;
    }
    this.#listen();
    const nowUs = this.#view.nowUs();
    this.#live = processes.map((entry) => ({ entry, config: configOf(entry), state: { up: false, count: 0 } }));
    this.#tracked.clear();
    for (const pid of this.#view.list()) this.#look(pid);
    const counts = this.#counts();
    for (const live of this.#live) {
      const old = before.get(live.entry.name);
      const count = counts.get(live) ?? 0;
      live.state = old !== undefined && meansTheSame(old.entry, live.entry)
        ? countProcesses(live.config, old.state, count, nowUs)
        : startProcessCount(live.config, count);
    }
    this.#armDelays();
    this.#options.changed();
  }

  /** Ends everything. */
  stop(): void {
    for (const timer of [this.#window, this.#scanTimer, this.#delayTimer, this.#helloTimer]) clearTimeout(timer);
    this.#window = undefined;
    this.#scanTimer = undefined;
    this.#isScanning = false;
    this.#scans++;
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#listening = false;
    this.#live = [];
    this.#tracked.clear();
    this.#waiting.clear();
  }

  // --- what happens to processes ---

  #listen(): void {
    if (this.#live.length > 0) return; // it does already, or cannot
    try {
      this.#unlisten = this.#view.listen((news) => this.#hear(news));
      this.#helloTimer = setTimeout(() => this.#poll("the kernel does not tell events of processes"), LISTENING_MS);
    } catch (error) {
      this.#poll(error instanceof Error ? error.message : String(error));
    }
  }

  #poll(why: string): void {
    if (this.#listening) return;
    this.#options.log(`tracked processes are counted every second (${why})`);
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#scanLater(SCAN_MS);
  }

  #hear({ events, lost, ended }: ProcessNews): void {
    for (const event of events) this.#take(event);
    if (lost) this.#scanLater(0);
    this.#open();
    if (ended === undefined) return;
    this.#listening = false;
    this.#poll(ended);
  }

  #take(event: ProcessEvent): void {
    switch (event.type) {
      case "listening":
        if (event.errno !== 0 || this.#listening) return;
        clearTimeout(this.#helloTimer);
        this.#listening = true;
        return this.#scanLater(0); // what happened between the first look and now
      case "fork":
        return this.#put(event.pid, this.#tracked.get(event.parent) ?? []);
      case "changed":
        if (this.#waiting.size < MAX_WAITING) this.#waiting.add(event.pid);
        else this.#scanLater(SCAN_MS);
        return;
      case "exit":
        this.#tracked.delete(event.pid);
        this.#waiting.delete(event.pid);
        return;
      default:
        return event satisfies never;
    }
  }

  /** At once when it was quiet, else with the next window. */
  #open(): void {
    if (this.#window !== undefined) return;
    this.#window = setTimeout(() => {
      this.#window = undefined;
      if (this.#waiting.size > 0) this.#open();
      else this.#judge();
    }, WINDOW_MS);
    let looks = 0;
    for (const pid of this.#waiting) {
      if (++looks > LOOKS_PER_WINDOW) break;
      this.#waiting.delete(pid);
      this.#look(pid);
    }
    this.#judge();
  }

  #look(pid: number): void {
    const found = this.#view.find(pid);
    this.#put(pid, found === undefined ? [] : this.#live.filter(({ entry }) => isMeant(patternOf(entry), found)));
  }

  #put(pid: number, counts: readonly Live[]): void {
    if (counts.length === 0) this.#tracked.delete(pid);
    else if (this.#tracked.size < MAX_TRACKED || this.#tracked.has(pid)) this.#tracked.set(pid, counts);
    else if (!this.#isIncomplete) {
      this.#isIncomplete = true; // the end of one that is not known could not be seen
      this.#scanLater(SCAN_MS);
    }
  }

  // --- looks at all processes ---

  #scanLater(afterMs: number): void {
    if (this.#isScanning) {
      this.#isIncomplete = true; // once more, when it has ended
      return;
    }
    const restMs = (this.#restsUntilUs - this.#view.nowUs()) / 1000;
    this.#scanTimer ??= setTimeout(() => this.#scan(++this.#scans), Math.max(afterMs, restMs));
  }

  async #scan(scan: number): Promise<void> {
    this.#scanTimer = undefined;
    this.#isScanning = true;
    const pids = this.#view.list();
    const there = new Set(pids);
    for (const pid of this.#tracked.keys()) if (!there.has(pid)) this.#tracked.delete(pid);
    this.#isIncomplete = false;
    let busyUs = 0;
    for (let at = 0; at < pids.length; at += LOOKS_PER_TURN) {
      const startUs = this.#view.nowUs();
      for (const pid of pids.slice(at, at + LOOKS_PER_TURN)) this.#look(pid);
      busyUs += this.#view.nowUs() - startUs;
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (scan !== this.#scans) return; // stopped
    }
    this.#isScanning = false;
    this.#restsUntilUs = this.#view.nowUs() + Math.max(SCAN_MS * 1000, busyUs * SCAN_SHARE);
    this.#judge();
    if (!this.#listening || this.#isIncomplete) this.#scanLater(SCAN_MS);
  }

  // --- what it means ---

  #counts(): Map<Live, number> {
    const counts = new Map<Live, number>();
    for (const lives of this.#tracked.values()) {
      for (const live of lives) counts.set(live, (counts.get(live) ?? 0) + 1);
    }
    return counts;
  }

  #judge(): void {
    const counts = this.#counts();
    const nowUs = this.#view.nowUs();
    let isNew = false;
    for (const live of this.#live) {
      const { up } = live.state;
      live.state = countProcesses(live.config, live.state, counts.get(live) ?? 0, nowUs);
      if (live.state.up === up) continue;
      isNew = true;
      this.#tell(live);
    }
    this.#armDelays();
    if (isNew) this.#options.changed();
  }

  #armDelays(): void {
    clearTimeout(this.#delayTimer);
    const nextUs = Math.min(...this.#live.map(({ state }) => state.changeTimerUs ?? Infinity));
    if (nextUs === Infinity) return;
    this.#delayTimer = setTimeout(() => this.#delayed(), Math.max(0, Math.ceil((nextUs - this.#view.nowUs()) / 1000)));
  }

  #delayed(): void {
    const nowUs = this.#view.nowUs();
    let isNew = false;
    for (const live of this.#live) {
      const { up } = live.state;
      live.state = passProcessTimer(live.state, nowUs);
      if (live.state.up === up) continue;
      isNew = true;
      this.#tell(live);
    }
    this.#armDelays();
    if (isNew) this.#options.changed();
  }

  #tell({ entry, state }: Live): void {
    const what = state.up ? "has quorum" : "has no quorum";
    this.#options.log(`VRRP_Track_Process(${entry.name}) ${what} (processes: ${state.count})`);
  }
}

function configOf({ quorum, quorumMax = Infinity, forkDelayUs, terminateDelayUs }: TrackedProcess): ProcessConfig {
  return { quorum, quorumMax, forkDelayUs, terminateDelayUs };
}

function patternOf({ process: words, match, comparesCommandLine }: TrackedProcess): Parameters<typeof isMeant>[0] {
  return { words, comparesCommandLine, ...(match === undefined ? {} : { match }) };
}

function isSame(before: TrackedProcess | undefined, after: TrackedProcess): boolean {
  return before !== undefined && same(before, after, "location");
}

/** Whether the same processes count. */
function meansTheSame(before: TrackedProcess, after: TrackedProcess): boolean {
  return same(patternOf(before), patternOf(after), "location");
}
