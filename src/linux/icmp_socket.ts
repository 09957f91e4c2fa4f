// Echo sockets for PING_CHECK: the kernel's ping sockets where this user may have them, else raw ICMP.
import { IPV4_HEADER_BYTES } from "../wire/ipv4.ts";
import type { EchoSocket } from "../ports/sockets.ts";
import { AF_INET, IPPROTO_ICMP, SOCK_DGRAM, SOCK_RAW } from "./constants.ts";
import { cInts, libc } from "./libc.ts";
import { PeerSocket } from "./peer_socket.ts";
import type { Reactor } from "./reactor.ts";
import { emptySockaddr } from "./raw_socket/sockaddr.ts";
import { check, SystemError } from "./system_error.ts";

const IPPROTO_ICMPV6 = 58;
// linux/icmp.h, linux/icmpv6.h: filters by type; a set bit keeps a type out.
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;
const ICMP_ECHO_REPLY = 0;
const ICMPV6_ECHO_REPLY = 129;

/** The user is outside ping_group_range, or the kernel has no ping sockets. */
const NO_PING_SOCKETS: readonly string[] = ["EACCES", "EPROTONOSUPPORT"];

let nextIdentifier = Math.floor(Math.random() * 0x10000);

/**
 * Opens an echo socket. A ping socket (SOCK_DGRAM, allowed by net.ipv4.ping_group_range, which covers IPv6 too) needs no
 * capability and gets its own replies only; its identifier is the kernel's choice. A raw one needs CAP_NET_RAW.
 *
 * @param connected opens a socket of a type and protocol, connected to the peer
 * @throws SystemError
 */
export function openEchoSocket(
  reactor: Reactor,
  family: number,
  connected: (type: number, protocol: number) => number,
): EchoSocket {
  const protocol = family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  try {
    return pingSocket(reactor, family, connected(SOCK_DGRAM, protocol));
  } catch (error) {
    if (!(error instanceof SystemError && NO_PING_SOCKETS.includes(error.code))) throw error;
    return rawSocket(reactor, family, connected(SOCK_RAW, protocol));
  }
}

function pingSocket(reactor: Reactor, family: number, fd: number): EchoSocket {
  const own = emptySockaddr(family);
  check(libc().getsockname(fd, own, cInts(own.length)), "ask for the identifier of a ping socket");
  const socket = new PeerSocket(reactor, fd);
  return {
    identifier: new DataView(own.buffer).getUint16(2), // where other sockets have their port
    send: (message) => socket.send(message),
    receive: () => socket.receive(),
    close: () => socket.close(),
  };
}

/** The kernel hands a raw socket every echo reply of the peer; the identifier tells whose it is. */
function rawSocket(reactor: Reactor, family: number, fd: number): EchoSocket {
  if (family === AF_INET) {
    libc().setsockopt(fd, SOL_RAW, ICMP_FILTER, cInts(~(1 << ICMP_ECHO_REPLY)), 4);
  } else {
    const keepOut = new Int32Array(8).fill(-1);
    keepOut[ICMPV6_ECHO_REPLY >> 5] = ~(1 << (ICMPV6_ECHO_REPLY & 31));
    libc().setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, new Uint8Array(keepOut.buffer), 32);
  }
  const socket = new PeerSocket(reactor, fd);
  nextIdentifier = (nextIdentifier + 1) & 0xffff;
  return {
    identifier: nextIdentifier,
    send: (message) => socket.send(message),
    receive: async () => {
      const packet = await socket.receive();
      return family === AF_INET ? withoutIpv4Header(packet) : packet;
    },
    close: () => socket.close(),
  };
}

function withoutIpv4Header(packet: Uint8Array): Uint8Array {
  const length = ((packet[0] ?? 0) & 0x0f) * 4;
  return packet.subarray(Math.max(length, IPV4_HEADER_BYTES));
}
