// Which addresses this host has, for the health role: asked of the kernel only when a virtual server has `ha_suspend`.
import { InterfaceTable } from "../linux/interface_table.ts";
import type { Reactor } from "../linux/reactor.ts";

/** Opened at the first question, then kept up to date. */
export class LocalAddresses {
  readonly #reactor: Reactor;
  readonly #changed: () => void;
  #table: InterfaceTable | undefined;

  /** @param changed called after each report of the kernel */
  constructor(reactor: Reactor, changed: () => void) {
    this.#reactor = reactor;
    this.#changed = changed;
  }

  /** Whether an interface of this network namespace has it; yes, too, where the kernel cannot be asked: checks go on then. */
  has(address: string): boolean {
    try {
      this.#table ??= this.#open();
    } catch {
      return true;
    }
    return this.#table.holds(address);
  }

  #open(): InterfaceTable {
    const table = new InterfaceTable();
    this.#reactor.add(table.fd, () => {
      if (table.update()) this.#changed();
    });
    return table;
  }
}
