// A netlink socket: requests with their acknowledgements, dumps, and notifications for monitors. Knows no family's messages.
import {
  netlinkErrno,
  type NetlinkMessage,
  netlinkMessages,
  type NetlinkWriter,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
} from "../wire/netlink.ts";
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { check, EAGAIN, EINTR, SystemError } from "./system_error.ts";

/** Protocol of AF_NETLINK for links, addresses and routes (linux/netlink.h). */
export const NETLINK_ROUTE = 0;
/** Protocol of AF_NETLINK for the kernel's connector. */
export const NETLINK_CONNECTOR = 11;
/** Protocol of AF_NETLINK whose families are numbered at run time. */
export const NETLINK_GENERIC = 16;

/** The kernel dropped messages because our receive buffer was full: what was in them is lost. */
export const ENOBUFS = 105;
const EMSGSIZE = 90;
const ETIMEDOUT = 110;

/** Room in the kernel for what waits to be sent or read; the default of 208 KiB holds fewer than 300 acknowledgements. */
const SOCKET_BUFFER_BYTES = 4 << 20;
/** The kernel fills at most 32 KiB per datagram of a dump. */
const RECEIVE_BYTES = 64 << 10;
/** The kernel answers while it handles `send`; waiting this long means that no answer will come. */
const ANSWER_TIMEOUT_SECONDS = 5;
const SOCKADDR_NL_BYTES = 12;
const LAST_SEQUENCE = 0xffffffff;

/**
 * One netlink socket. Requests and notifications do not mix: a socket that joined groups is for `receive` only.
 *
 * After a SystemError from `transact` or `dump` an answer may still be under way and a dump unfinished (which refuses
 * the next one with EBUSY), unless the kernel itself refused the dump: close the socket and open another.
 */
export class NetlinkSocket {
  #fd: number;
  #sequence = 0;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES);

  /**
   * Opens the socket.
   *
   * @param protocol NETLINK_ROUTE or NETLINK_GENERIC
   * @param options `groups`: mask of multicast groups to join; `nonBlocking`: for a socket that epoll watches
   * @throws SystemError
   */
  constructor(protocol: number, options: { groups?: number; nonBlocking?: boolean } = {}) {
    const type = SOCK_RAW | SOCK_CLOEXEC | (options.nonBlocking ? SOCK_NONBLOCK : 0);
    this.#fd = check(libc().socket(AF_NETLINK, type, protocol), "open a netlink socket");
    try {
      this.#resize(SO_RCVBUFFORCE, SO_RCVBUF);
      this.#resize(SO_SNDBUFFORCE, SO_SNDBUF);
      const timeout = new Uint8Array(new BigInt64Array([BigInt(ANSWER_TIMEOUT_SECONDS), 0n]).buffer); // struct timeval
      check(
        libc().setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length),
        "set the receive timeout of a netlink socket",
      );
      const address = new Uint8Array(SOCKADDR_NL_BYTES);
      const view = new DataView(address.buffer);
      view.setUint16(0, AF_NETLINK, true);
      view.setUint32(8, options.groups ?? 0, true);
      check(libc().bind(this.#fd, address, address.length), "bind a netlink socket");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The descriptor, to be watched by epoll; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /** The next nlmsg_seq: 1, 2, ... of this socket. */
  nextSequence(): number {
    this.#sequence = this.#sequence >= LAST_SEQUENCE ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /**
   * Sends the writer's messages at once and waits for the acknowledgement or error of the one numbered `lastSequence`,
   * which must carry NLM_F_ACK. Sequences ascend from the first message to the last.
   *
   * @param onError for each message that the kernel refused, in order, with a positive errno
   * @throws SystemError ENOBUFS when answers were lost: the kernel carried out every message all the same
   * @throws SystemError EMSGSIZE when the messages are larger than the send buffer: nothing was carried out
   */
  transact(writer: NetlinkWriter, lastSequence: number, onError: (sequence: number, errno: number) => void): void {
    const firstSequence = new DataView(writer.bytes.buffer).getUint32(8, true);
    this.#send(writer);
    for (let answered = false; !answered;) {
      for (const message of netlinkMessages(this.#waitForDatagram())) {
        if (message.type === NLMSG_OVERRUN) throw new SystemError("read a netlink answer", ENOBUFS);
        if (message.type !== NLMSG_ERROR) continue;
        if (message.sequence < firstSequence || message.sequence > lastSequence) continue; // to an earlier request
        const refused = netlinkErrno(message.body);
        if (refused !== 0) onError(message.sequence, refused);
        if (message.sequence === lastSequence) answered = true;
      }
    }
  }

  /**
   * Sends one request and hands every message that answers it to `onMessage`, until NLMSG_DONE or, for a request
   * with NLM_F_ACK instead of NLM_F_DUMP, the acknowledgement. When `onMessage` throws, the rest is read, then it is
   * thrown on.
   *
   * @returns true when the kernel's table changed meanwhile, so that entries may be missing (NLM_F_DUMP_INTR)
   * @throws SystemError with the errno of the kernel's answer
   */
  dump(writer: NetlinkWriter, sequence: number, onMessage: (message: NetlinkMessage) => void): boolean {
    this.#send(writer);
    let interrupted = false;
    let failure: { error: unknown } | undefined;
    for (let answered = false; !answered;) {
      for (const message of netlinkMessages(this.#waitForDatagram())) {
        if (message.type === NLMSG_OVERRUN) throw new SystemError("read a netlink answer", ENOBUFS);
        if (message.sequence !== sequence) continue; // to an earlier request
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          const refused = netlinkErrno(message.body);
          if (refused !== 0) failure ??= { error: new SystemError("carry out a netlink request", refused) };
          answered = true;
        } else if (failure === undefined) {
          try {
            onMessage(message);
          } catch (error) {
            failure = { error };
          }
        }
      }
    }
    if (failure !== undefined) throw failure.error;
    return interrupted;
  }

  /** Sends the writer's messages; what is answered comes by `receive`. @throws SystemError */
  post(writer: NetlinkWriter): void {
    this.#send(writer);
  }

  /**
   * The next datagram, or undefined when none waits. Never blocks.
   *
   * @returns a view, valid until the socket is read again
   * @throws SystemError ENOBUFS when notifications were lost: read the state again
   */
  receive(): Uint8Array | undefined {
    return this.#receive(MSG_DONTWAIT);
  }

  /** Closes the socket; a second call does nothing. */
  close(): void {
    if (this.#fd < 0) return;
    libc().close(this.#fd);
    this.#fd = -1;
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Beyond the system's limit when we may (CAP_NET_ADMIN), else as far as the limit goes. */
  #resize(force: number, plain: number): void {
    const value = cInts(SOCKET_BUFFER_BYTES);
    if (libc().setsockopt(this.#fd, SOL_SOCKET, force, value, value.length) >= 0) return;
    check(libc().setsockopt(this.#fd, SOL_SOCKET, plain, value, value.length), "size the buffer of a netlink socket");
  }

  #send(writer: NetlinkWriter): void {
    for (;;) {
      if (libc().send(this.#fd, writer.bytes, writer.length, 0) >= 0) return;
      const error = errno();
      if (error !== EINTR) throw new SystemError("send a netlink request", error);
    }
  }

  #waitForDatagram(): Uint8Array {
    const datagram = this.#receive(0);
    if (datagram === undefined) throw new SystemError("read a netlink answer", ETIMEDOUT);
    return datagram;
  }

  #receive(flags: number): Uint8Array | undefined {
    for (;;) {
      // MSG_TRUNC makes recv return the true length, so that a cut datagram is never taken for a whole one.
      const length = libc().recv(this.#fd, this.#buffer, RECEIVE_BYTES, flags | MSG_TRUNC);
      if (length > RECEIVE_BYTES) throw new SystemError(`read a netlink datagram of ${length} bytes`, EMSGSIZE);
      if (length >= 0) return this.#buffer.subarray(0, length);
      const error = errno();
      if (error === EAGAIN) return undefined;
      if (error !== EINTR) throw new SystemError("read from a netlink socket", error);
    }
  }
}
