// The sockets by which the vrrp role hears who else claims its addresses: one for each device that has some.
import { parseIp } from "../base/ip.ts";
import type { VrrpInstance } from "../config/config.ts";
import { addressesOf } from "../engine/vrrp/addresses.ts";
import { AddressClaimSocket } from "../linux/address_claim_socket.ts";
import type { Epoll } from "../linux/epoll.ts";
import { type AddressClaim, readAddressClaim } from "../wire/address_claim.ts";

/** Frames read from one socket before others get their turn. */
const MAX_FRAMES_PER_ROUND = 32;

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
  readonly #byDevice = new Map<string, Listening>();
  readonly #frame = new Uint8Array(128);

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
    const byDevice = Map.groupBy(instances.flatMap(addressesOf), ({ device }) => device);
    for (const [device, { socket }] of this.#byDevice) {
      if (byDevice.has(device)) continue;
      socket.close();
      this.#byDevice.delete(device);
    }
    for (const [device, entries] of byDevice) this.#listenOn(device, entries.map(({ address }) => address));
  }

  /** Whether the descriptor was one of these; then what it has was read. */
  read(fd: number): boolean {
    const listening = [...this.#byDevice.values()].find(({ socket }) => socket.fd === fd);
    if (listening === undefined) return false;
    for (let count = 0; count < MAX_FRAMES_PER_ROUND; count++) {
      const length = listening.socket.receive(this.#frame);
      if (length < 0) break;
      const claim = readAddressClaim(this.#frame, Math.min(length, this.#frame.length));
      if (claim !== undefined) this.#claimed(listening.socket.interfaceName, claim);
    }
    return true;
  }

  #listenOn(device: string, addresses: readonly string[]): void {
    const index = this.#indexOf(device);
    const key = `${index} ${addresses.join()}`;
    const known = this.#byDevice.get(device);
    if (known?.key === key) return;
    known?.socket.close();
    this.#byDevice.delete(device);
    if (index === undefined) return;
    try {
      const bytes = addresses.map(parseIp).filter((address) => address !== undefined);
      const socket = new AddressClaimSocket(device, index, bytes);
      this.#byDevice.set(device, { socket, key });
      this.#epoll.add(socket.fd);
    } catch {
      // Advertisements are heard all the same.
    }
  }
}
