// SOCK_SEQPACKET connections between processes of one network namespace, by abstract names, with the peer's identity from
// the kernel. What travels on them is for seqpacket.ts.
import { AF_UNIX, SO_PEERCRED, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET, SOL_SOCKET } from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { check, EAGAIN, EINTR, SystemError } from "./system_error.ts";

const ECONNABORTED = 103;
const ECONNREFUSED = 111;
/** Connections that wait to be accepted. */
const BACKLOG = 8;

/** Who is at the other end, as the kernel knew at connect (of a client) or listen (of a server). */
export interface PeerIdentity {
  readonly processId: number;
  readonly userId: number;
}

/** struct sockaddr_un of an abstract name: unix(7). Such names are per network namespace and vanish with their socket. */
export function abstractAddress(name: string): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(3 + name.length); // sun_family, then a zero byte that makes the name abstract
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  new TextEncoder().encodeInto(name, address.subarray(3));
  return address;
}

/** Listens, without blocking. @returns the descriptor @throws SystemError, EADDRINUSE when another process has the name */
export function listenAbstract(name: string): number {
  const fd = open();
  const address = abstractAddress(name);
  try {
    check(libc().bind(fd, address, address.length), `listen on @${name}`);
    check(libc().listen(fd, BACKLOG), `listen on @${name}`);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return fd;
}

/** The next client, as a non-blocking descriptor; undefined when none waits. @throws SystemError */
export function acceptClient(listener: number): number | undefined {
  const fd = libc().accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return fd;
  if (errno() === EAGAIN || errno() === EINTR || errno() === ECONNABORTED) return undefined;
  throw new SystemError("accept a client", errno());
}

/** Connects, which does not wait. @returns the descriptor, or undefined when nobody listens @throws SystemError */
export function connectAbstract(name: string): number | undefined {
  const fd = open();
  const address = abstractAddress(name);
  if (libc().connect(fd, address, address.length) === 0) return fd;
  const refused = errno();
  libc().close(fd);
  if (refused === ECONNREFUSED) return undefined;
  throw new SystemError(`connect to @${name}`, refused);
}

/** Who is at the other end of a connection: SO_PEERCRED. @throws SystemError */
export function peerIdentity(fd: number): PeerIdentity {
  const credentials = new Int32Array(3); // struct ucred: pid, uid, gid
  const bytes = new Uint8Array(credentials.buffer);
  check(libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, bytes, cInts(bytes.length)), "ask who is connected");
  const [processId = 0, userId = -1] = credentials;
  return { processId, userId: userId >>> 0 };
}

function open(): number {
  return check(libc().socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "open a local socket");
}
