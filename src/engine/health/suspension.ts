// `ha_suspend`: virtual servers whose address is not on this host are not checked. Knows no timers.
import type { LiveVirtualServer } from "./live_server.ts";
import { formatService, suspensionLine } from "./log_lines.ts";

/** Which virtual servers are held. */
export class Suspension {
  readonly #isLocal: (address: string) => boolean;
  readonly #log: (line: string) => void;
  #held = new Set<LiveVirtualServer>();

  constructor(isLocal: (address: string) => boolean, log: (line: string) => void) {
    this.#isLocal = isLocal;
    this.#log = log;
  }

  /** Looks at the addresses anew. @returns those that were held and are no more */
  update(servers: readonly LiveVirtualServer[]): LiveVirtualServer[] {
    const before = this.#held;
    this.#held = new Set(servers.filter(({ config }) => {
      // Firewall marks and groups have no one address to ask for, as in keepalived.
      return config.suspendsWithAddress && config.address !== "" && !this.#isLocal(config.address);
    }));
    const freed = servers.filter((server) => before.has(server) && !this.#held.has(server));
    for (const server of this.#held) if (!before.has(server)) this.#say(server, true);
    for (const server of freed) this.#say(server, false);
    return freed;
  }

  /** Its checks have to wait. */
  holds(server: LiveVirtualServer): boolean {
    return this.#held.has(server);
  }

  #say({ config }: LiveVirtualServer, held: boolean): void {
    this.#log(suspensionLine(held, config.address, formatService(config)));
  }
}
