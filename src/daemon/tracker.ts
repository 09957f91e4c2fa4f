// Runs the scripts, reads the files and counts the processes that instances track, and tells what is new. Runs in the
// supervisor.
import type { Config } from "../config/config.ts";
import type { TrackedFile, VrrpScript } from "../config/config_vrrp.ts";
import { same } from "../base/same.ts";
import {
  nextDeadlineUs,
  resumeScript,
  type ScriptConfig,
  type ScriptEvent,
  type ScriptState,
  type ScriptVerdict,
  startScript,
  stepScript,
} from "../core/tracking/script_verdict.ts";
import { trackFileValue } from "../core/tracking/track_file_value.ts";
import type { ScriptSnapshot, WarningSnapshot } from "../ports/snapshot.ts";
import type { TrackStatus } from "../engine/vrrp/tracked_items.ts";
import { writeInitialFiles } from "./initial_files.ts";
import { ProcessTracker, type ProcessView } from "./process_tracker.ts";
import { ServerWords } from "./server_words.ts";
import { runScript, type ScriptProcess } from "./script_process.ts";

/** What a tracker needs. */
export interface TrackerOptions {
  readonly log: (line: string) => void;
  /** Something that is tracked is other than before. */
  readonly changed: () => void;
  readonly processes: ProcessView;
}

/** How often tracked files are read. */
const FILE_INTERVAL_MS = 500;

interface LiveScript {
  script: VrrpScript;
  config: ScriptConfig;
  state: ScriptState;
  process?: ScriptProcess;
  /** It cannot be run: what is said of that for as long. */
  warning?: WarningSnapshot;
  timer?: ReturnType<typeof setTimeout>;
}

/** Scripts, files and processes at work. Use: `configure()` with each configuration, `stop()` at the end. */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #scripts = new Map<string, LiveScript>();
  readonly #files = new Map<string, number>();
  readonly #processes: ProcessTracker;
  readonly #servers = new ServerWords();
  #config: Config | undefined;
  #fileTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#processes = new ProcessTracker(options.processes, options);
  }

  /** What is known now. */
  get status(): Omit<TrackStatus, "bfd"> {
    const scripts: Record<string, ScriptVerdict> = {};
    for (const [name, { state }] of this.#scripts) scripts[name] = state.verdict;
    const files = Object.fromEntries(this.#files);
    return { scripts, files, processes: this.#processes.status, virtualServers: this.#servers.status };
  }

  /** The scripts, for the eyes of people. */
  get scripts(): ScriptSnapshot[] {
    return [...this.#scripts].map(([name, { state, process }]) => ({
      name,
      verdict: state.verdict,
      running: process !== undefined,
    }));
  }

  /** Scripts that cannot be run. */
  get warnings(): WarningSnapshot[] {
    return [...this.#scripts.values()].flatMap(({ warning }) => warning ?? []);
  }

  /** Goes over to a configuration: what is the same in both goes on, with what is known of it. */
  configure(config: Config): void {
    writeInitialFiles(this.#config?.trackedFiles, config.trackedFiles, this.#options.log);
    this.#config = config;
    this.#servers.use(config);
    const used = namesOf(config);
    const scripts = config.scripts.filter(({ name }) => used.scripts.has(name));
    for (const [name, live] of this.#scripts) {
      if (!scripts.some((script) => script.name === name)) this.#end(name, live);
    }
    for (const script of scripts) this.#use(script);
    this.#watch(config.trackedFiles.filter(({ name }) => used.files.has(name)));
    this.#processes.configure(config.trackedProcesses.filter(({ name }) => used.processes.has(name)));
  }

  /** What the health role says of virtual servers that are tracked. */
  hearServers(words: Parameters<ServerWords["hear"]>[0]): void {
    if (this.#servers.hear(words)) this.#options.changed();
  }

  /** The health role starts, for the first time or again: what was said of virtual servers holds until it knows better. */
  healthStarts(): void {
    this.#servers.healthStarts();
  }

  /** Ends everything, scripts that run too. */
  stop(): void {
    for (const [name, live] of this.#scripts) this.#end(name, live);
    clearInterval(this.#fileTimer);
    this.#processes.stop();
  }

  #use(script: VrrpScript): void {
    const config = timingOf(script);
    const live = this.#scripts.get(script.name);
    const nowUs = now();
    if (live === undefined) {
      const started: LiveScript = { script, config, state: startScript(config, nowUs) };
      this.#scripts.set(script.name, started);
      return this.#schedule(started);
    }
    if (same(live.script, script, "location")) return;
    const isSameJudge = live.config.rise === config.rise && live.config.fall === config.fall;
    live.process?.kill("SIGTERM");
    Object.assign(live, { script, config, state: resumeScript(config, live.state, isSameJudge, nowUs) });
    delete live.process;
    this.#schedule(live);
  }

  #end(name: string, live: LiveScript): void {
    clearTimeout(live.timer);
    live.process?.kill("SIGTERM");
    delete live.process;
    this.#scripts.delete(name);
  }

  #schedule(live: LiveScript): void {
    clearTimeout(live.timer);
    const delayMs = Math.max(0, (nextDeadlineUs(live.state) - now()) / 1000);
    live.timer = setTimeout(() => this.#step(live, { type: "timer" }), delayMs);
  }

  #step(live: LiveScript, event: ScriptEvent): void {
    const { state, actions } = stepScript(live.config, live.state, event, now());
    live.state = state;
    if (state.obstacle === undefined) delete live.warning;
    for (const action of actions) {
      if (action.type === "run") this.#run(live);
      else if (action.type === "kill") live.process?.kill(action.signal);
      else if (action.type === "verdict") this.#tell(live, action.verdict, action.reason);
      else if (action.type === "cannot-run") this.#tellObstacle(live, action.verdict, action.reason);
    }
    this.#schedule(live);
  }

  #run(live: LiveScript): void {
    if (this.#config === undefined) return;
    const process = runScript(live.script.script, [], this.#config.global);
    live.process = process;
    process.end.then((end) => {
      if (live.process !== process) return; // it was given up
      if (live.state.run.name !== "terminating") delete live.process;
      this.#step(live, end);
    });
  }

  #tell({ script }: LiveScript, verdict: "up" | "down", reason: string): void {
    const how = verdict === "up" ? "succeeded" : `failed (${reason})`;
    this.#options.log(`VRRP_Script(${script.name}) ${how}`);
    this.#options.changed();
  }

  #tellObstacle(live: LiveScript, verdict: ScriptVerdict, reason: string): void {
    const meanwhile = verdict === "unavailable" ? "nothing is made of it" : `it counts as ${verdict}, as before`;
    const message = `VRRP_Script(${live.script.name}) cannot be run (${reason}): until it can, ${meanwhile}`;
    live.warning = { code: "script-unavailable", message, sinceMs: live.warning?.sinceMs ?? Date.now() };
    this.#options.log(`warning: ${message}`);
    this.#options.changed();
  }

  #watch(files: readonly TrackedFile[]): void {
    clearInterval(this.#fileTimer);
    for (const name of this.#files.keys()) if (!files.some((file) => file.name === name)) this.#files.delete(name);
    if (files.length === 0) return;
    const read = (): void => {
      const before = JSON.stringify([...this.#files]);
      for (const file of files) {
        const value = trackFileValue(textOf(file.path));
        if (value !== undefined) this.#files.set(file.name, value);
      }
      if (JSON.stringify([...this.#files]) !== before) this.#options.changed();
    };
    read();
    this.#fileTimer = setInterval(read, FILE_INTERVAL_MS);
  }
}

/** Names of what something started tracks. */
function namesOf(
  { vrrpInstances, syncGroups }: Config,
): Readonly<Record<"scripts" | "files" | "processes", ReadonlySet<string>>> {
  const all = (list: "scripts" | "files" | "processes"): Set<string> =>
    new Set([...vrrpInstances, ...syncGroups].flatMap(({ tracking }) => tracking[list].map(({ name }) => name)));
  return { scripts: all("scripts"), files: all("files"), processes: all("processes") };
}

function timingOf({ intervalMs, timeoutMs, rise, fall, startsDown }: VrrpScript): ScriptConfig {
  return { intervalUs: intervalMs * 1000, timeoutUs: timeoutMs * 1000, rise, fall, initFail: startsDown };
}

function textOf(path: string): string | undefined {
  try {
    if (!Deno.statSync(path).isFile) return undefined;
    const file = Deno.openSync(path);
    const buffer = new Uint8Array(128);
    const length = file.readSync(buffer) ?? 0;
    file.close();
    return new TextDecoder("latin1").decode(buffer.subarray(0, length));
  } catch {
    return undefined;
  }
}

function now(): number {
  return Math.round(performance.now() * 1000);
}
