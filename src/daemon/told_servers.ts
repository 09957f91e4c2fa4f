// Tells the health role another configuration by what is new in it: of thousands of virtual servers a reload changes few.
import type { VirtualServer } from "../config/config.ts";
import type { IpvsSettings } from "../config/sync_daemon.ts";
import { formatKey, type VirtualServerKey } from "../core/ipvs/table.ts";
import { keysOf } from "../engine/health/policy.ts";
import type { ToHealth } from "./messages.ts";

/** A virtual server, or its place in the list that was told before. */
export type ToldServer = VirtualServer | number;

/** In the supervisor: what the process that does the role now was told last. */
export class ToldServers {
  #last: readonly VirtualServer[] = [];
  readonly #keys = new Map<string, VirtualServerKey>();

  /** Of every virtual server that was told ever: what is configured no more is ours to remove. */
  get previousKeys(): VirtualServerKey[] {
    return [...this.#keys.values()];
  }

  /** To a new process: all of them. */
  whole(servers: readonly VirtualServer[]): readonly VirtualServer[] {
    for (const server of servers) this.#remember(server);
    return this.#last = servers;
  }

  /** To the same process. Those that are the very same objects are known there. */
  difference(servers: readonly VirtualServer[]): ToldServer[] {
    const places = new Map(this.#last.map((server, at) => [server, at]));
    this.#last = servers;
    return servers.map((server) => {
      const place = places.get(server);
      if (place === undefined) this.#remember(server);
      return place ?? server;
    });
  }

  /** The message with the difference. @param id that the answer will have */
  reconfigure(id: number, servers: readonly VirtualServer[], settings: IpvsSettings): ToHealth {
    return { type: "reconfigure", id, virtualServers: this.difference(servers), settings };
  }

  #remember(server: VirtualServer): void {
    for (const key of keysOf(server)) this.#keys.set(formatKey(key), key);
  }
}

/** In the role: the list that is meant. @throws RangeError when it names a place that there is not */
export function serversTold(last: readonly VirtualServer[], told: readonly ToldServer[]): VirtualServer[] {
  return told.map((server) => {
    const known = typeof server === "number" ? last[server] : server;
    if (known === undefined) throw new RangeError("the configuration names a virtual server that is not known");
    return known;
  });
}
