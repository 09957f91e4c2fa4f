// Writes the dumps that keepalived writes when a signal asks for them, where its keywords say. A dump is made beside its
// place and moved there: who reads meets a whole one, and a link that somebody put there is replaced, not followed.
import type { GlobalDefs } from "../../config/global_defs.ts";
import type { VrrpCounters, VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { maskOf } from "./file_mode.ts";
import { jsonText } from "./json.ts";
import { dataText, statsText } from "./text.ts";
import type { DumpView } from "./words.ts";

/** What can be dumped. */
export type DumpKind = "data" | "stats" | "json";

/** keepalived's mask when `umask` does not say otherwise: for the owner only. */
const DEFAULT_UMASK = 0o177;

/** Dumps of one daemon. */
export class Dumps {
  readonly #view: () => DumpView;
  readonly #log: (line: string) => void;
  /** By instance: counters at the last clearing. */
  #cleared = new Map<string, VrrpCounters>();

  constructor(view: () => DumpView, log: (line: string) => void) {
    this.#view = view;
    this.#log = log;
  }

  /** Writes one. A failure is logged. */
  write(kind: DumpKind): void {
    const view = this.#view();
    const shown = { ...view, instances: view.instances.map((instance) => this.#sinceCleared(instance)) };
    const path = dumpPath(kind, view.config.global, Deno.env.get("TMPDIR"));
    try {
      const { umask } = view.config.global;
      replaceFile(path, textOf(kind, shown), 0o666 & ~(umask === undefined ? DEFAULT_UMASK : maskOf(umask)));
      this.#log(`wrote ${path}`);
    } catch (error) {
      this.#log(`warning: ${path} could not be written: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** From now on dumps count from zero. */
  clear(): void {
    this.#cleared = new Map(this.#view().instances.map(({ name, counters }) => [name, counters]));
  }

  #sinceCleared(instance: VrrpInstanceSnapshot): VrrpInstanceSnapshot {
    const before = this.#cleared.get(instance.name);
    // A role that was started again counts from zero by itself.
    if (before === undefined || before.transitions > instance.counters.transitions) return instance;
    return { ...instance, counters: difference(instance.counters, before) };
  }
}

/** Where a dump goes. */
export function dumpPath(kind: DumpKind, global: GlobalDefs, temporaryFolder = "/tmp"): string {
  switch (kind) {
    case "data": {
      const name = global.dumpsNameInstance && global.instanceName !== undefined ? `.${global.instanceName}` : "";
      return global.stateDumpFile ?? `${temporaryFolder}/keepalived${name.replaceAll("/", "_")}.data`;
    }
    case "stats":
      return global.statsDumpFile ?? `${temporaryFolder}/keepalived.stats`;
    case "json":
      return global.jsonDumpFile ?? `${temporaryFolder}/keepalived.json`;
    default:
      return kind satisfies never;
  }
}

function textOf(kind: DumpKind, view: DumpView): string {
  switch (kind) {
    case "data":
      return dataText(view);
    case "stats":
      return statsText(view);
    case "json":
      return jsonText(view);
    default:
      return kind satisfies never;
  }
}

function replaceFile(path: string, text: string, mode: number): void {
  const beside = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(beside, text, { createNew: true, mode });
  try {
    Deno.chmodSync(beside, mode); // whatever the mask of this process
    Deno.renameSync(beside, path);
  } catch (error) {
    Deno.removeSync(beside);
    throw error;
  }
}

function difference(now: VrrpCounters, before: VrrpCounters): VrrpCounters {
  const less = (from: Readonly<Record<string, number>>, by: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(from).map(([key, value]) => [key, Math.max(0, value - (by[key] ?? 0))]));
  const { discarded, ...counts } = now;
  const { discarded: earlier, ...countsBefore } = before;
  return { ...less(counts, countsBefore) as Omit<VrrpCounters, "discarded">, discarded: less(discarded, earlier) };
}
