// The sockets of VRRP over IPv6 on one interface. The kernel keeps the IPv6 header of what arrives to itself and tells
// hop limit and addresses beside the message: here they are put together again, so that a packet is a packet to others.
import { IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES, writeIpv6Header } from "../wire/ipv6.ts";
import { VRRP_PROTOCOL } from "../wire/vrrp.ts";
import { AF_INET6, IPPROTO_RAW, SO_PRIORITY, SO_RCVBUF, SOL_SOCKET } from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { ReceivedMessage } from "./received_message.ts";
import { sendPacket } from "./packet_send.ts";
import { EAGAIN, EINTR } from "./system_error.ts";
import { type AdvertisementSocket, openRaw, ReceiveBufferSize, setOption, TC_PRIO_CONTROL } from "./vrrp_socket.ts";

// linux/in6.h
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_FREEBIND = 78;

const SOCKADDR_BYTES = 28;
const SOCKADDR_ADDRESS = 8;

/** Any link-local address: the source that routes are looked up with, not the one in the header. */
const ROUTE_SOURCE = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** VRRP over IPv6 on one interface. */
export class VrrpSocket6 implements AdvertisementSocket {
  readonly interfaceName: string;
  readonly #index: number;
  readonly #receiveFd: number;
  readonly #sendFd: number;
  readonly #buffer: ReceiveBufferSize;
  readonly #joined = new Set<string>();
  readonly #destination: Uint8Array<ArrayBuffer>;
  readonly #message: ReceivedMessage;

  /** Opens; hears what goes to this host, and to groups once it has joined them. @throws SystemError, EPERM without CAP_NET_RAW */
  constructor(interfaceName: string, interfaceIndex: number) {
    this.interfaceName = interfaceName;
    this.#index = interfaceIndex;
    this.#destination = socketAddress(interfaceIndex);
    this.#message = new ReceivedMessage();
    this.#receiveFd = openRaw(AF_INET6, VRRP_PROTOCOL, interfaceName);
    this.#sendFd = openRaw(AF_INET6, IPPROTO_RAW, interfaceName); // carries its own header
    const receive = (name: number): void =>
      setOption(this.#receiveFd, IPPROTO_IPV6, name, cInts(1), `receive VRRP over IPv6 on ${interfaceName}`);
    const send = (level: number, name: number, value: number): void =>
      setOption(this.#sendFd, level, name, cInts(value), `send VRRP over IPv6 on ${interfaceName}`);
    receive(IPV6_RECVPKTINFO);
    receive(IPV6_RECVHOPLIMIT);
    // Kernels before 4.20 do not know it: they hand over other groups of this host, too, which are refused later.
    libc().setsockopt(this.#receiveFd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, cInts(0), 4);
    this.#buffer = new ReceiveBufferSize(this.#receiveFd);
    send(IPPROTO_IPV6, IPV6_MULTICAST_IF, interfaceIndex);
    send(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
    send(SOL_SOCKET, SO_PRIORITY, TC_PRIO_CONTROL);
    send(SOL_SOCKET, SO_RCVBUF, 0); // never read from
    // The link of a VMAC has no address before the first advertisement, and the kernel insists on a source (EADDRNOTAVAIL).
    if (libc().setsockopt(this.#sendFd, IPPROTO_IPV6, IPV6_FREEBIND, cInts(1), 4) === 0) {
      const source = socketAddress(interfaceIndex);
      source.set(ROUTE_SOURCE, SOCKADDR_ADDRESS);
      libc().bind(this.#sendFd, source, SOCKADDR_BYTES);
    }
  }

  get fd(): number {
    return this.#receiveFd;
  }

  join(group: Uint8Array): void {
    const key = group.join();
    if (this.#joined.has(key)) return;
    const request = new Uint8Array(20); // struct ipv6_mreq
    request.set(group);
    new DataView(request.buffer).setInt32(16, this.#index, true);
    setOption(this.#receiveFd, IPPROTO_IPV6, IPV6_JOIN_GROUP, request, `join a group on ${this.interfaceName}`);
    this.#joined.add(key);
  }

  resize(buffer: { readonly bytes: number; readonly exact: boolean } | undefined): void {
    this.#buffer.set(buffer);
  }

  receive(buffer: Uint8Array<ArrayBuffer>): number {
    for (;;) {
      const length = this.#message.receive(this.#receiveFd, buffer, IPV6_HEADER_BYTES);
      if (length > 0) return IPV6_HEADER_BYTES + this.#writeHeader(buffer, length);
      if (length === 0 || errno() === EAGAIN) return length; // 0: longer than any advertisement
      if (errno() !== EINTR) return -1;
    }
  }

  /** An IPv6 header made of what the kernel tells; what it does not tell is 0 and no packet of ours. */
  #writeHeader(buffer: Uint8Array<ArrayBuffer>, length: number): number {
    const { source, destination, hopLimit = 0 } = this.#message;
    writeIpv6Header(buffer, 0, {
      trafficClass: 0,
      payloadLengthBytes: length,
      nextHeader: VRRP_PROTOCOL,
      hopLimit,
      source,
      destination,
    });
    return length;
  }

  send(packet: Uint8Array<ArrayBuffer>): string | undefined {
    this.#destination.set(packet.subarray(IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES), SOCKADDR_ADDRESS);
    return sendPacket(this.#sendFd, packet, this.#destination);
  }

  close(): void {
    libc().close(this.#receiveFd);
    libc().close(this.#sendFd);
  }
}

/** struct sockaddr_in6 of this interface; the address comes later. */
function socketAddress(interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint32(24, interfaceIndex, true);
  return bytes;
}
