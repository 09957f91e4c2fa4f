// UDP sockets of BFD: one that hears for all sessions of an IP version and port, and one for each session that sends (RFC
// 5881 section 4, RFC 5883 section 5).
import { type Family, familyOf } from "../base/ip.ts";
import type { BfdArrival, BfdNetwork, BfdPath, BfdSender } from "../ports/bfd.ts";
import { BFD_LOWEST_SOURCE_PORT, BFD_MULTIHOP_PORT, BFD_PORT } from "../wire/bfd.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  MSG_DONTWAIT,
  SO_PRIORITY,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { emptySockaddr, toSockaddr } from "./raw_socket/sockaddr.ts";
import { ReceivedMessage } from "./received_message.ts";
import { check, describeErrno, EINTR, SystemError } from "./system_error.ts";
import { setOption, TC_PRIO_CONTROL } from "./vrrp_socket.ts";

// linux/in.h, linux/in6.h
const IP_TOS = 1;
const IP_TTL = 2;
const IP_PKTINFO = 8;
const IP_RECVTTL = 12;
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_TCLASS = 67;

const EINVAL = 22;
const EADDRINUSE = 98;
/** Network control, as routing protocols and VRRP. */
const CLASS_CONTROL = 0xc0;
/** Ports that are tried before it is given up for now. */
const MAX_PORTS = 64;
const LAST_PORT = 65_535;

/** Where packets are heard. */
export interface BfdEndpoint {
  readonly family: Family;
  readonly multihop: boolean;
}

/** Hears what comes to our port. */
export class BfdListener {
  readonly fd: number;
  readonly #endpoint: BfdEndpoint;
  readonly #message = new ReceivedMessage();

  /** @throws SystemError EADDRINUSE when another BFD runs on this host */
  constructor(endpoint: BfdEndpoint) {
    this.#endpoint = endpoint;
    const { family, multihop } = endpoint;
    const port = portOf(multihop);
    this.fd = openUdp(family);
    try {
      const set = (level: number, name: number): void =>
        setOption(this.fd, level, name, cInts(1), `hear BFD on port ${port}`);
      if (family === 6) {
        for (const name of [IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT]) set(IPPROTO_IPV6, name);
      } else for (const name of [IP_PKTINFO, IP_RECVTTL]) set(IPPROTO_IP, name);
      const address = anyAddress(family);
      putPort(address, port);
      check(libc().bind(this.fd, address, address.length), `listen on UDP port ${port}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * The next datagram; an error that waits on the socket is read away like an empty one.
   *
   * @returns its length, or undefined when none waits
   */
  receive(buffer: Uint8Array<ArrayBuffer>): number | undefined {
    const length = this.#message.receive(this.fd, buffer);
    return length >= 0 ? length : errno() === EINTR ? 0 : undefined;
  }

  /** How the last datagram arrived; the addresses are valid until the next. */
  get arrival(): BfdArrival {
    const { source, destination, hopLimit: ttl } = this.#message;
    return { ...this.#endpoint, source, destination, ttl };
  }

  close(): void {
    libc().close(this.fd);
  }
}

/** The real BfdNetwork. */
export class LinuxBfdNetwork implements BfdNetwork {
  open(path: BfdPath): BfdSender {
    return new SessionSocket(path);
  }
}

class SessionSocket implements BfdSender {
  readonly #path: BfdPath;
  readonly #destination: Uint8Array<ArrayBuffer> | undefined;
  #fd = -1;

  constructor(path: BfdPath) {
    this.#path = path;
    this.#destination = toSockaddr(familyNumber(familyOf(path.neighbor)), path.neighbor);
    if (this.#destination !== undefined) putPort(this.#destination, portOf(path.multihop));
  }

  send(packet: Uint8Array<ArrayBuffer>): string | undefined {
    if (this.#destination === undefined) return describeErrno(EINVAL);
    try {
      if (this.#fd < 0) this.#fd = openSession(this.#path);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const to = this.#destination;
    const sent = libc().sendto(this.#fd, packet, packet.length, MSG_DONTWAIT, to, to.length);
    if (sent >= 0) return undefined;
    const failure = describeErrno(errno());
    this.close(); // its address may have gone: the next one is bound again
    return failure;
  }

  close(): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }
}

/** @throws SystemError */
function openSession({ neighbor, source, ttl }: BfdPath): number {
  const family = familyOf(neighbor);
  const fd = openUdp(family);
  try {
    const set = (level: number, name: number, value: number): void =>
      setOption(fd, level, name, cInts(value), `send BFD to ${neighbor}`);
    if (family === 6) {
      set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
      set(IPPROTO_IPV6, IPV6_TCLASS, CLASS_CONTROL);
    } else {
      set(IPPROTO_IP, IP_TTL, ttl);
      set(IPPROTO_IP, IP_TOS, CLASS_CONTROL);
    }
    set(SOL_SOCKET, SO_PRIORITY, TC_PRIO_CONTROL);
    set(SOL_SOCKET, SO_RCVBUF, 0); // never read from
    bindSource(fd, family, source);
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

/** To any free port of the range. @throws SystemError */
function bindSource(fd: number, family: Family, source: string | undefined): void {
  const address = source === undefined ? anyAddress(family) : toSockaddr(familyNumber(family), source);
  if (address === undefined) throw new SystemError(`use the address ${source}`, EINVAL);
  const first = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
  const range = LAST_PORT - BFD_LOWEST_SOURCE_PORT + 1;
  for (let tried = 0; tried < MAX_PORTS; tried++) {
    putPort(address, BFD_LOWEST_SOURCE_PORT + (first + tried) % range);
    if (libc().bind(fd, address, address.length) === 0) return;
    if (errno() !== EADDRINUSE) break;
  }
  throw new SystemError(`bind to ${source ?? "any address"}`, errno());
}

function openUdp(family: Family): number {
  return check(
    libc().socket(familyNumber(family), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    "open a socket for BFD",
  );
}

function portOf(multihop: boolean): number {
  return multihop ? BFD_MULTIHOP_PORT : BFD_PORT;
}

function familyNumber(family: Family): number {
  return family === 6 ? AF_INET6 : AF_INET;
}

function anyAddress(family: Family): Uint8Array<ArrayBuffer> {
  const address = emptySockaddr(familyNumber(family));
  new Uint16Array(address.buffer, 0, 1)[0] = familyNumber(family); // host order
  return address;
}

function putPort(address: Uint8Array<ArrayBuffer>, port: number): void {
  new DataView(address.buffer).setUint16(2, port); // network order
}
