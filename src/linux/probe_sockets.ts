// The sockets of health probes: non-blocking, on a reactor, from a chosen source. What Deno.connect cannot do.
import type { ProbeSource } from "../ports/probes.ts";
import type { DatagramSocket, EchoSocket, Reached, SocketPort, SocketTarget, StreamSocket } from "../ports/sockets.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./constants.ts";
import { Attempts } from "./attempts.ts";
import { openEchoSocket } from "./icmp_socket.ts";
import { cInts, cString, errno, libc } from "./libc.ts";
import { type Reactor, sharedReactor } from "./reactor.ts";
import { emptySockaddr, toSockaddr } from "./raw_socket/sockaddr.ts";
import { connectStream } from "./stream_socket.ts";
import { check, SystemError } from "./system_error.ts";
import { PeerSocket } from "./peer_socket.ts";

const SOCK_STREAM = 1;
const EINVAL = 22;
const EINPROGRESS = 115;
// asm-generic/socket.h
const SO_REUSEADDR = 2;
const SO_LINGER = 13;
const SO_MARK = 36;
const IPPROTO_IPV6 = 41;
/** linux/in.h, linux/in6.h: ICMP errors that could pass, such as an unreachable host, are told of, too. */
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
/** linux/in.h: bind the address now, choose the port at connect, so that ports are not used up. */
const IP_BIND_ADDRESS_NO_PORT = 24;

/** The real SocketPort. Needs CAP_NET_RAW for an interface and CAP_NET_ADMIN for `fwmark`. */
export class ProbeSockets implements SocketPort {
  readonly #reactor: () => Reactor;
  readonly #attempts: Attempts;

  /** Opens nothing yet. @param reactor where the sockets are watched; the shared one of the process if not given */
  constructor(reactor?: Reactor) {
    this.#reactor = (): Reactor => reactor ?? sharedReactor();
    this.#attempts = new Attempts(this.#reactor);
  }

  /** See `SocketPort`. */
  async connect(target: SocketTarget & { readonly port: number }, signal: AbortSignal): Promise<StreamSocket> {
    const fd = openSocket(target, SOCK_STREAM, 0);
    try {
      connectTo(fd, target);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
    return await connectStream(this.#reactor(), fd, signal);
  }

  /** See `SocketPort`. */
  reach(
    target: SocketTarget & { readonly port: number; readonly timeoutMs: number },
    end: (how: Reached) => void,
  ): () => void {
    try {
      const fd = openSocket(target, SOCK_STREAM, 0);
      try {
        connectTo(fd, target);
        return this.#attempts.watch(fd, target.timeoutMs, end);
      } catch (error) {
        libc().close(fd);
        throw error;
      }
    } catch (error) {
      let isOver = false;
      const once = (how: Reached): void => {
        if (!isOver) end(how);
        isOver = true;
      };
      queueMicrotask(() => once(error instanceof Error ? error : new Error(String(error))));
      return () => once("aborted");
    }
  }

  /** See `SocketPort`. */
  openUdp(target: SocketTarget & { readonly port: number }): DatagramSocket {
    const fd = openSocket(target, SOCK_DGRAM, 0);
    try {
      connectTo(fd, target);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
    return new PeerSocket(this.#reactor(), fd);
  }

  /** See `SocketPort`. */
  openEcho(target: SocketTarget): EchoSocket {
    return openEchoSocket(this.#reactor(), familyNumber(target.address), (type, protocol) => {
      const fd = openSocket(target, type, protocol);
      try {
        connectTo(fd, { ...target, port: 0 });
      } catch (error) {
        libc().close(fd);
        throw error;
      }
      return fd;
    });
  }
}

/** AF_INET or AF_INET6 of an address text. */
function familyNumber(address: string): number {
  return address.includes(":") ? AF_INET6 : AF_INET;
}

/** Opens a socket bound to the source. @throws SystemError */
function openSocket({ address, source }: SocketTarget, type: number, protocol: number): number {
  const family = familyNumber(address);
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check(libc().socket(family, type | flags, protocol), "open a socket for a probe");
  try {
    if (type !== SOCK_STREAM) hearErrors(fd, family);
    if (source !== undefined) bindSource(fd, family, type, source);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return fd;
}

/** A datagram socket hears only of refusals otherwise, and UDP_CHECK takes silence for success. */
function hearErrors(fd: number, family: number): void {
  const [level, name] = family === AF_INET ? [IPPROTO_IP, IP_RECVERR] : [IPPROTO_IPV6, IPV6_RECVERR];
  check(libc().setsockopt(fd, level, name, cInts(1), 4), "hear ICMP errors");
}

function bindSource(fd: number, family: number, type: number, source: ProbeSource): void {
  const { address, port = 0, interface: interfaceName, fwmark = 0 } = source;
  const set = (level: number, name: number, value: Uint8Array<ArrayBuffer>, action: string): void =>
    void check(libc().setsockopt(fd, level, name, value, value.length), action);
  if (fwmark !== 0) set(SOL_SOCKET, SO_MARK, cInts(fwmark | 0), `mark packets with ${fwmark}`);
  if (interfaceName !== undefined) {
    set(SOL_SOCKET, SO_BINDTODEVICE, cString(interfaceName), `bind a probe to ${interfaceName}`);
  }
  if (address === undefined && port === 0) return;
  if (port !== 0) {
    set(SOL_SOCKET, SO_REUSEADDR, cInts(1), "use a source port again");
    // A port that waits two minutes after every check could not be used for the next.
    if (type === SOCK_STREAM) set(SOL_SOCKET, SO_LINGER, cInts(1, 0), "end with a reset");
  } else if (type === SOCK_STREAM) {
    set(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, cInts(1), "leave the source port to connect");
  }
  const sockaddr = address === undefined ? anyAddress(family) : socketAddress(family, address);
  putPort(sockaddr, port);
  const text = `${address ?? "any address"}${port === 0 ? "" : ` port ${port}`}`;
  check(libc().bind(fd, sockaddr, sockaddr.length), `bind a probe to ${text}`);
}

/** Starts to connect. @throws SystemError when it fails at once */
function connectTo(fd: number, target: { readonly address: string; readonly port: number }): void {
  const sockaddr = socketAddress(familyNumber(target.address), target.address);
  putPort(sockaddr, target.port);
  if (libc().connect(fd, sockaddr, sockaddr.length) === 0) return;
  const refused = errno();
  if (refused !== EINPROGRESS) throw new SystemError(`connect to ${target.address}`, refused);
}

function socketAddress(family: number, text: string): Uint8Array<ArrayBuffer> {
  const sockaddr = toSockaddr(family, text);
  if (sockaddr === undefined) throw new SystemError(`use the address ${text}`, EINVAL);
  return sockaddr;
}

function anyAddress(family: number): Uint8Array<ArrayBuffer> {
  const sockaddr = emptySockaddr(family);
  new Uint16Array(sockaddr.buffer, 0, 1)[0] = family; // host order
  return sockaddr;
}

function putPort(sockaddr: Uint8Array<ArrayBuffer>, port: number): void {
  new DataView(sockaddr.buffer).setUint16(2, port); // network order
}
