// Keeps one role running: starts its process, starts it again when it dies, puts a successor in its place on a reload.
import type { RoleSnapshot } from "../ports/snapshot.ts";
import type { Reactor } from "../linux/reactor.ts";
import { BackOff } from "./backoff.ts";
import type { FromChild, RoleName } from "./messages.ts";
import { RoleProcess } from "./role_process.ts";

/** What the supervisor decides about a role. */
export interface RoleKeeperOptions<Outgoing> {
  readonly role: RoleName;
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
  /** State, process id or number of restarts changed. */
  readonly changed: () => void;
}

/** Longest time for a process to get ready. A machine under load is slow, not broken. */
const READY_MS = 60_000;

/** One role and the process that does it. */
export class RoleKeeper<Outgoing> {
  readonly #options: RoleKeeperOptions<Outgoing>;
  readonly #backOff = new BackOff();
  #process: RoleProcess<Outgoing> | undefined;
  #state: RoleSnapshot["state"] = "stopped";
  #restarts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: RoleKeeperOptions<Outgoing>) {
    this.#options = options;
  }

  /** The process that does the role now. */
  get process(): RoleProcess<Outgoing> | undefined {
    return this.#process;
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
    const process = this.#open();
    if (process === undefined) return;
    this.#setProcess(process, "starting");
    this.#options.configure(process, diedAtMs !== undefined);
    process.waitFor("ready", READY_MS).then((ready) => {
      if (this.#process !== process) return;
      if (ready === undefined) return process.kill(); // its end starts it again
      this.#setProcess(process, "running");
      this.#options.begin(process, diedAtMs);
    });
  }

  /** Starts and configures a successor beside the present process. @returns undefined when it did not get ready */
  async prepare(): Promise<RoleProcess<Outgoing> | undefined> {
    const process = this.#open();
    if (process === undefined) return undefined;
    this.#options.configure(process, false);
    if (await process.waitFor("ready", READY_MS) !== undefined) return process;
    process.kill();
    return undefined;
  }

  /** Makes a prepared process the one that does the role. The predecessor may end without being started again. */
  adopt(process: RoleProcess<Outgoing>): void {
    clearTimeout(this.#timer);
    this.#stopped = false;
    this.#setProcess(process, "running");
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

  #open(): RoleProcess<Outgoing> | undefined {
    const { role, reactor, log, hear } = this.#options;
    try {
      const process: RoleProcess<Outgoing> = new RoleProcess<Outgoing>(role, reactor, {
        message: (message) => {
          if (message.type === "log") log(message.line);
          else if (message.type === "failed") log(`the ${role} role cannot work: ${message.message}`);
          else if (this.#process === process) hear(message);
        },
        ended: (code) => {
          if (this.#process === process) this.#died(process, code);
        },
      });
      return process;
    } catch (error) {
      log(`cannot start the ${role} role: ${error instanceof Error ? error.message : error}`);
      this.#startLater(this.#backOff.next(0));
      return undefined;
    }
  }

  #died(process: RoleProcess<Outgoing>, code: number): void {
    const delayMs = this.#backOff.next(Date.now() - process.startedAtMs);
    const when = delayMs === 0 ? "at once" : `in ${delayMs / 1000} s`;
    this.#options.log(
      `the ${this.#options.role} role (${process.pid}) ended with status ${code}, starting it again ${when}`,
    );
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
