// All that moves with one instance: its addresses, and with them its routes and rules, in keepalived's order.
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { NetworkPort } from "../../ports/network.ts";
import { addressesOf } from "./addresses.ts";
import type { AnnouncementPacer } from "./announcement_pacer.ts";
import { MovedAddresses, type MovedAddressesListener } from "./moved_addresses.ts";
import { MovedRoutes, type RoutingLists } from "./moved_routes.ts";
import { baseOf, extraAnnouncementsOf } from "./own_links.ts";

/** Addresses, routes and rules of one instance. */
export class MovedParts {
  readonly addresses: MovedAddresses;
  readonly #routes: MovedRoutes;
  /** What a new configuration brought, until `replace` says otherwise. */
  #newRoutes: RoutingLists = { routes: [], rules: [] };

  readonly #pacer: AnnouncementPacer | undefined;
  readonly #owner: number;
  #config: VrrpInstance;

  constructor(
    network: NetworkPort,
    config: VrrpInstance,
    listener: MovedAddressesListener,
    pacer: AnnouncementPacer | undefined,
  ) {
    this.#config = config;
    this.#pacer = pacer;
    const owner = pacer?.newOwner() ?? 0;
    this.#owner = owner;
    this.addresses = new MovedAddresses(
      network,
      { addresses: addressesOf(config), accepted: config.acceptMode },
      listener,
      pacer && { pacer, owner, baseOf: (device) => baseOf(this.#config, device) },
    );
    this.#routes = new MovedRoutes(network, config, {
      log: listener.log,
      refused: (line) => listener.note(line, line),
    });
  }

  add(): void {
    this.addresses.add();
    this.#routes.add();
    this.#repeatExtra();
  }

  remove(): void {
    this.#pacer?.repeat(this.#owner, 0, () => {});
    this.#routes.remove();
    this.addresses.remove();
  }

  /** Asks the kernel again for what it has refused. @param isMaster whether all is to be there */
  retry(isMaster: boolean, nowUs: number): void {
    this.addresses.retry(isMaster, nowUs);
    if (isMaster) this.#routes.retry(nowUs);
  }

  /** A predecessor that was killed left them. */
  removeLeftOvers(): void {
    this.#routes.removeLeftOvers();
    this.addresses.removeLeftOvers();
  }

  /** The same for what a new configuration brought. */
  removeNewLeftOvers(): void {
    this.#routes.removeLeftOvers(this.#newRoutes);
    this.addresses.removeLeftOvers(this.addresses.added);
  }

  /** First half of a change: removes what will not be there any more, except addresses that are wanted elsewhere. */
  withdraw(next: VrrpInstance, wantedElsewhere: (entry: VirtualAddress) => boolean): void {
    this.#routes.withdraw(next);
    this.addresses.withdraw(addressesOf(next), wantedElsewhere);
  }

  /** Takes a new configuration; touches no interface. */
  replace(config: VrrpInstance): void {
    this.#config = config;
    this.addresses.replace(addressesOf(config));
    this.#newRoutes = this.#routes.replace(config);
  }

  /** Second half of a change, once the new addresses are there: the routes and rules of a master. */
  settle(): void {
    this.#routes.settle();
    this.#repeatExtra();
  }

  /** `garp_extra_if`: switches forget a hardware address from which nothing comes, as no advertisements do here. */
  #repeatExtra(): void {
    const everyUs = this.#config.extraAnnouncements.everySeconds * 1_000_000;
    this.#pacer?.repeat(this.#owner, everyUs, () => {
      this.addresses.announce(1, extraAnnouncementsOf(this.#config));
    });
  }

  /** The first that somebody else removed: `address 192.0.2.1`. */
  firstLost(): string | undefined {
    const address = this.addresses.firstLost();
    return address === undefined ? this.#routes.lost()[0]?.what : `address ${address.address}`;
  }
}
