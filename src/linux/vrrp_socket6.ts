// The sockets of VRRP over IPv6 on one interface. The kernel keeps the IPv6 header of what arrives to itself and tells
// hop limit and addresses beside the message: here they are put together again, so that a packet is a packet to others.
import { IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES, writeIpv6Header } from "../wire/ipv6.ts";
import { VRRP_PROTOCOL } from "../wire/vrrp.ts";
import { AF_INET6, IPPROTO_RAW, MSG_DONTWAIT, MSG_TRUNC, SO_PRIORITY, SO_RCVBUF, SOL_SOCKET } from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { describeErrno, EAGAIN, EINTR } from "./system_error.ts";
import { type AdvertisementSocket, growReceiveBuffer, openRaw, setOption, TC_PRIO_CONTROL } from "./vrrp_socket.ts";

// linux/in6.h
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_PKTINFO = 50;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;
const IPV6_FREEBIND = 78;

const SOCKADDR_BYTES = 28;
const SOCKADDR_ADDRESS = 8;
const CONTROL_BYTES = 128;
/** struct cmsghdr: size_t length, int level, int type. */
const CMSGHDR_BYTES = 16;
const NO_DESCRIPTOR = -1;
const EMPTY = new Uint8Array(IPV6_HEADER_BYTES);

/** Any link-local address: the source that routes are looked up with, not the one in the header. */
const ROUTE_SOURCE = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** VRRP over IPv6 on one interface. */
export class VrrpSocket6 implements AdvertisementSocket {
  readonly interfaceName: string;
  readonly #index: number;
  readonly #receiveFd: number;
  readonly #sendFd: number;
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
    growReceiveBuffer(this.#receiveFd);
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

  receive(buffer: Uint8Array<ArrayBuffer>): number {
    for (;;) {
      const length = this.#message.receive(this.#receiveFd, buffer);
      if (length >= 0 || errno() === EAGAIN) return length;
      if (errno() !== EINTR) return -1;
    }
  }

  send(packet: Uint8Array<ArrayBuffer>): string | undefined {
    return this.#sendOn(this.#sendFd, packet);
  }

  warmUp(): void {
    this.#sendOn(NO_DESCRIPTOR, EMPTY);
  }

  #sendOn(fd: number, packet: Uint8Array<ArrayBuffer>): string | undefined {
    this.#destination.set(packet.subarray(IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES), SOCKADDR_ADDRESS);
    const sent = libc().sendto(fd, packet, packet.length, MSG_DONTWAIT, this.#destination, SOCKADDR_BYTES);
    return sent < 0 ? describeErrno(errno()) : undefined;
  }

  close(): void {
    libc().close(this.#receiveFd);
    libc().close(this.#sendFd);
  }
}

/** A struct msghdr with everything that it points at; used again for each message. */
class ReceivedMessage {
  readonly #header = new Uint8Array(56);
  readonly #view = new DataView(this.#header.buffer);
  readonly #source = new Uint8Array(SOCKADDR_BYTES);
  readonly #control = new Uint8Array(CONTROL_BYTES);
  readonly #controlView = new DataView(this.#control.buffer);
  readonly #vector = new Uint8Array(16); // struct iovec
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  constructor() {
    this.#point(0, this.#source);
    this.#point(16, this.#vector);
    this.#view.setBigUint64(24, 1n, true);
    this.#point(32, this.#control);
  }

  /** Reads a message into `buffer` behind an IPv6 header made of what the kernel tells. @returns the length of both, or -1 */
  receive(fd: number, buffer: Uint8Array<ArrayBuffer>): number {
    if (this.#buffer !== buffer) this.#use(buffer);
    this.#view.setUint32(8, SOCKADDR_BYTES, true);
    this.#view.setBigUint64(40, BigInt(CONTROL_BYTES), true);
    const length = libc().recvmsg(fd, this.#header, MSG_DONTWAIT);
    if (length < 0) return length;
    if ((this.#view.getUint32(48, true) & MSG_TRUNC) !== 0) return 0; // longer than any advertisement
    const { hopLimit, destination } = this.#told();
    writeIpv6Header(buffer, 0, {
      trafficClass: 0,
      payloadLengthBytes: length,
      nextHeader: VRRP_PROTOCOL,
      hopLimit,
      source: this.#source.subarray(SOCKADDR_ADDRESS, SOCKADDR_ADDRESS + 16),
      destination,
    });
    return IPV6_HEADER_BYTES + length;
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
    const view = new DataView(this.#vector.buffer);
    view.setBigUint64(0, addressOf(buffer) + BigInt(IPV6_HEADER_BYTES), true);
    view.setBigUint64(8, BigInt(buffer.length - IPV6_HEADER_BYTES), true);
  }

  /** Hop limit and destination from the control messages; what the kernel does not tell is 0 and no packet of ours. */
  #told(): { hopLimit: number; destination: Uint8Array } {
    let hopLimit = 0;
    let destination = new Uint8Array(16);
    const end = Math.min(Number(this.#view.getBigUint64(40, true)), CONTROL_BYTES);
    for (let at = 0; at + CMSGHDR_BYTES <= end;) {
      const length = Number(this.#controlView.getBigUint64(at, true));
      if (length < CMSGHDR_BYTES || at + length > end) break;
      const isIpv6 = this.#controlView.getInt32(at + 8, true) === IPPROTO_IPV6;
      const type = this.#controlView.getInt32(at + 12, true);
      const data = at + CMSGHDR_BYTES;
      if (isIpv6 && type === IPV6_HOPLIMIT) hopLimit = this.#controlView.getInt32(data, true) & 0xff;
      if (isIpv6 && type === IPV6_PKTINFO) destination = this.#control.subarray(data, data + 16);
      at += (length + 7) & ~7;
    }
    return { hopLimit, destination };
  }

  #point(offset: number, target: Uint8Array<ArrayBuffer>): void {
    this.#view.setBigUint64(offset, addressOf(target), true);
  }
}

/** Where the bytes are in memory; arrays are not moved while they live. */
function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/** struct sockaddr_in6 of this interface; the address comes later. */
function socketAddress(interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint32(24, interfaceIndex, true);
  return bytes;
}
