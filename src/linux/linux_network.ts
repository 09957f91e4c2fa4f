// The network of this host for the VRRP engine: interfaces, addresses and routes by rtnetlink, packets by raw sockets.
import { type Family, parseIp } from "../base/ip.ts";
import type { AddressAssignment, NetworkInterface, NetworkPort } from "../ports/network.ts";
import { familyOfPacket } from "../wire/ip_packet.ts";
import { VRRP_PROTOCOL } from "../wire/vrrp.ts";
import type { LinkPort, OwnLink } from "../ports/links.ts";
import { LinkPoll } from "./link_poll.ts";
import { SystemClock } from "./monotonic_clock.ts";
import { SteadyLinks } from "./steady_links.ts";
import { isDryRun } from "./dry_run.ts";
import { LinkEditor } from "./link_editor.ts";
import { AddressFilter } from "./address_filter.ts";
import { AddressEditor } from "./address_editor.ts";
import { FrameSocket } from "./frame_socket.ts";
import { InterfaceTable } from "./interface_table.ts";
import { LinuxRouting } from "./routing.ts";
import { type AdvertisementSocket, VrrpSocket } from "./vrrp_socket.ts";
import { VrrpSocket6 } from "./vrrp_socket6.ts";

/** Where advertisements of one IP version are sent and received. */
export interface VrrpEndpoint {
  readonly interfaceName: string;
  readonly family: Family;
  /** 112, or 51 (Authentication Header). */
  readonly protocol: number;
  /** Multicast groups to join. */
  readonly groups: readonly string[];
  /** Room for packets that wait; missing: the usual. */
  readonly receiveBuffer?: { readonly bytes: number; readonly exact: boolean };
}

/** The real NetworkPort. */
export class LinuxNetwork implements NetworkPort, LinkPort {
  readonly table = new InterfaceTable();
  readonly routing = new LinuxRouting(this.table);
  readonly #poll = new LinkPoll();
  /** Delays and polls: `table` is as the kernel says, `interface` as it is to be believed. */
  readonly steady = new SteadyLinks({
    find: (name) => this.table.find(name),
    hasLink: (name, method) => this.#poll.hasLink(name, method),
  }, new SystemClock());
  readonly #editor = new AddressEditor(this.table);
  readonly #filter = new AddressFilter();
  readonly #links = new LinkEditor(this.table);
  readonly #frames = new FrameSocket();
  readonly #sockets = new Map<string, { socket: AdvertisementSocket; index: number }>();

  /**
   * Opens the VRRP sockets of an interface and IP version; again when the interface was made anew since.
   *
   * @returns the socket, or undefined while there is no such interface
   * @throws SystemError
   */
  openVrrp({ interfaceName, family, protocol, groups, receiveBuffer }: VrrpEndpoint): AdvertisementSocket | undefined {
    const key = socketKey(interfaceName, family, protocol);
    const index = this.table.indexOf(interfaceName);
    let known = this.#sockets.get(key);
    if (known?.index !== index) {
      known?.socket.close();
      this.#sockets.delete(key);
      if (index === undefined) return undefined;
      const socket = family === 6
        ? new VrrpSocket6(interfaceName, index)
        : new VrrpSocket(interfaceName, index, protocol);
      known = { socket, index };
      this.#sockets.set(key, known);
    }
    known?.socket.resize(receiveBuffer);
    for (const group of groups) known?.socket.join(parseIp(group) ?? new Uint8Array());
    return known?.socket;
  }

  /** Closes all other VRRP sockets. */
  keepVrrp(endpoints: readonly VrrpEndpoint[]): void {
    const kept = new Set(
      endpoints.map(({ interfaceName, family, protocol }) => socketKey(interfaceName, family, protocol)),
    );
    for (const [key, { socket }] of this.#sockets) {
      if (kept.has(key)) continue;
      socket.close();
      this.#sockets.delete(key);
    }
  }

  ensureLink(link: OwnLink): void {
    this.#links.ensureLink(link);
  }

  removeLink(name: string): void {
    this.#links.removeLink(name);
  }

  interface(name: string): NetworkInterface | undefined {
    return this.steady.find(name);
  }

  hasAddress(device: string, address: string): boolean {
    return this.table.hasAddress(device, address);
  }

  ownsAddress(address: string): boolean {
    return this.table.names().some((name) => this.table.hasAddress(name, address));
  }

  addAddress(assignment: AddressAssignment): void {
    this.#editor.add(assignment);
  }

  removeAddress(assignment: AddressAssignment): void {
    this.#editor.remove(assignment);
  }

  sendAdvertisement(interfaceName: string, packet: Uint8Array<ArrayBuffer>): string | undefined {
    const family = familyOfPacket(packet);
    const protocol = family === 6 ? VRRP_PROTOCOL : packet[IPV4_PROTOCOL_OFFSET] as number;
    const entry = this.#sockets.get(socketKey(interfaceName, family, protocol));
    return entry === undefined ? `there is no interface ${interfaceName}` : entry.socket.send(packet);
  }

  refusePackets(address: string): void {
    if (!isDryRun()) this.#filter.refuse(address);
  }

  acceptPackets(address: string): void {
    if (!isDryRun()) this.#filter.accept(address);
  }

  forwardsIpv6(device: string): boolean {
    try {
      return Deno.readTextFileSync(`/proc/sys/net/ipv6/conf/${device}/forwarding`).trim() === "1";
    } catch {
      return false;
    }
  }

  sendFrame(device: string, frame: Uint8Array<ArrayBuffer>): string | undefined {
    const index = this.table.indexOf(device);
    return index === undefined ? `there is no interface ${device}` : this.#frames.send(index, frame);
  }

  close(): void {
    for (const { socket } of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#frames.close();
    this.#filter.close();
    this.#poll.close();
    this.#editor.close();
    this.routing.close();
    this.table.close();
  }
}

/** Of the protocol in an IPv4 header. */
const IPV4_PROTOCOL_OFFSET = 9;

function socketKey(interfaceName: string, family: Family, protocol: number): string {
  return `${interfaceName} ${family} ${protocol}`;
}
