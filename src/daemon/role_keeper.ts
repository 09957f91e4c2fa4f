// Keeps one role running: starts its process, starts it again when it dies, hands new configurations to it.
import type { RoleSnapshot } from "../ports/snapshot.ts";
import type { Reactor } from "../linux/reactor.ts";
import { BackOff } from "./backoff.ts";
import type { FromChild, RoleName } from "./messages.ts";
import { cpuSecondsOf } from "./process_usage.ts";
import { RoleProcess } from "./role_process.ts";
import { START_STEP_MS, StartPatience } from "./start_patience.ts";

/** What the supervisor decides about a role. */
export interface RoleKeeperOptions<Outgoing> {
  readonly role: RoleSnapshot["name"];
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
  /** What the process that does the role now says, other than log lines. */
  readonly hear: (message: FromChild) => void;
  /** Tells a new process its configuration; it answers `ready`. @param restarted its predecessor has died */
  readonly configure: (process: RoleProcess<Outgoing>, restarted: boolean) => void;
  /** The process is ready: let it begin. @param diedAtMs when its predecessor died, undefined at the first start */
  readonly begin: (process: RoleProcess<Outgoing>, diedAtMs: number | undefined) => void;
  /** The role will be missing for a while. */
  readonly paused?: () => void;
  /** Its process ended without being told to: one sentence. */
  readonly died?: (role: RoleName, text: string) => void;
  /** State, process id or number of restarts changed. */
  readonly changed: () => void;
}

/** Longest time for a process to go over to another configuration; it may still be starting. */
const RECONFIGURE_MS = START_STEP_MS;
/** What a process that ends may still say: what happened in its last moments still has to be told. */
const TOLD_TO_THE_END: readonly FromChild["type"][] = ["transition", "notice", "servers", "observed"];

/** One role and the process that does it. */
export class RoleKeeper<Outgoing> {
  readonly #options: RoleKeeperOptions<Outgoing>;
  readonly #backOff = new BackOff();
  #process: RoleProcess<Outgoing> | undefined;
  #state: RoleSnapshot["state"] = "stopped";
  #restarts = 0;
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: RoleKeeperOptions<Outgoing>) {
    this.#options = options;
  }

  /** The process that does the role now. */
  get process(): RoleProcess<Outgoing> | undefined {
    return this.#process;
  }

  /** Nobody wants it to run, or it was never started. */
  get stopped(): boolean {
    return this.#state === "stopped";
  }

  /** Sends to the process that does the role now. @returns false when there is none, or it does not read */
  send(message: Outgoing): boolean {
    return this.#process?.send(message) ?? false;
  }

  snapshot(): RoleSnapshot {
    const pid = this.#process?.pid;
    return { name: this.#options.role, state: this.#state, restarts: this.#restarts, ...(pid && { pid }) };
  }

  /** Starts the role's process; `diedAtMs` is when its predecessor died, if it did. */
  start(diedAtMs?: number): void {
    this.#stopped = false;
    const process = this.#open(true);
    if (process === undefined) return;
    this.#setProcess(process, "starting");
    this.#options.configure(process, diedAtMs !== undefined);
    this.#getsReady(process).then((isReady) => {
      if (this.#process !== process) return;
      if (!isReady) return process.kill(); // its end starts it again
      this.#setProcess(process, "running");
      this.#options.begin(process, diedAtMs);
    });
  }

  /** Starts the role, as `start` does, but waits. @returns false when it did not get ready: then it is stopped again */
  async startReady(): Promise<boolean> {
    const process = this.#open(false);
    if (process === undefined) return false;
    this.#options.configure(process, false);
    if (!await this.#getsReady(process)) {
      process.kill();
      return false;
    }
    this.#stopped = false;
    this.#setProcess(process, "running");
    this.#options.begin(process, undefined);
    return true;
  }

  /**
   * Hands a new configuration to the process that does the role now.
   *
   * @param message makes the `reconfigure` with the id that its answer will have
   * @returns undefined when it is in use, or will be as soon as the role has started again; else why not
   */
  async reconfigure(message: (id: number) => Outgoing): Promise<string | undefined> {
    const process = this.#process;
    if (process === undefined) return undefined;
    const id = ++this.#lastId;
    process.post(message(id));
    const answer = await process.waitFor("reconfigured", RECONFIGURE_MS, (entry) => entry.id === id);
    if (answer === undefined) return `the ${this.#options.role} role does not answer`;
    return answer.refused === undefined ? undefined : `the ${this.#options.role} role says: ${answer.refused}`;
  }

  /** Ends the role for good: tells its process, and makes it end after `limitMs`. */
  async stop(message: Outgoing, limitMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const process = this.#process;
    this.#setProcess(undefined, "stopped");
    process?.post(message);
    await process?.waitOrKill(limitMs);
  }

  #open(again: boolean): RoleProcess<Outgoing> | undefined {
    const { role, reactor, log, hear } = this.#options;
    try {
      const process: RoleProcess<Outgoing> = new RoleProcess<Outgoing>(role, reactor, {
        message: (message) => {
          if (message.type === "log") log(message.line);
          else if (message.type === "failed") log(`the ${role} role cannot work: ${message.message}`);
          // What changed in its last moments still has to be told.
          else if (this.#process === process || TOLD_TO_THE_END.includes(message.type)) {
            hear(message);
          }
        },
        ended: (code) => {
          if (this.#process === process) this.#died(process, code);
        },
      });
      return process;
    } catch (error) {
      log(`cannot start the ${role} role: ${error instanceof Error ? error.message : error}`);
      if (again) this.#startLater(this.#backOff.next(0));
      return undefined;
    }
  }

  async #getsReady(process: RoleProcess<Outgoing>): Promise<boolean> {
    const patience = new StartPatience();
    for (;;) {
      if (await process.waitFor("ready", START_STEP_MS) !== undefined) return true;
      const cpuSeconds = cpuSecondsOf(process.pid);
      if (!patience.waitsOn(cpuSeconds)) return false;
      const { log, role } = this.#options;
      log(`warning: the ${role} role (${process.pid}) is still starting: it has got ${cpuSeconds} s of a processor`);
    }
  }

  #died(process: RoleProcess<Outgoing>, code: number): void {
    const delayMs = this.#backOff.next(Date.now() - process.startedAtMs);
    const when = delayMs === 0 ? "at once" : `in ${delayMs / 1000} s`;
    const { role } = this.#options;
    const text = `the ${role} role (${process.pid}) ended with status ${code}, starting it again ${when}`;
    this.#options.log(text);
    this.#options.died?.(role, text);
    this.#startLater(delayMs);
  }

  #startLater(delayMs: number): void {
    if (this.#stopped) return;
    this.#restarts++;
    this.#setProcess(undefined, "restarting");
    const diedAtMs = Date.now();
    if (delayMs === 0) return this.start(diedAtMs);
    this.#options.paused?.();
    this.#timer = setTimeout(() => this.start(diedAtMs), delayMs);
  }

  #setProcess(process: RoleProcess<Outgoing> | undefined, state: RoleSnapshot["state"]): void {
    this.#process = process;
    this.#state = state;
    this.#options.changed();
  }
}
