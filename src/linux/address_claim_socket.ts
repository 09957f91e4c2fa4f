// Hears who else on a link claims certain addresses. The kernel's filter drops all other frames before they reach us.
import { addressClaimFilter } from "../wire/address_claim.ts";
import { AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET } from "./constants.ts";
import { libc } from "./libc.ts";
import { check } from "./system_error.ts";
import { setOption } from "./vrrp_socket.ts";

const ETH_P_ALL_BE = 0x0300;
const SOCKADDR_LL_BYTES = 20;
const SO_ATTACH_FILTER = 26;
const PACKET_IGNORE_OUTGOING = 23;
const SOL_PACKET = 263;
/** struct sock_fprog: a count, and a pointer at the next multiple of 8. */
const SOCK_FPROG_BYTES = 16;

/** A packet socket on one interface. */
export class AddressClaimSocket {
  readonly interfaceName: string;
  readonly fd: number;

  /** @param addresses of 4 or 16 bytes @throws SystemError */
  constructor(interfaceName: string, interfaceIndex: number, addresses: readonly Uint8Array[]) {
    this.interfaceName = interfaceName;
    // Bound to no protocol until the filter is there, so that nothing slips through.
    this.fd = check(libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "open a packet socket");
    try {
      this.#filter(addressClaimFilter(addresses));
      const yes = new Uint8Array(new Int32Array([1]).buffer);
      setOption(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, yes, "leave out what we send ourselves");
      const address = new Uint8Array(SOCKADDR_LL_BYTES);
      const view = new DataView(address.buffer);
      view.setUint16(0, AF_PACKET, true);
      view.setUint16(2, ETH_P_ALL_BE, true);
      view.setInt32(4, interfaceIndex, true);
      check(libc().bind(this.fd, address, address.length), `hear ARP on ${interfaceName}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads the next frame. @returns its length, or -1 when none waits */
  receive(buffer: Uint8Array<ArrayBuffer>): number {
    return libc().recv(this.fd, buffer, buffer.length, MSG_DONTWAIT);
  }

  close(): void {
    libc().close(this.fd);
  }

  #filter(program: Uint8Array<ArrayBuffer>): void {
    const option = new Uint8Array(SOCK_FPROG_BYTES);
    const view = new DataView(option.buffer);
    view.setUint16(0, program.length / 8, true);
    view.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(program)), true);
    setOption(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, option, "filter frames");
  }
}
