// Servers that die: each right after a good check, so that the least time to its removal is known.
import { pause } from "../../support/command.ts";
import { DELAY_LOOP_SECONDS } from "./configs.ts";
import type { Table } from "./result_table.ts";

/** Where they listen. */
export const MORTAL_ADDRESS = "10.64.255.1";
export const MORTAL_PORTS = Array.from({ length: 10 }, (_, at) => 9001 + at);

/** The next check comes after `delay_loop` and fails, which counts at once. */
const LEAST_MS = 1000 * DELAY_LOOP_SECONDS;
const LIMIT_MS = 30_000;

/** Servers that accept, until each has been checked once more. */
export class Mortals {
  readonly #listeners = MORTAL_PORTS.map((port) => Deno.listen({ hostname: MORTAL_ADDRESS, port }));
  readonly #diedMs = new Map<number, number>();
  #doomed = false;

  constructor() {
    for (const listener of this.#listeners) this.#serve(listener);
  }

  /**
   * All die.
   *
   * @param areThere the ports that still get traffic
   * @returns for each, the milliseconds between the least time and its removal, in order
   */
  async die(areThere: () => ReadonlySet<number>): Promise<number[]> {
    this.#doomed = true;
    const over = new Map<number, number>();
    const end = performance.now() + LIMIT_MS;
    while (over.size < MORTAL_PORTS.length) {
      if (performance.now() > end) throw new Error(`only ${over.size} of the dead servers have left the table`);
      const there = areThere();
      const nowMs = performance.now();
      for (const [port, diedMs] of this.#diedMs) {
        if (!there.has(port) && !over.has(port)) over.set(port, nowMs - diedMs - LEAST_MS);
      }
      await pause(2);
    }
    return [...over.values()].sort((a, b) => a - b);
  }

  async #serve(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      const connection = await listener.accept();
      const nowMs = performance.now();
      connection.close();
      if (!this.#doomed) continue;
      listener.close();
      this.#diedMs.set(listener.addr.port, nowMs);
      return;
    }
  }
}

/** Median and tail of what `Mortals.die` gave. */
export function tellRemoval(results: Table, title: string, kind: string, over: readonly number[]): void {
  const sorted = over.toSorted((a, b) => a - b);
  const set = (what: string, part: number): void => {
    const at = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
    results.set(`dead server removed ${title}: over the least time, ms, ${what}`, kind, sorted[at] ?? NaN);
  };
  set("median", 0.5);
  set("p90", 0.9);
  set("at most", 1);
}
