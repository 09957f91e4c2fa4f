// The sockets by which the vrrp role hears who else claims its addresses: one for each device and IP version.
import { parseIp } from "../base/ip.ts";
import type { VrrpInstance } from "../config/config.ts";
import { addressesOf } from "../engine/vrrp/addresses.ts";
import { AddressClaimSocket } from "../linux/address_claim_socket.ts";
import type { Epoll } from "../linux/epoll.ts";
import type { AddressClaim } from "../wire/address_claim.ts";

/** Messages read from one socket before others get their turn. */
const MAX_MESSAGES_PER_ROUND = 32;

/** What listens on one device. */
interface Listening {
  readonly socket: AddressClaimSocket;
  /** Tells whether another socket is needed: index of the device and addresses. */
  readonly key: string;
}

/** Opens and closes them as instances and interfaces change. A device that can't be listened on is done without. */
export class ClaimListener {
  readonly #epoll: Epoll;
  readonly #indexOf: (device: string) => number | undefined;
  readonly #claimed: (device: string, claim: AddressClaim) => void;
  readonly #byPlace = new Map<string, Listening>();
  readonly #message = new Uint8Array(128);

  constructor(
    epoll: Epoll,
    indexOf: (device: string) => number | undefined,
    claimed: (device: string, claim: AddressClaim) => void,
  ) {
    this.#epoll = epoll;
    this.#indexOf = indexOf;
    this.#claimed = claimed;
  }

  /** Listens for the addresses of these instances from now on, and for no others. */
  listen(instances: readonly VrrpInstance[]): void {
    const byPlace = Map.groupBy(instances.flatMap(addressesOf), ({ device, address }) => {
      return `${device} ${address.includes(":") ? 6 : 4}`;
    });
    for (const [place, { socket }] of this.#byPlace) {
      if (byPlace.has(place)) continue;
      socket.close();
      this.#byPlace.delete(place);
    }
    for (const [place, entries] of byPlace) {
      const [first] = entries;
      if (first !== undefined) this.#listenAt(place, first.device, entries.map(({ address }) => address));
    }
  }

  /** Whether the descriptor was one of these; then what it has was read. */
  read(fd: number): boolean {
    const listening = [...this.#byPlace.values()].find(({ socket }) => socket.fd === fd);
    if (listening === undefined) return false;
    for (let count = 0; count < MAX_MESSAGES_PER_ROUND; count++) {
      const heard = listening.socket.receive(this.#message);
      if (heard === undefined) break;
      if (heard.claim !== undefined) this.#claimed(listening.socket.interfaceName, heard.claim);
    }
    return true;
  }

  #listenAt(place: string, device: string, addresses: readonly string[]): void {
    const index = this.#indexOf(device);
    const key = `${index} ${addresses.join()}`;
    const known = this.#byPlace.get(place);
    if (known?.key === key) return;
    known?.socket.close();
    this.#byPlace.delete(place);
    if (index === undefined) return;
    try {
      const bytes = addresses.map(parseIp).filter((address) => address !== undefined);
      const socket = new AddressClaimSocket(device, index, bytes);
      this.#byPlace.set(place, { socket, key });
      this.#epoll.add(socket.fd);
    } catch {
      // Advertisements are heard all the same.
    }
  }
}
