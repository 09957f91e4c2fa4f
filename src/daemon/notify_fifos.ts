// The three FIFOs of `global_defs`, through changes of configuration: one that is the same in both stays open, with its
// reader (keepalived closes and opens all of them at every reload).
import { same } from "../base/same.ts";
import type { Script } from "../config/config_vrrp.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import type { WarningSnapshot } from "../ports/snapshot.ts";
import { NotifyFifo, type NotifyFifoOptions } from "./notify_fifo.ts";

/** What a FIFO is about. */
export type FifoTopic = "vrrp" | "lvs";

interface Settings {
  readonly path: Script;
  readonly script?: Script;
  readonly global: Pick<GlobalDefs, "scriptUser" | "scriptSecurity">;
}

const TOPICS: Readonly<Record<string, readonly FifoTopic[]>> = {
  notify_fifo: ["vrrp", "lvs"],
  vrrp_notify_fifo: ["vrrp"],
  lvs_notify_fifo: ["lvs"],
};

/** The FIFOs that are configured. Use: `use()` with each configuration, `close()` at the end. */
export class NotifyFifos {
  readonly #options: Pick<NotifyFifoOptions, "reactor" | "log" | "changed">;
  readonly #open = new Map<string, { readonly settings: Settings; readonly fifo: NotifyFifo }>();
  #closing: Promise<unknown>[] = [];

  constructor(options: Pick<NotifyFifoOptions, "reactor" | "log" | "changed">) {
    this.#options = options;
  }

  /** What is wrong with FIFOs now. */
  get warnings(): readonly WarningSnapshot[] {
    return [...this.#open.values()].flatMap(({ fifo }) => fifo.warning ?? []);
  }

  /** Goes over to a configuration. */
  use(global: GlobalDefs): void {
    const wanted = settingsOf(global);
    const opened = [...wanted].filter(([keyword, settings]) => !same(this.#open.get(keyword)?.settings, settings, ""));
    for (const [keyword, { fifo }] of this.#open) {
      if (wanted.has(keyword) && !opened.some(([other]) => other === keyword)) continue;
      this.#open.delete(keyword);
      this.#closing.push(fifo.close());
    }
    for (const [keyword, settings] of opened) {
      this.#open.set(keyword, { settings, fifo: new NotifyFifo({ ...this.#options, ...settings, keyword }) });
    }
  }

  /** Writes a line to every FIFO about this. */
  write(topic: FifoTopic, line: string): void {
    for (const [keyword, { fifo }] of this.#open) if (TOPICS[keyword]?.includes(topic)) fifo.write(line);
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    for (const { fifo } of this.#open.values()) this.#closing.push(fifo.close());
    this.#open.clear();
    const closing = this.#closing;
    this.#closing = [];
    await Promise.all(closing);
  }
}

/** By keyword, in the order in which keepalived writes. */
function settingsOf(global: GlobalDefs): Map<string, Settings> {
  const { scriptUser, scriptSecurity } = global;
  const common = { global: scriptUser === undefined ? { scriptSecurity } : { scriptUser, scriptSecurity } };
  const entry = (path: Script | undefined, script: Script | undefined): Settings | undefined =>
    path && { path, ...(script === undefined ? {} : { script }), ...common };
  const all = new Map([
    ["notify_fifo", entry(global.fifo, global.fifoScript)],
    ["vrrp_notify_fifo", entry(global.vrrpFifo, global.vrrpFifoScript)],
    ["lvs_notify_fifo", entry(global.lvsFifo, global.lvsFifoScript)],
  ]);
  return new Map([...all].flatMap(([keyword, settings]) => settings === undefined ? [] : [[keyword, settings]]));
}
