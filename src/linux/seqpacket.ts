// Messages between two of our processes over a SOCK_SEQPACKET pair: whole messages or none, in order. Knows not what is in
// them.
//
// The kernel keeps a datagram whole but wants it in one piece of memory, so messages travel in parts of at most 64 KiB.
// A part is one byte, 1 for the last part of a message and 0 for the others, and then the bytes; parts but the last are full.
import {
  AF_UNIX,
  F_SETFD,
  FD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import { check, EAGAIN, EINTR, SystemError } from "./system_error.ts";

const EPIPE = 32;
const ECONNRESET = 104;

/** Longest message in bytes. */
export const MAX_MESSAGE_BYTES = 256 << 20;
const SEND_BUFFER_BYTES = 4 << 20;
const PART_BYTES = 64 << 10;
const PAYLOAD_BYTES = PART_BYTES - 1;
const LAST = 1;
const MORE = 0;

/**
 * Opens a connected pair. The first descriptor is ours and closes on exec; the second is inherited by the next child
 * process, which learns its number from its arguments. Close our copy of the second right after starting the child, or
 * we shall not see the child's end close. Both are non-blocking.
 *
 * @throws SystemError
 */
export function seqpacketPair(): [own: number, inheritable: number] {
  const pair = new Int32Array(2);
  const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  check(libc().socketpair(AF_UNIX, type, 0, new Uint8Array(pair.buffer)), "open a socket pair");
  const [own, inheritable] = pair as Iterable<number> as [number, number];
  try {
    // Both ends here, where we may exceed the system's limit: the child may have no privileges.
    for (const fd of pair) raiseSendBuffer(fd);
    check(libc().fcntl(inheritable, F_SETFD, 0), "make a socket inheritable");
  } catch (error) {
    for (const fd of pair) libc().close(fd);
    throw error;
  }
  return [own, inheritable];
}

/** Beyond the system's limit when we may (CAP_NET_ADMIN), else as far as the limit goes. */
function raiseSendBuffer(fd: number): void {
  const value = cInts(SEND_BUFFER_BYTES);
  if (libc().setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, value.length) >= 0) return;
  check(libc().setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.length), "size the buffer of a socket pair");
}

/** A long message under way: its bytes and how many of them have been sent. */
interface Sending {
  readonly bytes: Uint8Array;
  sent: number;
}

/** One end of a pair. Owns the descriptor. Never blocks. */
export class SeqpacketChannel {
  #fd: number;
  #closed = false;
  /** Nothing more can be received either. */
  #ended = false;
  #sending: Sending | undefined;
  /** The parts received of a message whose last one is still to come. */
  #received: Uint8Array[] = [];
  readonly #part = new Uint8Array(PART_BYTES);
  readonly #maxReceivedBytes: number;

  /**
   * Takes over a descriptor.
   *
   * @param fd from `seqpacketPair`, or inherited; from now on it closes on exec
   * @param maxReceivedBytes longest message that is taken from the other end: a longer one counts as a broken framing
   * @throws SystemError
   */
  constructor(fd: number, maxReceivedBytes: number = MAX_MESSAGE_BYTES) {
    this.#maxReceivedBytes = maxReceivedBytes;
    check(libc().fcntl(fd, F_SETFD, FD_CLOEXEC), "take over a link's descriptor");
    this.#fd = fd;
  }

  /** To be watched for reading, and while `pending` for writing; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /** A message taken by `send` is not wholly with the kernel yet: `flush` when the descriptor becomes writable. */
  get pending(): boolean {
    return this.#sending !== undefined;
  }

  /** The other end is gone, or this one closed: nothing can be sent. What the other sent before is still received. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Takes one message. A long one may be `pending` afterwards.
   *
   * @returns false when it was not taken: no room now (EAGAIN, or an earlier one is pending), or `closed`
   * @throws RangeError when it is longer than MAX_MESSAGE_BYTES
   * @throws SystemError
   */
  send(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`Cannot send a message of ${bytes.length} bytes: the limit is ${MAX_MESSAGE_BYTES}`);
    }
    if (!this.flush() || this.#closed) return false;
    const sending: Sending = { bytes, sent: 0 };
    this.#sending = sending;
    if (this.flush()) return !this.#closed;
    // A copy of the rest, for the caller may reuse its bytes.
    this.#sending = sending.sent === 0 ? undefined : { bytes: bytes.slice(sending.sent), sent: 0 };
    return this.pending;
  }

  /** Goes on with a pending message. @returns true when none is pending any more @throws SystemError */
  flush(): boolean {
    while (this.#sending !== undefined) {
      if (!this.#sendPart(this.#sending)) return false;
    }
    return true;
  }

  /**
   * The next message: a copy; undefined when no whole one has come yet; "closed" after the last: stop watching the
   * descriptor, then `close`. A peer that breaks the framing counts as closed.
   *
   * @throws SystemError
   */
  receive(): Uint8Array | "closed" | undefined {
    while (!this.#ended) {
      const length = libc().recv(this.#fd, this.#part, PART_BYTES, MSG_DONTWAIT | MSG_TRUNC);
      if (length < 0) {
        const error = errno();
        if (error === EAGAIN) return undefined;
        // ECONNRESET comes once, when the other end has gone without reading all; what it sent is still to be read.
        if (error === ECONNRESET) this.#closed = true;
        else if (error !== EINTR) throw new SystemError("read from a link", error);
      } else if (!this.#takePart(length)) {
        this.#ended = this.#closed = true;
      } else if (this.#part[0] === LAST) {
        return this.#takeMessage();
      }
    }
    return "closed";
  }

  /** Closes this end; a second call does nothing. */
  close(): void {
    this.#ended = this.#closed = true;
    this.#sending = undefined;
    this.#received = [];
    if (this.#fd < 0) return;
    libc().close(this.#fd);
    this.#fd = -1;
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Sends the next part, or finds the other end gone. @returns false when there is no room now */
  #sendPart(sending: Sending): boolean {
    const payload = sending.bytes.subarray(sending.sent, sending.sent + PAYLOAD_BYTES);
    const last = sending.sent + payload.length === sending.bytes.length;
    this.#part[0] = last ? LAST : MORE;
    this.#part.set(payload, 1);
    if (libc().send(this.#fd, this.#part, 1 + payload.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      sending.sent += payload.length;
      if (last) this.#sending = undefined;
      return true;
    }
    const error = errno();
    if (error === EAGAIN) return false;
    if (error === EPIPE || error === ECONNRESET) {
      this.#closed = true;
      this.#sending = undefined;
    } else if (error !== EINTR) {
      throw new SystemError("write to a link", error);
    }
    return true;
  }

  /** Keeps the part just received. @returns false at the end of the link, and when the part breaks the framing */
  #takePart(length: number): boolean {
    if (length === 0 || length > PART_BYTES) return false;
    const flag = this.#part[0];
    // That all parts but the last are full bounds the work that a hostile peer can cause with one message.
    if (flag !== LAST && (flag !== MORE || length !== PART_BYTES)) return false;
    if (this.#received.length * PAYLOAD_BYTES + length - 1 > this.#maxReceivedBytes) return false;
    this.#received.push(this.#part.slice(1, length));
    return true;
  }

  #takeMessage(): Uint8Array {
    const parts = this.#received;
    this.#received = [];
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    const last = parts.at(-1)?.length ?? 0;
    const message = new Uint8Array((parts.length - 1) * PAYLOAD_BYTES + last);
    for (const [index, part] of parts.entries()) message.set(part, index * PAYLOAD_BYTES);
    return message;
  }
}
