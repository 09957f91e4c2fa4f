// Hears who else on a link claims certain addresses. The kernel hands these sockets ARP, or ICMPv6, and nothing of the traffic
// that the host forwards; its filter drops what is for other addresses.
import {
  type AddressClaim,
  arpClaimFilter,
  neighborClaimFilter,
  readArpClaim,
  readNeighborClaim,
} from "../wire/address_claim.ts";
import { AF_INET6, AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET } from "./constants.ts";
import { libc } from "./libc.ts";
import { check } from "./system_error.ts";
import { openRaw, setOption } from "./vrrp_socket.ts";

const ETH_P_ARP_BE = 0x0608;
const IPPROTO_ICMPV6 = 58;
const SOCKADDR_LL_BYTES = 20;
const SO_ATTACH_FILTER = 26;
/** struct sock_fprog: a count, and a pointer at the next multiple of 8. */
const SOCK_FPROG_BYTES = 16;

/** One socket on one interface. */
export class AddressClaimSocket {
  readonly interfaceName: string;
  readonly fd: number;
  readonly #read: (message: Uint8Array, length: number) => AddressClaim | undefined;

  /** @param addresses of 4 or of 16 bytes @throws SystemError */
  constructor(interfaceName: string, interfaceIndex: number, addresses: readonly Uint8Array[]) {
    this.interfaceName = interfaceName;
    const isArp = addresses.every(({ length }) => length === 4);
    this.#read = isArp ? readArpClaim : readNeighborClaim;
    this.fd = isArp ? openUnbound() : openRaw(AF_INET6, IPPROTO_ICMPV6, interfaceName);
    try {
      this.#filter(isArp ? arpClaimFilter(addresses) : neighborClaimFilter(addresses));
      if (isArp) this.#bindToArp(interfaceIndex);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads the next message. @returns whether there was one, and who claims what in it */
  receive(buffer: Uint8Array<ArrayBuffer>): { readonly claim: AddressClaim | undefined } | undefined {
    const length = libc().recv(this.fd, buffer, buffer.length, MSG_DONTWAIT);
    return length < 0 ? undefined : { claim: this.#read(buffer, Math.min(length, buffer.length)) };
  }

  close(): void {
    libc().close(this.fd);
  }

  #bindToArp(interfaceIndex: number): void {
    const address = new Uint8Array(SOCKADDR_LL_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, ETH_P_ARP_BE, true);
    view.setInt32(4, interfaceIndex, true);
    check(libc().bind(this.fd, address, address.length), `hear ARP on ${this.interfaceName}`);
  }

  #filter(program: Uint8Array<ArrayBuffer>): void {
    const option = new Uint8Array(SOCK_FPROG_BYTES);
    const view = new DataView(option.buffer);
    view.setUint16(0, program.length / 8, true);
    view.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(program)), true);
    setOption(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, option, "filter what is heard");
  }
}

/** Of no protocol until the filter is there, so that nothing slips through. */
function openUnbound(): number {
  return check(libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "open a packet socket");
}
