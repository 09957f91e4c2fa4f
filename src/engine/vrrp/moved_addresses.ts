// The addresses that move with one instance, on their interfaces: put there, taken away, announced to the neighbors.
import { parseIp } from "../../base/ip.ts";
import type { VirtualAddress } from "../../config/config.ts";
import type { NetworkPort } from "../../ports/network.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { gratuitousArp } from "../../wire/arp.ts";
import { unsolicitedNeighborAdvertisement } from "../../wire/ndp.ts";
import { addressDifference, addressKey } from "./addresses.ts";
import type { AnnouncementPacer } from "./announcement_pacer.ts";

/** What is to be known of failures, and of what was sent. */
export interface MovedAddressesListener {
  /** One line for people, each time. */
  readonly log: (line: string) => void;
  /** The same for what comes in floods: `key` tells the kinds apart. */
  readonly note: (key: string, line: string) => void;
  /** A gratuitous ARP or neighbor advertisement is on the wire. */
  readonly announced: () => void;
}

/** How announcements are kept apart. */
export interface Pacing {
  readonly pacer: AnnouncementPacer;
  readonly owner: number;
  /** The interface that a device stands on. */
  readonly baseOf: (device: string) => string;
}

/** How long after a refusal the kernel is asked again. */
const RETRY_INTERVAL_US = 1_000_000;

/** Addresses of one instance. Failures are logged, and do not keep the others from being tried. */
export class MovedAddresses {
  readonly #network: NetworkPort;
  readonly #listener: MovedAddressesListener;
  readonly #pacing: Pacing | undefined;
  #all: readonly VirtualAddress[];
  /** What a new configuration brought, until `replace` says otherwise. */
  #added: readonly VirtualAddress[] = [];
  /** What the kernel refused to add or remove, by `addressKey`. */
  readonly #refused = new Map<string, VirtualAddress>();
  #retryUs: number | undefined;
  /** Put on their interfaces, and nobody has been told: by `addressKey`. */
  #unannounced = new Set<string>();
  /** Accept_Mode (RFC 9568 section 6.1): packets to them are ours to answer. */
  #accepted: boolean;

  constructor(
    network: NetworkPort,
    { addresses, accepted }: { addresses: readonly VirtualAddress[]; accepted: boolean },
    listener: MovedAddressesListener,
    pacing?: Pacing,
  ) {
    this.#pacing = pacing;
    this.#accepted = accepted;
    this.#network = network;
    this.#all = addresses;
    this.#listener = listener;
  }

  /** All of them, advertised or not. */
  get all(): readonly VirtualAddress[] {
    return this.#all;
  }

  /** Those that the newest configuration brought. */
  get added(): readonly VirtualAddress[] {
    return this.#added;
  }

  /** For the journal: all that moved, and what the kernel refused of it. */
  get moved(): { readonly addresses: readonly string[]; readonly refused: readonly string[] } {
    const refused = [...this.#refused.values()].map(({ address }) => address);
    return { addresses: this.#all.map(({ address }) => address), refused };
  }

  /** Takes the list of a new configuration; touches no interface. */
  replace(addresses: readonly VirtualAddress[]): void {
    this.#added = addressDifference(this.#all, addresses).added;
    this.#all = addresses;
  }

  /** Removes what a new configuration will not have any more, except what is wanted elsewhere. */
  withdraw(next: readonly VirtualAddress[], wantedElsewhere: (entry: VirtualAddress) => boolean): void {
    const { removed, kept } = addressDifference(this.#all, next);
    const leaving = removed.filter((entry) => !wantedElsewhere(entry));
    this.remove(leaving);
    // With the first address of a subnet the kernel removes the others (unless promote_secondaries): put them back.
    const devices = new Set(leaving.map(({ device }) => device));
    this.add(kept.filter(({ device }) => devices.has(device)));
  }

  /** Takes the Accept_Mode of a new configuration. @param held whether the addresses are here now */
  accept(accepted: boolean, held: boolean): void {
    if (accepted === this.#accepted) return;
    this.#accepted = accepted;
    if (held) this.#filter(this.#all, !accepted);
  }

  add(addresses: readonly VirtualAddress[] = this.#all): void {
    if (!this.#accepted) this.#filter(addresses, true);
    for (const entry of addresses) {
      this.#attempt(entry, () => this.#network.addAddress(entry));
      this.#unannounced.add(addressKey(entry));
    }
  }

  remove(addresses: readonly VirtualAddress[] = this.#all): void {
    this.#pacing?.pacer.drop(this.#pacing.owner, new Set(addresses.map(addressKey)));
    for (const entry of addresses) this.#attempt(entry, () => this.#network.removeAddress(entry));
    if (!this.#accepted) this.#filter(addresses, false);
  }

  /** A failure leaves the address in service: it is better answered too much than not at all. */
  #filter(addresses: readonly VirtualAddress[], refused: boolean): void {
    for (const { address } of addresses) {
      try {
        if (refused) this.#network.refusePackets?.(address);
        else this.#network.acceptPackets?.(address);
      } catch (error) {
        this.#listener.note("filter", error instanceof Error ? error.message : String(error));
      }
    }
  }

  /**
   * Asks the kernel again for what it has refused, once a second: otherwise a master would be without an address, or a
   * backup keep one, until the next change of state.
   *
   * @param isMaster whether the addresses are to be there
   */
  retry(isMaster: boolean, nowUs: number): void {
    if (this.#refused.size === 0) return;
    this.#retryUs ??= nowUs + RETRY_INTERVAL_US;
    if (nowUs < this.#retryUs) return;
    this.#retryUs = undefined;
    const refused = [...this.#refused.values()];
    const keys = new Set(this.#all.map(addressKey));
    const isWanted = (entry: VirtualAddress): boolean => isMaster && keys.has(addressKey(entry));
    this.remove(refused.filter((entry) => !isWanted(entry)));
    const missing = refused.filter(isWanted);
    this.add(missing);
    this.announce(1, missing.filter((entry) => this.#isPresent(entry)));
  }

  /** A predecessor that was killed left its addresses: two hosts must not answer for one. */
  removeLeftOvers(addresses: readonly VirtualAddress[] = this.#all): void {
    for (const entry of addresses) {
      if (!this.#isPresent(entry)) continue;
      this.#listener.log(`removing ${entry.address}, left over on ${entry.device}`);
      this.#attempt(entry, () => this.#network.removeAddress(entry));
    }
  }

  /** The first that is not on its interface; those with `no_track` do not count. */
  firstLost(): VirtualAddress | undefined {
    return this.#all.find((entry) => !this.#isPresent(entry) && entry.flags?.includes("no_track") !== true);
  }

  /** As the outside may see them, `present` by the kernel's word. */
  snapshot(advertised: number): VrrpInstanceSnapshot["virtualAddresses"] {
    return this.#all.map((entry, at) => {
      const { address, prefixLength, device } = entry;
      const common = { address, prefixLength, device, present: this.#isPresent(entry) };
      return at < advertised ? common : { ...common, excluded: true };
    });
  }

  /**
   * All addresses in turn, then again: no address waits for another's whole set. Where messages are kept apart, only the
   * first about an address that was just put there leaves at once: every host must learn of it, pause or not.
   *
   * @returns how many are to leave later
   */
  announce(repeat: number, addresses: readonly VirtualAddress[] = this.#all): number {
    const atOnce = addresses.map((entry) => {
      if (this.#isPaced(entry) !== true) return repeat;
      return this.#unannounced.has(addressKey(entry)) ? Math.min(repeat, 1) : 0;
    });
    this.#unannounced.clear();
    const rounds = Math.max(0, ...atOnce);
    for (let round = 0; round < rounds; round++) {
      for (const [at, entry] of addresses.entries()) if (round < (atOnce[at] ?? 0)) this.#announceOne(entry);
    }
    return addresses.reduce((sum, entry, at) => sum + this.#announceLater(entry, repeat - (atOnce[at] ?? 0)), 0);
  }

  #isPaced(entry: VirtualAddress): boolean | undefined {
    return this.#pacing?.pacer.paces(this.#placeOf(entry));
  }

  #placeOf({ device, address }: VirtualAddress): { readonly base: string; readonly kind: "arp" | "na" } {
    return { base: this.#pacing?.baseOf(device) ?? device, kind: address.includes(":") ? "na" : "arp" };
  }

  #announceLater(entry: VirtualAddress, times: number): number {
    if (this.#pacing === undefined || times === 0) return 0;
    const { pacer, owner } = this.#pacing;
    const place = this.#placeOf(entry);
    if (this.#network.interface(entry.device) === undefined) return 0;
    pacer.add({ owner, key: addressKey(entry), ...place, send: () => this.#send(entry) }, times);
    return times;
  }

  #announceOne(entry: VirtualAddress): void {
    this.#send(entry);
    this.#pacing?.pacer.passed(this.#placeOf(entry));
  }

  #send({ address, device }: VirtualAddress): void {
    const hardwareAddress = this.#network.interface(device)?.hardwareAddress;
    const bytes = parseIp(address);
    if (hardwareAddress === undefined || bytes === undefined) return;
    const frame = bytes.length === 4
      ? gratuitousArp(hardwareAddress, bytes)
      : unsolicitedNeighborAdvertisement(hardwareAddress, bytes, this.#network.forwardsIpv6?.(device) ?? false);
    const failure = this.#network.sendFrame(device, frame);
    if (failure === undefined) this.#listener.announced();
    else this.#listener.note("arp", `cannot announce ${address} on ${device}: ${failure}`);
  }

  #isPresent({ device, address }: VirtualAddress): boolean {
    return this.#network.hasAddress(device, address);
  }

  #attempt(entry: VirtualAddress, call: () => void): void {
    const key = addressKey(entry);
    try {
      call();
      this.#refused.delete(key);
    } catch (error) {
      const line = error instanceof Error ? error.message : String(error);
      if (this.#refused.has(key)) this.#listener.note(`refused ${key}`, line);
      else this.#listener.log(line);
      this.#refused.set(key, entry);
    }
  }
}
