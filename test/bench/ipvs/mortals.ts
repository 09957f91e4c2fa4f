// Servers that die: each right after a good check, so that the least time to its removal is known.
import type { VirtualServerKey } from "../../../src/core/ipvs/table.ts";
import { pause } from "../../support/command.ts";
import { DELAY_LOOP_SECONDS } from "./configs.ts";
import type { TableWatch } from "./table_watch.ts";

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

  /** All die. @returns for each, the milliseconds between the least time and its removal from the table, in order */
  async die(watch: TableWatch, key: VirtualServerKey): Promise<number[]> {
    this.#doomed = true;
    const over = new Map<number, number>();
    const end = performance.now() + LIMIT_MS;
    while (over.size < MORTAL_PORTS.length) {
      if (performance.now() > end) throw new Error(`only ${over.size} of the dead servers have left the table`);
      const there = new Set(watch.realServers(key).map(({ entry }) => entry.port));
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
