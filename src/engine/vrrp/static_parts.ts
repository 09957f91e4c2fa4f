// What this host has whatever its instances do: static addresses, routes and rules, put back when they vanish, and interfaces
// on which secondary addresses are promoted. Outlives instances; knows none of them.
import type { Config, VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { StaticEntry } from "../../config/config_vrrp.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NetworkPort } from "../../ports/network.ts";
import { MovedAddresses } from "./moved_addresses.ts";
import { type LostEntry, MovedRoutes, type RoutingLists } from "./moved_routes.ts";
import { RateLimiter } from "./rate_limiter.ts";

/** The static part of a configuration. */
export type StaticConfig = Pick<Config, "staticAddresses" | "staticRoutes" | "staticRules" | "trackGroups">;

/** Nothing static. */
export const NO_STATICS: StaticConfig = { staticAddresses: [], staticRoutes: [], staticRules: [], trackGroups: [] };

/** What static parts need of their surroundings. */
export interface StaticPorts {
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly log: (line: string) => void;
  /** Somebody removed something that instances track: their names, and what it was. */
  readonly lost: (instances: readonly string[], what: string) => void;
}

/** Static addresses, routes and rules, and promotion. Does nothing until `use`. */
export class StaticParts {
  readonly #ports: StaticPorts;
  readonly #addresses: MovedAddresses;
  readonly #routes: MovedRoutes;
  readonly #limiter = new RateLimiter();
  #config = NO_STATICS;
  #instances: readonly VrrpInstance[] = [];
  /** Interfaces on which promotion was off before we turned it on. */
  readonly #promoted = new Set<string>();
  /** Interfaces on which it is to be on, until that was done. */
  readonly #unpromoted = new Set<string>();
  /** How each interface of a static part was at the last look. */
  #links = new Map<string, string>();
  /** Static addresses that were there at the last look. */
  #held = new Set<VirtualAddress>();
  /** Routes and rules that were told of and could not be put back. */
  #told = new Set<string>();

  constructor(ports: StaticPorts) {
    this.#ports = ports;
    const log = (line: string): void => this.#note(line);
    this.#addresses = new MovedAddresses(ports.network, { addresses: [], accepted: true }, {
      log,
      note: (_key, line) => log(line),
      announced: () => {},
    });
    this.#routes = new MovedRoutes(ports.network, { routes: [], rules: [] }, { log, refused: log });
  }

  /** Goes over to a configuration: what is the same in the one before is not touched. */
  use(config: StaticConfig, instances: readonly VrrpInstance[]): void {
    const lists = listsOf(config);
    this.#config = config;
    this.#instances = instances;
    this.#promote();
    this.#routes.withdraw(lists);
    this.#addresses.withdraw(config.staticAddresses, (entry) => this.#isVirtual(entry));
    this.#addresses.replace(config.staticAddresses);
    this.#addresses.add(this.#addresses.added);
    this.#routes.replace(lists);
    this.#routes.settle();
    this.#links = this.#linksNow();
    this.#look();
  }

  /** Interfaces, addresses, routes or rules changed: puts back what is missing. */
  networkChanged(): void {
    if (this.#unpromoted.size > 0) this.#promote();
    const links = this.#linksNow();
    const isBack = [...links].some(([name, link]) => link !== "down" && link !== this.#links.get(name));
    this.#links = links;
    const { staticAddresses } = this.#config;
    const lostAddresses = staticAddresses.filter((entry) => this.#held.has(entry) && this.#isLost(entry));
    const lostRoutes = this.#lostRoutes();
    // With its interface the kernel takes routes away without a word: when it is back, all are asked for again.
    if (isBack || lostAddresses.length > 0) {
      this.#addresses.add(staticAddresses.filter((entry) => !this.#holds(entry) && isTrackedAddress(entry)));
    }
    if (isBack || lostAddresses.length > 0 || lostRoutes.length > 0) this.#routes.add();
    const nowUs = this.#ports.clock.nowUs();
    this.#addresses.retry(true, nowUs);
    this.#routes.retry(nowUs);
    this.#look();
    for (const entry of lostAddresses) this.#tell(`address ${entry.address}/${entry.prefixLength}`, entry);
    for (const entry of lostRoutes) if (!this.#told.has(entry.what)) this.#tell(entry.what, entry);
    this.#told = new Set(this.#lostRoutes().map(({ what }) => what));
  }

  /** Ends: removes everything that is static. */
  remove(): void {
    this.#routes.remove();
    this.#addresses.remove(this.#config.staticAddresses.filter((entry) => !this.#isVirtual(entry)));
    for (const device of this.#promoted) this.#ports.network.routing?.promoteSecondaries(device, false);
    this.#promoted.clear();
    this.#config = NO_STATICS;
  }

  #holds({ device, address }: VirtualAddress): boolean {
    return this.#ports.network.hasAddress(device, address);
  }

  /** While its interface is down or gone, nobody has taken anything away. */
  #isLost(entry: VirtualAddress): boolean {
    return isTrackedAddress(entry) && !this.#holds(entry) && this.#isUp(entry.device);
  }

  #lostRoutes(): LostEntry[] {
    return this.#routes.lost().filter(({ device }) => device === undefined || this.#isUp(device));
  }

  #isUp(device: string): boolean {
    return this.#ports.network.interface(device)?.up === true;
  }

  #look(): void {
    this.#held = new Set(this.#config.staticAddresses.filter((entry) => this.#holds(entry)));
  }

  #isVirtual({ device, address }: VirtualAddress): boolean {
    return this.#instances.some(({ virtualAddresses, excludedAddresses }) =>
      [...virtualAddresses, ...excludedAddresses].some((entry) => entry.device === device && entry.address === address)
    );
  }

  #tell(what: string, { trackGroup }: StaticEntry): void {
    this.#note(`somebody removed the static ${what}; it is put back`);
    const group = this.#config.trackGroups.find(({ name }) => name === trackGroup);
    if (group !== undefined) this.#ports.lost(group.members, `static ${what}`);
  }

  #linksNow(): Map<string, string> {
    const { staticAddresses, staticRoutes } = this.#config;
    const names = [
      ...staticAddresses.map(({ device }) => device),
      ...staticRoutes.flatMap(({ request }) => [request?.device, ...request?.hops.map(({ device }) => device) ?? []]),
    ];
    return new Map(names.flatMap((name) => {
      if (name === undefined) return [];
      const found = this.#ports.network.interface(name);
      return [[name, found?.up === true ? `up ${found.index}` : "down"] as const];
    }));
  }

  #promote(): void {
    const { routing } = this.#ports.network;
    const wanted = new Set(
      this.#instances.filter(({ promotesSecondaries }) => promotesSecondaries).map((instance) => instance.interface),
    );
    for (const device of this.#promoted) {
      if (wanted.has(device)) continue;
      routing?.promoteSecondaries(device, false);
      this.#promoted.delete(device);
    }
    this.#unpromoted.clear();
    for (const device of wanted) {
      const before = routing?.promoteSecondaries(device, true);
      if (before === false) this.#promoted.add(device);
      if (before === undefined) this.#unpromoted.add(device); // no such interface yet
    }
  }

  #note(line: string): void {
    if (this.#limiter.allows(line, this.#ports.clock.nowUs())) this.#ports.log(line);
  }
}

function isTrackedAddress({ flags }: VirtualAddress): boolean {
  return flags?.includes("no_track") !== true;
}

function listsOf({ staticRoutes: routes, staticRules: rules }: StaticConfig): RoutingLists {
  return { routes, rules };
}
