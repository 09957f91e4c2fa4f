// Keeps HAProxy running: starts it or finds the one that an earlier Holdfast left, starts it again when it dies or hangs, hands
// it new configurations without dropping a connection, and says how it is. Runs in the supervisor, which may wait.
import { textOf } from "../../linux/file_facts.ts";
import type { Config } from "../../config/config.ts";
import { HAPROXY_TRACKER, type HaproxyConfig } from "../../config/haproxy_config.ts";
import { FILES } from "../../core/haproxy/internal_section.ts";
import { judge, startVerdict, type Verdict } from "../../core/haproxy/verdict.ts";
import type { HaproxySnapshot, WarningSnapshot } from "../../ports/snapshot.ts";
import { BackOff } from "../backoff.ts";
import type { Journal } from "../journal/journal.ts";
import type { HaproxyReport } from "../messages.ts";
import type { ReloadStep } from "../reload.ts";
import { generate, type Generated, judgeConfig, messageLine } from "./generated.ts";
import { HaproxyProcess } from "./process.ts";
import { makeFolder, replaceFile, runFolder } from "./run_folder.ts";
import { HaproxyServerOrders } from "./server_orders.ts";
import { WorkerView } from "./worker_view.ts";

/** What the keeper needs. */
export interface HaproxyKeeperOptions {
  readonly log: (line: string) => void;
  /** Instances that track it have to be told. */
  readonly judged: () => void;
  /** There is something new to show. */
  readonly said: (report: HaproxyReport) => void;
  readonly journal?: Pick<Journal, "record"> | undefined;
}

/** Between two questions whether it is well, and while it is not. */
const LOOK_MS = 250;
const BUSY_LOOK_MS = 50;
/** One that is there and has not answered for so long is ended, for another to begin. A machine under load is slow. */
const HANG_MS = 10_000;
/** Looks at its file, and how long that must have been the same: an editor writes in pieces. */
const FILE_LOOK_MS = 1000;

/** One HAProxy at most. Use: `start()`, `reloadStep` with each reload, `stop()`. */
export class HaproxyKeeper {
  readonly #options: HaproxyKeeperOptions;
  /** What operators say of its servers. */
  readonly orders: HaproxyServerOrders;
  #haproxy: HaproxyConfig | undefined;
  #config: Config | undefined;
  #folder = "";
  #view: WorkerView;
  #process: HaproxyProcess | undefined;
  /** What the running one has read, or the next one will. */
  #live: Pick<Generated, "user" | "internal"> | undefined;
  /** When it answered last, or was started. */
  #heardMs = 0;
  #verdict: Verdict = startVerdict(false);
  #backOff = new BackOff();
  #startTimer: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #reloads = { accepted: 0, rejected: 0 };
  #refused: WarningSnapshot | undefined;
  #missing: WarningSnapshot | undefined;
  /** As it was when it was last tried. */
  #fileStamp = "";
  /** One thing after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A reload of Holdfast's did not get it: the next thing asked for is what was there before (`carryOver`). */
  #wasRefused = false;
  #isReloading = false;
  /** Each life of the section has its own loops. */
  #life = 0;
  #shown = "";

  constructor(options: HaproxyKeeperOptions) {
    this.#options = options;
    this.#view = new WorkerView("", options.log);
    this.orders = new HaproxyServerOrders({
      command: (lines) => this.#command(lines),
      statistics: () => this.#haproxy && this.#view.statistics,
      ordered: () => this.#haproxy && this.#view.ordered,
      keep: (text) => replaceFile(this.#path(FILES.signatures), text),
      changed: () => this.#show(),
      log: options.log,
      happened: (names, text) => options.journal?.record({ type: "operator", names, text }),
    });
  }

  /** At the start of the daemon. What goes wrong is said; it is tried again when the file changes. */
  start(config: Config): void {
    if (config.haproxy === undefined) return;
    this.#config = config;
    const { haproxy } = config;
    this.#haproxy = haproxy; // at once: an instance that starts now must know that it is not there yet
    this.#turn = this.#turn.then(() => this.#begin(haproxy, false)).catch((error) => this.#unexpected(error));
  }

  /** For instances that track it, as a process. */
  get tracked(): Readonly<Record<string, boolean>> {
    const { up } = this.#verdict;
    return this.#haproxy === undefined || up === undefined ? {} : { [HAPROXY_TRACKER]: up };
  }

  /** Its part in a reload: it reads its file again even if Holdfast's is the same. */
  get reloadStep(): ReloadStep {
    return {
      differs: (before, after) => before.haproxy !== undefined || after.haproxy !== undefined,
      use: (config) => {
        const result = this.#turn.then(() => this.#use(config));
        this.#turn = result.catch((error) => this.#unexpected(error));
        return result;
      },
    };
  }

  get warnings(): WarningSnapshot[] {
    return [this.#refused, this.#missing].filter((warning) => warning !== undefined);
  }

  get report(): HaproxyReport {
    return { type: "haproxy", ...this.shown };
  }

  /** Its part of the whole picture. */
  get shown(): { readonly haproxy?: HaproxySnapshot } {
    return this.#haproxy === undefined ? {} : { haproxy: this.#snapshot() };
  }

  /** At the end of the daemon: requests may end, at most so long. */
  async stop(limitMs: number): Promise<void> {
    await this.#turn;
    await this.#end(limitMs, this.#haproxy?.staysAtEnd === true);
  }

  // --- the section comes, changes, and goes ---

  async #begin(haproxy: HaproxyConfig, up: false | undefined): Promise<string | undefined> {
    this.#haproxy = haproxy;
    this.#folder = runFolder(haproxy);
    this.#verdict = startVerdict(up);
    this.#view = new WorkerView(this.#folder, this.#options.log);
    const life = ++this.#life;
    makeFolder(this.#folder);
    this.orders.load(textOf(this.#path(FILES.signatures)));
    const found = HaproxyProcess.running(this.#folder);
    if (found !== undefined) {
      const [user, internal] = [textOf(this.#path(FILES.user)), textOf(this.#path(FILES.internal))];
      this.#live = user === undefined || internal === undefined ? undefined : { user, internal };
      this.#say(`HAProxy (${found.pid}) runs already and is kept`);
      this.#take(found);
    }
    this.#look(life);
    this.#watchFile(life);
    return await this.#takeFile({ force: false });
  }

  async #use(config: Config): Promise<string | undefined> {
    const before = this.#haproxy;
    const { haproxy } = config;
    this.#config = config;
    if (this.#wasRefused) {
      // What was refused has changed nothing, so there is nothing to take back.
      this.#wasRefused = false;
      return undefined;
    }
    if (haproxy === undefined) {
      await this.#end(5000, false);
      return undefined;
    }
    if (before === undefined || before.folder !== haproxy.folder) {
      await this.#end(5000, false);
      const problem = await this.#begin(haproxy, undefined);
      if (problem !== undefined) await this.#end(5000, false);
      this.#wasRefused = problem !== undefined && before === undefined;
      return problem;
    }
    this.#haproxy = haproxy;
    const problem = await this.#takeFile({ force: true });
    if (problem !== undefined) this.#haproxy = before;
    this.#wasRefused = problem !== undefined;
    return problem;
  }

  async #end(limitMs: number, stays: boolean): Promise<void> {
    this.#life++;
    this.orders.stop();
    clearTimeout(this.#startTimer);
    const process = this.#process;
    this.#process = undefined;
    if (process !== undefined && stays) this.#say(`HAProxy (${process.pid}) goes on`);
    else if (process !== undefined) {
      this.#say(`HAProxy (${process.pid}) is told to end`);
      await this.#view.saveStates("ordered");
      await process.stop(limitMs);
    }
    this.#haproxy = undefined;
    this.#live = undefined;
    this.#refused = undefined;
    this.#missing = undefined;
    this.#options.said(this.report);
  }

  // --- its configuration ---

  /** Reads the user's file and hands it over. @returns undefined when it is in use, else why not */
  async #takeFile({ force }: { force: boolean }): Promise<string | undefined> {
    const [haproxy, config] = [this.#haproxy, this.#config];
    if (haproxy === undefined || config === undefined) return undefined;
    this.#fileStamp = stampOf(haproxy.file, haproxy.binary);
    const made = generate(haproxy, config, this.#folder);
    if (typeof made === "string") return this.#refuse(made);
    const isSame = made.user === this.#live?.user && made.internal === this.#live.internal;
    if (this.#process !== undefined && isSame && !force) return this.#accept();
    const { isValid, messages } = await judgeConfig(haproxy, made, this.#folder);
    const errors = messages.filter(({ severity }) => severity === "error").map(messageLine);
    for (const message of messages.filter(({ severity }) => severity === "warning")) {
      this.#options.log(`warning: HAProxy: ${messageLine(message)}`);
    }
    if (!isValid) return this.#refuse(errors.join("; "));
    if (this.#process !== undefined) return await this.#reload(made);
    this.#write(made);
    clearTimeout(this.#startTimer);
    this.#backOff = new BackOff();
    this.#startNow();
    return this.#accept();
  }

  async #reload(made: Generated): Promise<string | undefined> {
    const before = this.#live;
    this.#isReloading = true;
    try {
      await this.#view.saveStates("all");
      this.#write(made);
      const problem = await this.#view.reload(() => this.#process?.isAlive === true);
      if (problem === undefined) {
        this.#reloads.accepted++;
        this.#say(`HAProxy has read ${made.source.file} again`);
        return this.#accept();
      }
      if (before !== undefined) {
        this.#write(before);
        // A master that could not read its configuration goes on only until its worker ends.
        await this.#view.reload(() => this.#process?.isAlive === true);
      }
      return this.#refuse(problem);
    } finally {
      this.#isReloading = false;
    }
  }

  /** Between two reloads: what is said after the states were saved, and before there is a new worker, would be lost. */
  async #command(lines: readonly string[]): Promise<void> {
    if (this.#haproxy === undefined) throw new Error("HAProxy is not configured");
    const told = this.#turn.then(() => this.#view.command(lines));
    this.#turn = told.catch(() => {});
    await told;
    this.#show();
  }

  #write(made: Pick<Generated, "user" | "internal">): void {
    replaceFile(this.#path(FILES.user), made.user);
    replaceFile(this.#path(FILES.internal), made.internal);
    this.#live = made;
  }

  #accept(): undefined {
    this.#refused = undefined;
    this.#show();
    return undefined;
  }

  #refuse(why: string): string {
    this.#reloads.rejected++;
    const goesOn = this.#process === undefined ? "HAProxy is not started" : "the running one goes on";
    const message = `HAProxy's configuration is refused, ${goesOn}: ${why}`;
    if (message !== this.#refused?.message) {
      this.#say(`warning: ${message}`);
      this.#refused = { code: "haproxy-config", message, sinceMs: Date.now() };
    }
    this.#show();
    return `HAProxy: ${why}`;
  }

  async #watchFile(life: number): Promise<void> {
    let last = "";
    while (life === this.#life) {
      await pause(FILE_LOOK_MS);
      const haproxy = this.#haproxy;
      if (life !== this.#life || haproxy === undefined) return;
      if (!haproxy.watches && this.#process !== undefined) continue;
      const stamp = stampOf(haproxy.file, haproxy.binary);
      const isStill = stamp === last;
      last = stamp;
      if (!isStill || stamp === this.#fileStamp) continue;
      const taken = this.#turn.then(() => life === this.#life ? this.#takeFile({ force: false }) : undefined);
      this.#turn = taken.catch((error) => this.#unexpected(error));
      await this.#turn;
    }
  }

  // --- its process ---

  #startNow(): void {
    if (this.#haproxy === undefined || this.#live === undefined) return;
    try {
      this.#view.beginStates();
      const process = HaproxyProcess.start(this.#haproxy.binary, this.#folder);
      this.#say(`HAProxy (${process.pid}) is started`);
      this.#take(process);
    } catch (error) {
      this.#startLater(`HAProxy cannot be started: ${error instanceof Error ? error.message : error}`, 0);
    }
  }

  #take(process: HaproxyProcess): void {
    this.#process = process;
    this.#heardMs = performance.now();
    this.#view.forget();
    process.ended.then((how) => {
      if (this.#process !== process) return;
      this.#process = undefined;
      this.#view.forget();
      this.#startLater(`HAProxy (${process.pid}) ended with ${how}`, Date.now() - process.startedAtMs);
    });
  }

  #startLater(what: string, livedMs: number): void {
    const delayMs = this.#backOff.next(livedMs);
    this.#restarts++;
    this.#say(`${what}, starting it again ${delayMs === 0 ? "at once" : `in ${delayMs / 1000} s`}`);
    clearTimeout(this.#startTimer);
    const life = this.#life;
    this.#startTimer = setTimeout(() => {
      if (life === this.#life && this.#process === undefined) this.#startNow();
    }, delayMs);
    this.#judge(false);
  }

  // --- how it is ---

  async #look(life: number): Promise<void> {
    while (life === this.#life) {
      const process = this.#process;
      const isWell = process !== undefined && await this.#view.look();
      if (life !== this.#life) return;
      // Meanwhile another may have begun.
      if (process === this.#process) this.#judge(isWell);
      if (isWell && this.#verdict.up === true) this.#view.read().then(() => this.#show());
      await pause(isWell ? LOOK_MS : BUSY_LOOK_MS);
    }
  }

  #judge(isWell: boolean): void {
    const haproxy = this.#haproxy;
    if (haproxy === undefined || (!isWell && this.#isReloading)) return;
    const { up, wasUp } = this.#verdict;
    const nowMs = performance.now();
    this.#verdict = judge(this.#verdict, isWell, nowMs, haproxy);
    if (isWell) this.#heardMs = nowMs;
    if (this.#process !== undefined && nowMs - this.#heardMs > HANG_MS) {
      this.#say(`HAProxy (${this.#process.pid}) does not answer and is ended`);
      this.#process.kill();
      this.#heardMs = nowMs;
    }
    if (this.#verdict.up !== up) {
      if (this.#verdict.up === true) this.#say(wasUp ? "HAProxy is well again" : "HAProxy is well");
      else this.#say(`warning: HAProxy does not serve`);
      const message = "HAProxy does not serve; the log says why";
      this.#missing = this.#verdict.up === true ? undefined : { code: "haproxy-down", message, sinceMs: Date.now() };
      this.#options.judged();
    }
    this.#show();
  }

  #snapshot(): HaproxySnapshot {
    const process = this.#process;
    const { worker, statistics, oldWorkers } = this.#view;
    const { overrides } = this.orders;
    return {
      state: this.#state(),
      up: this.#verdict.up === true,
      ...(process && { pid: process.pid }),
      ...(worker && { worker }),
      oldWorkers,
      restarts: this.#restarts,
      reloads: { ...this.#reloads },
      ...(statistics && { statistics }),
      ...(overrides.length > 0 && { overrides }),
    };
  }

  #state(): HaproxySnapshot["state"] {
    if (this.#process === undefined) return this.#live === undefined ? "stopped" : "restarting";
    if (this.#view.isWell) return "running";
    return this.#view.worker === undefined ? "starting" : "silent";
  }

  /** Tells what is new. */
  #show(): void {
    const { report } = this;
    const { haproxy } = report;
    const state = JSON.stringify([{ ...haproxy, statistics: haproxy?.statistics?.atMs }, this.warnings]);
    if (state === this.#shown) return;
    this.#shown = state;
    this.#options.said(report);
  }

  #say(text: string): void {
    this.#options.log(text);
    this.#options.journal?.record({ type: "role", name: "haproxy", text: text.replace(/^warning: /, "") });
  }

  #unexpected(error: unknown): string {
    return this.#refuse(error instanceof Error ? error.message : String(error));
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

/** Changes with what is in files, as far as their outside tells. */
function stampOf(...paths: readonly string[]): string {
  return paths.map((path) => {
    try {
      const { mtime, size, ino } = Deno.statSync(path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch {
      return "missing";
    }
  }).join(", ");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
