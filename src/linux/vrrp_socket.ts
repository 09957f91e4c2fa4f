// The sockets of VRRP on one interface: receives protocol 112, or 51 in an Authentication Header, from the group and from peers, sends whole IPv4 packets.
import { VRRP_PROTOCOL } from "../wire/vrrp.ts";
import {
  AF_INET,
  IP_ADD_MEMBERSHIP,
  IP_HDRINCL,
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IPPROTO_IP,
  IPPROTO_RAW,
  MSG_DONTWAIT,
  SO_BINDTODEVICE,
  SO_PRIORITY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./constants.ts";
import { cInts, cString, errno, libc } from "./libc.ts";
import { sendPacket } from "./packet_send.ts";
import { check, EAGAIN, EINTR } from "./system_error.ts";

/** Room for bursts of many instances while the process waits for a CPU. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** The kernel doubles it, and counts in an int. */
const MAX_BUFFER_BYTES = 0x3fff_ffff;
/** Leaves before bulk traffic in the queue of the interface (linux/pkt_sched.h). */
export const TC_PRIO_CONTROL = 7;

/** Of the destination in an IPv4 header, and of the address in struct sockaddr_in. */
const DESTINATION_OFFSET = 16;
const ADDRESS_OFFSET = 4;

/** Sends and receives advertisements of one IP version on one interface. */
export interface AdvertisementSocket {
  readonly interfaceName: string;
  /** Readable when a packet waits. */
  readonly fd: number;
  /** Hears from now on what goes to a multicast group, of 4 or 16 bytes. @throws SystemError */
  join(group: Uint8Array): void;
  /** Makes room for packets that wait; `exact` also makes less. */
  resize(buffer: { readonly bytes: number; readonly exact: boolean } | undefined): void;
  /** Reads the next packet, with its IP header, into `buffer`. @returns its length, or -1 when none waits */
  receive(buffer: Uint8Array<ArrayBuffer>): number;
  /** Sends a packet that carries its own IP header. @returns undefined, or why it could not be sent */
  send(packet: Uint8Array<ArrayBuffer>): string | undefined;
  close(): void;
}

/** VRRP over IPv4 on one interface. */
export class VrrpSocket implements AdvertisementSocket {
  readonly interfaceName: string;
  readonly #index: number;
  readonly #receiveFd: number;
  readonly #sendFd: number;
  readonly #buffer: ReceiveBufferSize;
  readonly #joined = new Set<string>();
  readonly #destination = socketAddress();

  /** Opens; hears what goes to this host, and to groups once it has joined them. @throws SystemError, EPERM without CAP_NET_RAW */
  constructor(interfaceName: string, interfaceIndex: number, protocol: number = VRRP_PROTOCOL) {
    this.interfaceName = interfaceName;
    this.#index = interfaceIndex;
    this.#receiveFd = openRaw(AF_INET, protocol, interfaceName);
    this.#sendFd = openRaw(AF_INET, IPPROTO_RAW, interfaceName);
    const receive = (level: number, name: number, value: Uint8Array<ArrayBuffer>): void =>
      setOption(this.#receiveFd, level, name, value, `receive VRRP on ${interfaceName}`);
    const send = (level: number, name: number, value: Uint8Array<ArrayBuffer>): void =>
      setOption(this.#sendFd, level, name, value, `send VRRP on ${interfaceName}`);
    receive(IPPROTO_IP, IP_MULTICAST_ALL, cInts(0)); // only what arrives for our groups on this interface
    this.#buffer = new ReceiveBufferSize(this.#receiveFd);
    send(IPPROTO_IP, IP_HDRINCL, cInts(1));
    send(IPPROTO_IP, IP_MULTICAST_IF, membershipRequest(new Uint8Array(4), interfaceIndex));
    send(IPPROTO_IP, IP_MULTICAST_LOOP, cInts(0));
    send(SOL_SOCKET, SO_PRIORITY, cInts(TC_PRIO_CONTROL));
    send(SOL_SOCKET, SO_RCVBUF, cInts(0)); // never read from
  }

  get fd(): number {
    return this.#receiveFd;
  }

  join(group: Uint8Array): void {
    const key = group.join();
    if (this.#joined.has(key)) return;
    const request = membershipRequest(group, this.#index);
    setOption(this.#receiveFd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request, `join a group on ${this.interfaceName}`);
    this.#joined.add(key);
  }

  resize(buffer: { readonly bytes: number; readonly exact: boolean } | undefined): void {
    this.#buffer.set(buffer);
  }

  receive(buffer: Uint8Array<ArrayBuffer>): number {
    for (;;) {
      const length = libc().recv(this.#receiveFd, buffer, buffer.length, MSG_DONTWAIT);
      // An interface that went down leaves an error on the socket (ENETDOWN): it is read away like a packet.
      if (length >= 0 || errno() === EAGAIN) return length;
      if (errno() !== EINTR) return -1;
    }
  }

  send(packet: Uint8Array<ArrayBuffer>): string | undefined {
    this.#destination.set(packet.subarray(DESTINATION_OFFSET, DESTINATION_OFFSET + 4), ADDRESS_OFFSET);
    return sendPacket(this.#sendFd, packet, this.#destination);
  }

  close(): void {
    libc().close(this.#receiveFd);
    libc().close(this.#sendFd);
  }
}

/** Opens a raw socket of a family that is bound to an interface. @throws SystemError */
export function openRaw(family: number, protocol: number, interfaceName: string): number {
  const fd = check(
    libc().socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol),
    "open a raw socket for VRRP (needs CAP_NET_RAW)",
  );
  setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, cString(interfaceName), `bind a socket to ${interfaceName}`);
  return fd;
}

/** The receive buffer of a socket: room for bursts unless told otherwise, as far as the system lets us. */
export class ReceiveBufferSize {
  readonly #fd: number;
  #bytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.set(undefined);
  }

  set({ bytes, exact }: { readonly bytes: number; readonly exact: boolean } = { bytes: 0, exact: false }): void {
    const wanted = Math.min(exact ? bytes : Math.max(bytes, RECEIVE_BUFFER_BYTES), MAX_BUFFER_BYTES);
    if (wanted === this.#bytes) return;
    this.#bytes = wanted;
    libc().setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, cInts(wanted), 4);
  }
}

/** Sets an option of a socket. @throws SystemError with what was being done */
export function setOption(
  fd: number,
  level: number,
  name: number,
  value: Uint8Array<ArrayBuffer>,
  action: string,
): void {
  check(libc().setsockopt(fd, level, name, value, value.length), action);
}

/** struct ip_mreqn. */
function membershipRequest(group: Uint8Array, interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12);
  bytes.set(group);
  new DataView(bytes.buffer).setInt32(8, interfaceIndex, true);
  return bytes;
}

/** struct sockaddr_in, port 0; the address comes later. */
function socketAddress(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint16(0, AF_INET, true);
  return bytes;
}
