// The sockets of VRRP on one interface: receives protocol 112 from the group and from peers, sends whole IPv4 packets.
import { VRRP_GROUP, VRRP_PROTOCOL } from "../wire/vrrp.ts";
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
import { check, describeErrno, EAGAIN, EINTR } from "./system_error.ts";

/** Room for bursts of many instances while the process waits for a CPU. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** TC_PRIO_CONTROL: leaves before bulk traffic in the queue of the interface. */
const TC_PRIO_CONTROL = 7;

/** Of the destination in an IPv4 header, and of the address in struct sockaddr_in. */
const DESTINATION_OFFSET = 16;
const ADDRESS_OFFSET = 4;

const NO_DESCRIPTOR = -1;
const EMPTY = new Uint8Array(0);

/** VRRP over IPv4 on one interface. */
export class VrrpSocket {
  readonly interfaceName: string;
  readonly #receiveFd: number;
  readonly #sendFd: number;
  readonly #destination = socketAddress(VRRP_GROUP);

  /** Joins the group. @throws SystemError, EPERM without CAP_NET_RAW */
  constructor(interfaceName: string, interfaceIndex: number) {
    this.interfaceName = interfaceName;
    const membership = membershipRequest(interfaceIndex);
    this.#receiveFd = open(VRRP_PROTOCOL, interfaceName);
    this.#sendFd = open(IPPROTO_RAW, interfaceName);
    const receive = (level: number, name: number, value: Uint8Array<ArrayBuffer>): void =>
      setOption(this.#receiveFd, level, name, value, `receive VRRP on ${interfaceName}`);
    const send = (level: number, name: number, value: Uint8Array<ArrayBuffer>): void =>
      setOption(this.#sendFd, level, name, value, `send VRRP on ${interfaceName}`);
    receive(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
    receive(IPPROTO_IP, IP_MULTICAST_ALL, cInts(0)); // only what arrives for the group on this interface
    libc().setsockopt(this.#receiveFd, SOL_SOCKET, SO_RCVBUFFORCE, cInts(RECEIVE_BUFFER_BYTES), 4);
    send(IPPROTO_IP, IP_HDRINCL, cInts(1));
    send(IPPROTO_IP, IP_MULTICAST_IF, membership);
    send(IPPROTO_IP, IP_MULTICAST_LOOP, cInts(0));
    send(SOL_SOCKET, SO_PRIORITY, cInts(TC_PRIO_CONTROL));
    send(SOL_SOCKET, SO_RCVBUF, cInts(0)); // never read from
  }

  /** Readable when a packet waits. */
  get fd(): number {
    return this.#receiveFd;
  }

  /** Reads the next packet, with its IPv4 header, into `buffer`. @returns its length, or -1 when none waits */
  receive(buffer: Uint8Array<ArrayBuffer>): number {
    for (;;) {
      const length = libc().recv(this.#receiveFd, buffer, buffer.length, MSG_DONTWAIT);
      // An interface that went down leaves an error on the socket (ENETDOWN): it is read away like a packet.
      if (length >= 0 || errno() === EAGAIN) return length;
      if (errno() !== EINTR) return -1;
    }
  }

  /** Sends a packet that carries its own IPv4 header. @returns undefined, or why it could not be sent */
  send(packet: Uint8Array<ArrayBuffer>): string | undefined {
    return this.#sendOn(this.#sendFd, packet);
  }

  /** Sends nothing, by the same way: the kernel refuses the descriptor. */
  warmUp(): void {
    this.#sendOn(NO_DESCRIPTOR, EMPTY);
  }

  #sendOn(fd: number, packet: Uint8Array<ArrayBuffer>): string | undefined {
    this.#destination.set(packet.subarray(DESTINATION_OFFSET, DESTINATION_OFFSET + 4), ADDRESS_OFFSET);
    const sent = libc().sendto(fd, packet, packet.length, MSG_DONTWAIT, this.#destination, 16);
    return sent < 0 ? describeErrno(errno()) : undefined;
  }

  close(): void {
    libc().close(this.#receiveFd);
    libc().close(this.#sendFd);
  }
}

function open(protocol: number, interfaceName: string): number {
  const fd = check(
    libc().socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol),
    "open a raw socket for VRRP (needs CAP_NET_RAW)",
  );
  setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, cString(interfaceName), `bind a socket to ${interfaceName}`);
  return fd;
}

function setOption(fd: number, level: number, name: number, value: Uint8Array<ArrayBuffer>, action: string): void {
  check(libc().setsockopt(fd, level, name, value, value.length), action);
}

/** struct ip_mreqn. */
function membershipRequest(interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12);
  bytes.set(VRRP_GROUP);
  new DataView(bytes.buffer).setInt32(8, interfaceIndex, true);
  return bytes;
}

/** struct sockaddr_in, port 0. */
function socketAddress(address: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint16(0, AF_INET, true);
  bytes.set(address, 4);
  return bytes;
}
