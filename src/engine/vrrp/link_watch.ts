// Tells when a link that instances need, or track, goes or comes: the first fact of many a story.
import type { RouterFact } from "../../core/journal/entry.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { NetworkPort } from "../../ports/network.ts";

type LinkState = (RouterFact & { type: "link" })["state"];

/** Remembers how links were. */
export class LinkWatch {
  readonly #network: NetworkPort;
  readonly #tell: (fact: RouterFact) => void;
  #states = new Map<string, LinkState>();

  constructor(network: NetworkPort, tell: (fact: RouterFact) => void) {
    this.#network = network;
    this.#tell = tell;
  }

  /** Looks again. A link that is seen for the first time is told of when it is not up. */
  look(instances: readonly VrrpInstance[], groups: readonly SyncGroup[]): void {
    const tracked = [...instances, ...groups].flatMap(({ tracking }) => tracking.interfaces.map(({ name }) => name));
    const names = new Set([...instances.map((instance) => instance.interface), ...tracked]);
    const states = new Map<string, LinkState>();
    for (const name of names) {
      const found = this.#network.interface(name);
      const state = found === undefined ? "missing" : found.up ? "up" : "down";
      states.set(name, state);
      if (state !== (this.#states.get(name) ?? "up")) this.#tell({ type: "link", name, state });
    }
    this.#states = states;
  }
}
