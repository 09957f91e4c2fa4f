// `holdfast update` and `holdfast rollback`: the appliance's other slot.
import { Download } from "../appliance/download.ts";
import type { UpdateTerms } from "../appliance/updater_words.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { operator } from "./ask.ts";
import { performRollback, performUpdate, restart, slotHere, type UpdateReport, WHEN } from "./update_work.ts";

/** The options of the command. */
export interface UpdateOptions extends UpdateTerms {
  /** File with certificates that the web server's may be signed with. */
  readonly ca?: string;
}

const NO_RESTART: UpdateTerms = { failoverFirst: false, force: false, whileMaster: false, reboot: false };
/** Certificates of the owner's own, on the partition HOLDFAST. */
const OWN_AUTHORITIES = "/config/update_ca.pem";
const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** How often a terminal is told how far it is. */
const PROGRESS_MS = 250;
/** Back to the beginning of the line, and away with what stands there. */
const CLEAR = "\r\x1b[K";
const report = { say: (line: string): void => console.log(line) };

/** Writes an update to the slot that does not run. @returns the exit status */
export async function update(from: string, options: UpdateOptions): Promise<number> {
  using interruption = new Interruption();
  const told = teller();
  try {
    slotHere();
    using source = await open(from, options, told.say);
    await performUpdate({
      source: source ?? Deno.stdin,
      terms: options,
      from: source === undefined ? "standard input" : shownSource(from),
      author: operator(),
      report: told,
      signal: interruption.signal,
    });
    if (!options.reboot) return EXIT_OK;
    console.log("The machine starts again.");
    restart();
    return EXIT_OK;
  } catch (error) {
    told.clear();
    const status = failure(error);
    if (interruption.signal.aborted) Deno.exit(status); // a read that has begun would keep the process
    return status;
  }
}

/** Makes the other slot the one that is started next. @returns the exit status */
export async function rollback(): Promise<number> {
  try {
    const target = await performRollback(NO_RESTART, operator(), report);
    console.log(`Slot ${target} is the next one. ${WHEN}.`);
    return EXIT_OK;
  } catch (error) {
    return failure(error);
  }
}

/** From its making until it is disposed of, what would end the process only aborts: addresses that were handed over come back. */
class Interruption {
  readonly #controller = new AbortController();
  readonly #end = (): void => this.#controller.abort(new Error("interrupted: nothing of it is started"));

  constructor() {
    for (const signal of INTERRUPTIONS) Deno.addSignalListener(signal, this.#end);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of INTERRUPTIONS) Deno.removeSignalListener(signal, this.#end);
  }
}

/** What is told of an update. */
interface Teller extends UpdateReport {
  /** Takes away what is shown for the moment. */
  readonly clear: () => void;
}

/** Lines, and on a terminal below them how far it is. */
function teller(): Teller {
  if (!Deno.stderr.isTerminal()) return { ...report, clear: () => {} };
  let toldMs = -PROGRESS_MS;
  const clear = (): void => write(CLEAR);
  return {
    clear,
    say: (text) => {
      clear();
      report.say(text);
    },
    progress: (bytes, totalBytes) => {
      const nowMs = performance.now();
      if (bytes === totalBytes) return write(`${CLEAR}all is here, and compared with what was signed ...`);
      if (nowMs - toldMs < PROGRESS_MS) return;
      toldMs = nowMs;
      write(`${CLEAR}${Math.floor(100 * bytes / totalBytes)} % of ${Math.ceil(totalBytes / 1e6)} MB`);
    },
  };
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

/** An update on a web server. @param ca file with certificates, besides those that are always trusted */
export async function openDownload(
  url: string,
  ca: string | undefined,
  say: (line: string) => void,
): Promise<Download> {
  const caCerts = ca === undefined ? [] : [await Deno.readTextFile(ca)];
  try {
    caCerts.push(await Deno.readTextFile(OWN_AUTHORITIES));
  } catch {
    // there is no such file
  }
  return await Download.open(url, { caCerts, log: say });
}

/** Where an update comes from, without what may be a secret in its address. */
export function shownSource(from: string): string {
  if (!URL.canParse(from)) return from;
  const { host, pathname } = new URL(from);
  return `${host}${pathname}`.slice(0, 200);
}

/** Undefined: the standard input. */
async function open(
  from: string,
  { ca }: UpdateOptions,
  say: UpdateReport["say"],
): Promise<Download | Deno.FsFile | undefined> {
  if (from === "-") return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) return await Deno.open(from);
  return await openDownload(from, ca, say);
}

function failure(error: unknown): number {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  return EXIT_FAILURE;
}
