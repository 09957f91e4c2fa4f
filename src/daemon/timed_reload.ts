// `reload_time_file`: a reload at the time that a file names, on several hosts at once for instance. The file is looked at every
// second, since it may be made, changed and deleted at any time.
import type { GlobalDefs } from "../config/global_defs.ts";
import { reloadTimeOf } from "../config/reload_time.ts";

/** What it needs. */
export interface TimedReloadOptions {
  readonly log: (line: string) => void;
  readonly reload: () => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

const INTERVAL_MS = 1000;
/** More than any time that is understood. */
const MAX_BYTES = 1024;

/** Waits for the time, where one is configured. */
export class TimedReload {
  readonly #options: TimedReloadOptions;
  readonly #nowMs: () => number;
  #path: string | undefined;
  #repeats = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What tells a file from its next version. */
  #seen = "";
  #dueMs: number | undefined;

  constructor(options: TimedReloadOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** From now on as a configuration says; a time that was read already stays. */
  use({ reloadTimeFile, reloadRepeats = false }: GlobalDefs): void {
    this.#repeats = reloadRepeats;
    if (reloadTimeFile === this.#path) return;
    this.stop();
    this.#path = reloadTimeFile;
    [this.#seen, this.#dueMs] = ["", undefined];
    if (reloadTimeFile === undefined) return;
    this.#timer = setInterval(() => this.look(), INTERVAL_MS);
    this.look();
  }

  /** Looks at the file and at the clock. */
  look(): void {
    const path = this.#path;
    if (path === undefined) return;
    const version = versionOf(path);
    if (version !== this.#seen) {
      this.#seen = version;
      this.#read(path);
    }
    if (this.#dueMs === undefined || this.#nowMs() < this.#dueMs) return;
    this.#dueMs = undefined;
    if (this.#repeats) this.#read(path);
    else this.#remove(path);
    this.#options.log(`reload at the time of ${path}`);
    this.#options.reload();
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #read(path: string): void {
    const before = this.#dueMs;
    this.#dueMs = undefined;
    if (this.#seen === "") {
      if (before !== undefined) this.#options.log(`${path} is gone: no reload at its time`);
      return;
    }
    const nowMs = this.#nowMs();
    const time = reloadTimeOf(textOf(path), nowMs);
    if (time === undefined) return this.#options.log(`warning: ${path} has no time that is understood`);
    if (time.atMs <= nowMs) return;
    this.#dueMs = time.atMs;
    this.#options.log(`reload at ${new Date(time.atMs).toISOString()}, as ${path} says`);
  }

  #remove(path: string): void {
    try {
      Deno.removeSync(path);
      this.#seen = "";
    } catch (error) {
      this.#options.log(`warning: ${path} was not removed: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Empty when there is no such file: a FIFO, which would block, is none. */
function versionOf(path: string): string {
  try {
    const { isFile, mtime, size, ino } = Deno.statSync(path);
    return isFile ? `${mtime?.getTime()} ${size} ${ino}` : "";
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    const file = Deno.openSync(path);
    try {
      const bytes = new Uint8Array(MAX_BYTES);
      return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
    } finally {
      file.close();
    }
  } catch {
    return "";
  }
}
