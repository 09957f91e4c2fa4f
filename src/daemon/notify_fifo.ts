// One FIFO at work: lines in order, a bounded queue behind the kernel's own, and the script that reads it. Never waits; what
// a missing or slow reader leaves no room for is lost, and said so.
import type { Script } from "../config/config_vrrp.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { EPOLLOUT } from "../linux/constants.ts";
import { Fifo } from "../linux/fifo.ts";
import type { Reactor } from "../linux/reactor.ts";
import type { WarningSnapshot } from "../ports/snapshot.ts";
import { BackOff } from "./backoff.ts";
import { within } from "./script_turns.ts";
import { runScript, scriptIdentity, type ScriptProcess } from "./script_process.ts";

/** Lines kept beyond the kernel's 64 KiB. */
const MAX_WAITING = 1000;
/** How long a reader may take for the last lines, at the end. */
const LAST_LINES_MS = 1000;

/** Which FIFO, for whom. */
export interface NotifyFifoOptions {
  /** `notify_fifo` ... */
  readonly keyword: string;
  readonly path: Script;
  readonly script?: Script;
  readonly global: Pick<GlobalDefs, "scriptUser" | "scriptSecurity">;
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
  /** The warning came or went. */
  readonly changed: () => void;
}

const encoder = new TextEncoder();

/** A FIFO with its reader. */
export class NotifyFifo {
  readonly #options: NotifyFifoOptions;
  readonly #backOff = new BackOff();
  readonly #waiting: Uint8Array[] = [];
  #fifo: Fifo | undefined;
  #reader: ScriptProcess | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #lost = 0;
  #warning: WarningSnapshot | undefined;

  constructor(options: NotifyFifoOptions) {
    this.#options = options;
    const { keyword, path: { command: path, user, group }, global } = options;
    try {
      const own = user === undefined ? undefined : { user, ...(group === undefined ? {} : { group }) };
      this.#fifo = new Fifo(path, scriptIdentity(own ?? global.scriptUser));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#warn(`\`${keyword}\` is not written: ${message}`);
      return;
    }
    if (options.script !== undefined) this.#read(options.script);
  }

  /** What an operator should know. */
  get warning(): WarningSnapshot | undefined {
    return this.#warning;
  }

  /** Writes a line now or, in order, when there is room. */
  write(line: string): void {
    if (this.#fifo === undefined || this.#closed) return;
    const bytes = encoder.encode(line);
    if (this.#waiting.length === 0) {
      const result = this.#fifo.write(bytes);
      if (result === "written") return;
      if (result === "refused") return this.#lose();
      this.#options.reactor.add(this.#fifo.fd, () => this.#flush(), EPOLLOUT);
    }
    this.#waiting.push(bytes);
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#waiting.shift(); // the newest states are what a reader needs most
    this.#lose();
  }

  /** Ends: the reader gets a moment for the last lines. A FIFO that we made is removed. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const fifo = this.#fifo;
    this.#fifo = undefined;
    if (fifo === undefined) return;
    this.#options.reactor.remove(fifo.fd);
    fifo.close();
    fifo.remove(); // now and not later: another configuration may make one of the same name
    const reader = this.#reader;
    if (reader === undefined) return;
    await within(reader.end, LAST_LINES_MS);
    if (this.#reader === reader) reader.kill("SIGTERM");
  }

  #flush(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fifo !== undefined; next = this.#waiting[0]) {
      const result = this.#fifo.write(next);
      if (result === "full") return;
      this.#waiting.shift();
      if (result === "refused") this.#lose();
    }
    if (this.#fifo !== undefined) this.#options.reactor.remove(this.#fifo.fd);
    if (this.#lost === 0) return;
    const { keyword, path, log, changed } = this.#options;
    log(`\`${keyword}\` ${path.command} is read again; ${this.#lost} lines were lost`);
    this.#lost = 0;
    this.#warning = undefined;
    changed();
  }

  #lose(): void {
    this.#lost++;
    if (this.#warning !== undefined) return;
    const { keyword, path } = this.#options;
    this.#warn(`nobody reads \`${keyword}\` ${path.command} fast enough, lines are lost`);
  }

  #warn(message: string): void {
    this.#options.log(`warning: ${message}`);
    this.#warning = { code: "fifo", message, sinceMs: Date.now() };
    this.#options.changed();
  }

  /** keepalived starts the reader once; one that ends would leave its FIFO to fill up. */
  #read(script: Script): void {
    const { keyword, path, global, log } = this.#options;
    const startedAtMs = Date.now();
    const reader = runScript(script, [path.command], global);
    this.#reader = reader;
    reader.end.then((end) => {
      this.#reader = undefined;
      if (this.#closed) return;
      const delayMs = this.#backOff.next(Date.now() - startedAtMs);
      const how = end.type === "start-failed"
        ? `could not be started: ${end.message}`
        : `ended with ${end.type === "exited" ? `status ${end.code}` : `signal ${end.signal}`}`;
      log(`warning: \`${keyword}_script\` ${how}; starting it again in ${delayMs / 1000} s`);
      this.#restart = setTimeout(() => this.#read(script), delayMs);
    });
  }
}
