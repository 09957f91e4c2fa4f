// The network of this host for the VRRP engine: interfaces and addresses by rtnetlink, packets by raw sockets.
import type { AddressAssignment, NetworkInterface, NetworkPort } from "../ports/network.ts";
import { AddressEditor } from "./address_editor.ts";
import { FrameSocket } from "./frame_socket.ts";
import { InterfaceTable } from "./interface_table.ts";
import { VrrpSocket } from "./vrrp_socket.ts";

/** The real NetworkPort. */
export class LinuxNetwork implements NetworkPort {
  readonly table = new InterfaceTable();
  readonly #editor = new AddressEditor(this.table);
  readonly #frames = new FrameSocket();
  readonly #sockets = new Map<string, { socket: VrrpSocket; index: number }>();

  /**
   * Opens the VRRP sockets of an interface; again when the interface was made anew since.
   *
   * @returns the socket, or undefined while there is no such interface
   * @throws SystemError
   */
  openVrrp(interfaceName: string): VrrpSocket | undefined {
    const index = this.table.indexOf(interfaceName);
    const known = this.#sockets.get(interfaceName);
    if (known !== undefined && known.index === index) return known.socket;
    known?.socket.close();
    this.#sockets.delete(interfaceName);
    if (index === undefined) return undefined;
    const socket = new VrrpSocket(interfaceName, index);
    this.#sockets.set(interfaceName, { socket, index });
    return socket;
  }

  /** Closes the VRRP sockets of all other interfaces. */
  keepVrrp(interfaceNames: ReadonlySet<string>): void {
    for (const [name, { socket }] of this.#sockets) {
      if (interfaceNames.has(name)) continue;
      socket.close();
      this.#sockets.delete(name);
    }
  }

  interface(name: string): NetworkInterface | undefined {
    return this.table.find(name);
  }

  hasAddress(device: string, address: string): boolean {
    return this.table.hasAddress(device, address);
  }

  addAddress(assignment: AddressAssignment): void {
    this.#editor.add(assignment);
  }

  removeAddress(assignment: AddressAssignment): void {
    this.#editor.remove(assignment);
  }

  sendAdvertisement(interfaceName: string, packet: Uint8Array<ArrayBuffer>): string | undefined {
    const entry = this.#sockets.get(interfaceName);
    return entry === undefined ? `there is no interface ${interfaceName}` : entry.socket.send(packet);
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

  /** Runs the calls of a take-over without any effect, so that the first real one is not the slowest. */
  warmUp(rounds: number): void {
    this.#editor.warmUp(rounds);
    for (let round = 0; round < rounds; round++) {
      for (const { socket } of this.#sockets.values()) socket.warmUp();
      this.#frames.warmUp();
    }
  }

  close(): void {
    for (const { socket } of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#frames.close();
    this.#editor.close();
    this.table.close();
  }
}
