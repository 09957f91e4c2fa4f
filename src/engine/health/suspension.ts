// `ha_suspend` and `follow_instance`: virtual servers whose address, or whose VRRP instance, another host has are not checked.
// Knows no timers.
import type { LiveVirtualServer } from "./live_server.ts";
import { formatService, suspensionLine } from "./log_lines.ts";

/** What it asks; default: this host has all. */
export interface SuspensionSources {
  readonly isLocal?: (address: string) => boolean;
  readonly isMaster?: (instance: string) => boolean;
}

/** What a look brought. */
export interface SuspensionStep {
  /** Virtual servers that were held and are no more. */
  readonly freed: readonly LiveVirtualServer[];
  /** One that follows an instance with its table entries was held or freed. */
  readonly movesTable: boolean;
}

/** Which virtual servers are held. */
export class Suspension {
  readonly #isLocal: (address: string) => boolean;
  readonly #isMaster: (instance: string) => boolean;
  readonly #log: (line: string) => void;
  /** With the reason. */
  #held = new Map<LiveVirtualServer, string>();

  constructor({ isLocal = yes, isMaster = yes }: SuspensionSources, log: (line: string) => void) {
    this.#isLocal = isLocal;
    this.#isMaster = isMaster;
    this.#log = log;
  }

  /** Looks at addresses and instances anew. */
  update(servers: readonly LiveVirtualServer[]): SuspensionStep {
    const before = this.#held;
    this.#held = new Map(servers.flatMap((server) => {
      const why = this.#reason(server);
      return why === undefined ? [] : [[server, why] as const];
    }));
    const freed = servers.filter((server) => before.has(server) && !this.#held.has(server));
    const held = [...this.#held.keys()].filter((server) => !before.has(server));
    for (const { config } of held) {
      this.#log(suspensionLine(true, this.#reason({ config }) ?? "", formatService(config)));
    }
    for (const server of freed) {
      this.#log(suspensionLine(false, before.get(server) ?? "", formatService(server.config)));
    }
    const movesTable = [...freed, ...held].some(({ config }) => config.followInstance?.withTable);
    return { freed, movesTable };
  }

  /** Its checks have to wait. */
  holds(server: LiveVirtualServer): boolean {
    return this.#held.has(server);
  }

  /** Why they have to, as the end of a sentence; undefined: they do not. */
  why(server: LiveVirtualServer): string | undefined {
    return this.#held.get(server);
  }

  #reason({ config }: Pick<LiveVirtualServer, "config">): string | undefined {
    const { suspendsWithAddress, address, followInstance } = config;
    // Firewall marks and groups have no one address to ask for, as in keepalived.
    if (suspendsWithAddress && address !== "" && !this.#isLocal(address)) return `${address} is not on this host`;
    if (followInstance === undefined || this.#isMaster(followInstance.instance)) return undefined;
    return `${followInstance.instance} is not master here`;
  }
}

function yes(): boolean {
  return true;
}
