// The raw socket of raw-socket's users: events for what comes in, a queue for what goes out. Judges no packet.
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { AF_INET, AF_INET6, EPOLLERR, EPOLLIN, EPOLLOUT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "../constants.ts";
import { cInts, errno, libc } from "../libc.ts";
import { sharedReactor } from "../reactor.ts";
import { EAGAIN } from "../system_error.ts";
import { bytesOf, isInt32, isUint32 } from "./arguments.ts";
import { checkResult, systemError } from "./errors.ts";
import { AddressFamily, SocketLevel } from "./names.ts";
import { emptySockaddr, fromSockaddr, toSockaddr } from "./sockaddr.ts";

const DEFAULT_BUFFER_BYTES = 4096;
const SO_ERROR = 4;
const EIO = 5;
/** So many messages are read before other sockets, and our own sending, have their turn. */
const MESSAGES_PER_WAKE_UP = 64;

/** What `createSocket` takes; every field may be left out. */
export interface SocketOptions {
  /** A number of `AddressFamily`; IPv4 if not given. */
  addressFamily?: number;
  /** The protocol number in the IP header; `Protocol.None` if not given, which Linux refuses. */
  protocol?: number;
  /** Longest message received whole, in bytes; 4096 if not given. What is longer is cut. */
  bufferSize?: number;
  /** Without effect, as in the package since 1.1.8: use `createChecksum` and `writeChecksum`. */
  generateChecksums?: boolean;
  /** Without effect, see `generateChecksums`. */
  checksumOffset?: number;
}

/** The events of a socket and what they carry. */
export interface SocketEvents {
  /** A packet: for IPv4 from the IP header on, for IPv6 without it; and the source address as text. */
  message: [buffer: Buffer, source: string];
  /** Receiving failed, or a listener of `message` threw. */
  error: [error: Error];
  /** The socket was closed, by its user or after an error. */
  close: [];
}

/** Called right before a packet is sent, for instance to set an option. */
export type BeforeCallback = () => void;

/** Called once a packet was sent, with the number of bytes, or was not, with the error. */
export type AfterCallback = (this: Socket, error: Error | null, bytes: number) => void;

/** A packet waiting to be sent. */
export interface Request {
  /** What `send` was given. */
  readonly buffer: Uint8Array;
  /** First byte to send. */
  readonly offset: number;
  /** How many bytes to send. */
  readonly length: number;
  /** The destination as the system wants it. */
  readonly sockaddr: Uint8Array<ArrayBuffer>;
  /** Called right before, if given. */
  readonly beforeCallback: BeforeCallback | undefined;
  /** Called afterwards. */
  readonly afterCallback: AfterCallback;
}

/**
 * A raw socket. Until it is closed, or both directions are paused, it keeps the process alive.
 *
 * Errors of the system are plain Errors with strerror's text, as users of the package expect.
 */
export class Socket extends EventEmitter<SocketEvents> {
  /** What messages are received into; the events carry copies. */
  readonly buffer: Buffer<ArrayBuffer>;
  /** Packets waiting to be sent. */
  readonly requests: Request[] = [];
  /** Not receiving: see `pauseRecv`. */
  recvPaused = false;
  /** Not sending: see `pauseSend`. So it is whenever nothing is queued. */
  sendPaused = true;
  readonly #family: number;
  readonly #sockaddr: Uint8Array<ArrayBuffer>;
  #fd: number;
  #watched = 0;

  /** See `createSocket`. */
  constructor(options: SocketOptions = {}) {
    super();
    const protocol = options.protocol || 0;
    const addressFamily = options.addressFamily || AddressFamily.IPv4;
    this.buffer = Buffer.alloc(options.bufferSize || DEFAULT_BUFFER_BYTES) as Buffer<ArrayBuffer>;
    if (!isUint32(protocol)) throw new TypeError("Protocol argument must be an unsigned integer");
    if (!isUint32(addressFamily)) throw new TypeError("Address family argument must be an unsigned integer");
    this.#family = addressFamily === AddressFamily.IPv6 ? AF_INET6 : AF_INET;
    this.#sockaddr = emptySockaddr(this.#family);
    this.#fd = checkResult(libc().socket(this.#family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol | 0));
    this.#watch();
  }

  /**
   * Queues a packet. What fails later, and what `offset`, `length` or `address` make
   * impossible, comes to `afterCallback`. After `close` nothing is sent, and nothing called back.
   *
   * @param buffer must not change until `afterCallback`
   * @param offset first byte of `buffer` to send
   * @param length how many bytes to send
   * @param address destination as text, of the socket's family
   * @throws TypeError without a callback
   */
  send(buffer: Uint8Array, offset: number, length: number, address: string, afterCallback: AfterCallback): this;
  /** The same with a `beforeCallback`. */
  send(
    buffer: Uint8Array,
    offset: number,
    length: number,
    address: string,
    beforeCallback: BeforeCallback | null | undefined,
    afterCallback: AfterCallback,
  ): this;
  send(
    buffer: Uint8Array,
    offset: number,
    length: number,
    address: string,
    before: BeforeCallback | AfterCallback | null | undefined,
    after?: AfterCallback,
  ): this {
    const afterCallback = (after || before) as AfterCallback;
    const beforeCallback = after ? (before || undefined) as BeforeCallback | undefined : undefined;
    if (typeof afterCallback !== "function") throw new TypeError("Callback argument must be a function");
    const refuse = (message: string): this => {
      (afterCallback as (this: Socket, error: Error) => void).call(this, new Error(message));
      return this;
    };
    if (length + offset > buffer.length) {
      return refuse(
        `Buffer length '${buffer.length}' is not large enough for the specified offset '${offset}' plus length '${length}'`,
      );
    }
    const sockaddr = toSockaddr(this.#family, String(address));
    if (sockaddr === undefined) return refuse(`Invalid IP address '${address}'`);
    this.requests.push({ buffer, offset, length, sockaddr, beforeCallback, afterCallback });
    if (this.sendPaused) this.resumeSend();
    return this;
  }

  /**
   * Sets an option: to a number (32 bits, host order), or to the first `length` bytes of a buffer.
   *
   * @param level a number of `SocketLevel`, or another
   * @param option a number of `SocketOption`, or another
   * @throws TypeError on arguments that are not as described
   * @throws Error when the system refuses
   */
  setOption(level: number, option: number, value: number): void;
  /** The same with the option's bytes. */
  setOption(level: number, option: number, value: Uint8Array, length: number): void;
  setOption(level: number, option: number, value: number | Uint8Array, length?: number): void {
    checkLevelAndOption(level, option);
    let bytes: Uint8Array<ArrayBuffer>;
    if (arguments.length > 3) {
      const buffer = bytesOf(value, "Value argument must be a node Buffer object if length is provided");
      if (!isInt32(length)) throw new TypeError("Length argument must be an unsigned integer");
      if (length < 0 || length > buffer.length) throw new TypeError("Length argument is larger than buffer length");
      bytes = buffer.subarray(0, length);
    } else {
      if (!isUint32(value)) throw new TypeError("Value argument must be a unsigned integer");
      bytes = cInts(value);
    }
    checkResult(libc().setsockopt(this.#fd, level | 0, option | 0, bytes, bytes.length));
  }

  /**
   * Reads an option into `buffer`.
   *
   * @param length checked to be a number; how much is written depends on the buffer's own length, as in the package
   * @returns how many bytes were written
   * @throws TypeError on arguments that are not as described
   * @throws Error when the system refuses
   */
  getOption(level: number, option: number, buffer: Uint8Array, length: number): number {
    checkLevelAndOption(level, option);
    const bytes = bytesOf(buffer, "Value argument must be a node Buffer object if length is provided");
    if (!isInt32(length)) throw new TypeError("Length argument must be an unsigned integer");
    return this.#getOption(level | 0, option | 0, bytes);
  }

  /** Stops receiving: messages wait in the kernel. */
  pauseRecv(): this {
    this.recvPaused = true;
    return this.#watch();
  }

  /** Receives again. */
  resumeRecv(): this {
    this.recvPaused = false;
    return this.#watch();
  }

  /** Stops sending, until `resumeSend` or the next `send`. */
  pauseSend(): this {
    this.sendPaused = true;
    return this.#watch();
  }

  /** Sends what is queued; paused again by itself when nothing is. */
  resumeSend(): this {
    this.sendPaused = false;
    return this.#watch();
  }

  /** Closes the socket and emits `close`. What is queued is dropped. */
  close(): this {
    if (this.#fd >= 0) {
      sharedReactor().remove(this.#fd);
      libc().close(this.#fd);
      this.#fd = -1;
    }
    this.emit("close");
    return this;
  }

  /** Tells the reactor what to wait for, nothing included. */
  #watch(): this {
    const events = (this.recvPaused ? 0 : EPOLLIN) | (this.sendPaused ? 0 : EPOLLOUT);
    if (this.#fd < 0 || events === this.#watched) return this;
    const reactor = sharedReactor();
    if (events === 0) reactor.remove(this.#fd);
    else if (this.#watched !== 0) reactor.modify(this.#fd, events);
    else reactor.add(this.#fd, (ready) => this.#onReady(ready), events);
    this.#watched = events;
    return this;
  }

  #onReady(events: number): void {
    if ((events & EPOLLERR) !== 0) return this.#onSocketError();
    if ((events & EPOLLIN) !== 0) this.#receiveMessages();
    if ((events & EPOLLOUT) !== 0 && this.#fd >= 0 && !this.sendPaused) this.#sendRequest();
  }

  /** An error that the kernel keeps for us, such as an ICMP answer with IP_RECVERR set. */
  #onSocketError(): void {
    const value = new Int32Array(1);
    this.#getOption(SocketLevel.SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer));
    try {
      this.emit("error", systemError(value[0] || EIO));
    } finally {
      this.close();
    }
  }

  #receiveMessages(): void {
    for (let count = 0; count < MESSAGES_PER_WAKE_UP && this.#fd >= 0 && !this.recvPaused; count++) {
      try {
        if (!this.#receiveMessage()) return;
      } catch (error) {
        this.emit("error", error as Error);
      }
    }
  }

  /** @returns false when none waits */
  #receiveMessage(): boolean {
    const addressLength = cInts(this.#sockaddr.length);
    const length = libc().recvfrom(this.#fd, this.buffer, this.buffer.length, 0, this.#sockaddr, addressLength);
    if (length < 0 && errno() === EAGAIN) return false;
    checkResult(length);
    // Its own bytes: Buffer.from would take them from a pool that other buffers share.
    const message = Buffer.alloc(length);
    message.set(this.buffer.subarray(0, length));
    this.emit("message", message, fromSockaddr(this.#family, this.#sockaddr));
    return true;
  }

  /** One packet per wake-up, so that the answers to one are read before the next is sent. */
  #sendRequest(): void {
    const request = this.requests.shift();
    if (request !== undefined) {
      try {
        request.beforeCallback?.();
        request.afterCallback.call(this, null, this.#transmit(request));
      } catch (error) {
        request.afterCallback.call(this, error as Error, 0);
      }
    }
    if (this.requests.length === 0 && !this.sendPaused) this.pauseSend();
  }

  #transmit({ buffer, offset, length, sockaddr }: Request): number {
    const bytes = bytesOf(buffer, "Buffer argument must be a node Buffer object");
    if (!isUint32(offset)) throw new TypeError("Offset argument must be an unsigned integer");
    if (!isUint32(length)) throw new TypeError("Length argument must be an unsigned integer");
    const packet = bytes.subarray(offset, offset + length);
    return checkResult(libc().sendto(this.#fd, packet, packet.length, 0, sockaddr, sockaddr.length));
  }

  #getOption(level: number, option: number, bytes: Uint8Array<ArrayBuffer>): number {
    const length = new Uint32Array([bytes.length]);
    checkResult(libc().getsockopt(this.#fd, level, option, bytes, new Uint8Array(length.buffer)));
    return length[0] as number;
  }
}

/**
 * Opens a raw socket, which needs CAP_NET_RAW. It receives at once.
 *
 * @throws TypeError on options that are not as described
 * @throws Error when the system refuses
 */
export function createSocket(options?: SocketOptions): Socket {
  return new Socket(options || {});
}

function checkLevelAndOption(level: unknown, option: unknown): void {
  if (typeof level !== "number") throw new TypeError("Level argument must be a number");
  if (typeof option !== "number") throw new TypeError("Option argument must be a number");
}
