// What HAProxy says of itself by its sockets: whether it answers, its statistics, the states of its servers, and how a reload
// ends.
import { textOf } from "../../linux/file_facts.ts";
import { FILES } from "../../core/haproxy/internal_section.ts";
import { type OrderedServer, orderedServers } from "../../core/haproxy/server_order.ts";
import { EMPTY_STATES, ordersIn, parseInfo, parseProcesses, statesToKeep } from "../../core/haproxy/runtime_answers.ts";
import { parseStats, type StatTable } from "../../core/haproxy/stats_csv.ts";
import type { HaproxySnapshot } from "../../ports/snapshot.ts";
import { askSocket } from "./runtime_socket.ts";
import { replaceFile } from "./run_folder.ts";

/** It answers at once, or something is wrong. */
const LOOK_LIMIT_MS = 1000;
/** Between two readings of the statistics, and as a multiple of how long one takes. */
const READ_MS = 2000;
const READ_SHARE = 20;
const READ_LIMIT_MS = 5000;
const MAX_STATISTICS_BYTES = 16 << 20;
/** For a new worker to read its configuration and certificates. */
const RELOAD_MS = 60_000;

/** The view into the folder of one HAProxy. */
export class WorkerView {
  readonly #folder: string;
  readonly #log: (line: string) => void;
  worker: HaproxySnapshot["worker"];
  statistics: (StatTable & { readonly atMs: number }) | undefined;
  oldWorkers = 0;
  /** What operators have said to its servers; undefined: it is not known yet. */
  ordered: readonly OrderedServer[] | undefined;
  /** It answered when it was last asked. */
  isWell = false;
  #isReading = false;
  #readAfterMs = 0;
  /** What operators have said, as the file has it; undefined: not known. */
  #orders: string | undefined;

  constructor(folder: string, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Another process is there, or none. What is known of the servers is shown until there is news. */
  forget(): void {
    this.worker = undefined;
    this.isWell = false;
    this.oldWorkers = 0;
    this.#readAfterMs = 0;
  }

  /** Asks it. @returns whether it answers */
  async look(): Promise<boolean> {
    const info = parseInfo(await this.#ask(FILES.stats, "show info", LOOK_LIMIT_MS));
    this.isWell = info !== undefined;
    if (info === undefined) return false;
    if (this.worker?.pid !== info.pid) {
      const { pid, version } = info;
      this.worker = { pid, version, startedAtMs: Date.now() - info.uptimeSeconds * 1000 };
    }
    return true;
  }

  /** Reads the statistics when it is time, and saves what operators have said to the servers. */
  async read(): Promise<void> {
    if (this.#isReading || performance.now() < this.#readAfterMs) return;
    await this.#readNow();
  }

  async #readNow(): Promise<void> {
    const startMs = performance.now();
    this.#isReading = true;
    const text = await this.#ask(FILES.stats, "show stat", READ_LIMIT_MS, MAX_STATISTICS_BYTES);
    await this.saveStates("ordered");
    const processes = parseProcesses(await this.#ask(FILES.master, "show proc", LOOK_LIMIT_MS));
    this.#isReading = false;
    this.#readAfterMs = startMs + Math.max(READ_MS, READ_SHARE * (performance.now() - startMs));
    this.oldWorkers = processes?.oldWorkers.length ?? this.oldWorkers;
    const table = parseStats(text);
    if (table !== undefined) this.statistics = { ...table, atMs: Date.now() };
  }

  /** Writes the file that the next worker begins with, if that is another than before. */
  async saveStates(scope: "all" | "ordered"): Promise<void> {
    const text = await this.#ask(FILES.stats, "show servers state", READ_LIMIT_MS, MAX_STATISTICS_BYTES);
    const kept = statesToKeep(text, scope);
    const ordered = statesToKeep(text, "ordered");
    if (ordered !== undefined) this.ordered = orderedServers(ordered);
    if (kept !== undefined) {
      const orders = scope === "all" ? undefined : ordersIn(kept);
      if (scope === "all" || orders !== this.#orders) this.#writeStates(kept);
      this.#orders = orders;
    } else if (scope === "all") this.#log("warning: HAProxy does not tell the states of its servers: they begin anew");
  }

  /**
   * Gives it orders, one after the other, and reads what they brought about.
   *
   * @throws Error with what HAProxy has against it
   */
  async command(lines: readonly string[]): Promise<void> {
    try {
      for (const line of lines) {
        const answer = (await askSocket(`${this.#folder}/${FILES.stats}`, line, { limitMs: LOOK_LIMIT_MS })).trim();
        if (answer !== "") throw new Error(`HAProxy refuses it: ${printable(answer)}`);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) {
        throw new Error("HAProxy does not answer");
      }
      throw error;
    } finally {
      // A reading that began before the order tells of what was before.
      while (this.#isReading) await new Promise((resolve) => setTimeout(resolve, 5));
      await this.#readNow();
    }
  }

  /** Before a first worker: what the checks of an earlier one said is old. */
  beginStates(): void {
    const before = textOf(`${this.#folder}/${FILES.states}`);
    this.#writeStates(before === undefined ? EMPTY_STATES : statesToKeep(before, "ordered") ?? EMPTY_STATES);
  }

  /**
   * Makes the master read its configuration again, and waits until another worker answers.
   *
   * @returns undefined when it does, else why not
   */
  async reload(isAlive: () => boolean): Promise<string | undefined> {
    const before = parseProcesses(await this.#ask(FILES.master, "show proc", LOOK_LIMIT_MS));
    if (before === undefined) return "its master does not answer";
    await this.#ask(FILES.master, "reload", LOOK_LIMIT_MS);
    const endMs = performance.now() + RELOAD_MS;
    while (performance.now() < endMs) {
      if (!isAlive()) return "it ended when it read the configuration again";
      const after = parseProcesses(await this.#ask(FILES.master, "show proc", LOOK_LIMIT_MS));
      if (after !== undefined && after.failedReloads > before.failedReloads) {
        return "it could not load the configuration, though it found it valid (the log says why: an address in use?)";
      }
      const isNew = after?.workers.some((pid) => !before.workers.includes(pid)) === true;
      if (isNew && await this.look() && after?.workers.includes(this.worker?.pid ?? 0)) {
        this.oldWorkers = after.oldWorkers.length;
        this.#readAfterMs = 0;
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return "its new worker does not answer";
  }

  #writeStates(text: string): void {
    try {
      replaceFile(`${this.#folder}/${FILES.states}`, text);
    } catch (error) {
      this.#log(
        `warning: the states of HAProxy's servers are not kept: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  /** An answer, empty when there is none. */
  async #ask(socket: string, command: string, limitMs: number, maxBytes?: number): Promise<string> {
    try {
      const limits = { limitMs, ...(maxBytes === undefined ? {} : { maxBytes }) };
      return await askSocket(`${this.#folder}/${socket}`, command, limits);
    } catch {
      return "";
    }
  }
}

/** The first line, without what could draw on a terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- removing them is the point
  return (text.split("\n", 1)[0] ?? "").replace(/[\x00-\x1f\x7f]/g, "?").slice(0, 200);
}
