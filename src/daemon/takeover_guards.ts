// What stands between a backup and its becoming master beside the protocol: witnesses, and the fencing of a silent master. The
// supervisor's part of both; the vrrp role is told with operators' orders.
import type { Config } from "../config/config.ts";
import type { RouterOrders } from "../core/vrrp/steering.ts";
import type { FenceRequest } from "../engine/vrrp/surroundings.ts";
import { Fencing } from "./fencing.ts";
import { Witnesses, type WitnessesOptions } from "./witnesses.ts";

/** Both. Use as each of them. */
export class TakeoverGuards {
  readonly #witnesses: Witnesses;
  readonly #fencing: Fencing;
  readonly #changed: () => void;

  constructor(options: WitnessesOptions) {
    this.#changed = options.changed;
    this.#witnesses = new Witnesses(options);
    this.#fencing = new Fencing(options);
  }

  /** What instances are told, by name, beside what operators say of them. */
  get orders(): ReadonlyMap<string, Omit<RouterOrders, "held" | "priority">> {
    const fencing = this.#fencing.orders;
    const { bans } = this.#witnesses;
    return new Map([...new Set([...fencing.keys(), ...bans.keys()])].map((name) => {
      const ban = bans.get(name);
      return [name, { ...fencing.get(name), ...(ban && { ban }) }];
    }));
  }

  /** @param config the configuration from now on; the vrrp role has it later */
  configure(config: Config): void {
    this.#fencing.configure(config);
    this.#witnesses.configure(config);
    this.#changed();
  }

  fence(request: FenceRequest): void {
    this.#fencing.request(request);
  }

  stop(): void {
    this.#fencing.stop();
    this.#witnesses.stop();
  }
}
