// Datagrams with what the kernel tells beside them: sender, destination, and TTL or hop limit. One buffer for all, nothing
// is allocated for a datagram.
import { AF_INET6, MSG_DONTWAIT, MSG_TRUNC } from "./constants.ts";
import { libc } from "./libc.ts";

// linux/in.h, linux/in6.h
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IP_PKTINFO = 8;
const IPPROTO_IPV6 = 41;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;

const SOCKADDR_BYTES = 28;
const SIN_ADDR = 4;
const SIN6_ADDR = 8;
/** Of struct in_pktinfo: after the index and the address that was meant by the route. */
const PKTINFO_DESTINATION = 8;
const CONTROL_BYTES = 128;
/** struct cmsghdr: size_t length, int level, int type. */
const CMSGHDR_BYTES = 16;

/** A struct msghdr with everything that it points at; used again for each message. */
export class ReceivedMessage {
  /** 4 or 16 bytes each, of the last message; zeros where the kernel told nothing. */
  source: Uint8Array = NO_ADDRESS;
  destination: Uint8Array = NO_ADDRESS;
  /** TTL or hop limit; undefined where the kernel told nothing. */
  hopLimit: number | undefined;
  readonly #header = new Uint8Array(56);
  readonly #view = new DataView(this.#header.buffer);
  readonly #sender = new Uint8Array(SOCKADDR_BYTES);
  readonly #control = new Uint8Array(CONTROL_BYTES);
  readonly #controlView = new DataView(this.#control.buffer);
  readonly #vector = new Uint8Array(16); // struct iovec
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  constructor() {
    this.#point(0, this.#sender);
    this.#point(16, this.#vector);
    this.#view.setBigUint64(24, 1n, true);
    this.#point(32, this.#control);
  }

  /**
   * Reads a message into `buffer` from `offset` on, always the same for one buffer.
   *
   * @returns its length, 0 for one that does not fit, negative when `errno` says why there is none
   */
  receive(fd: number, buffer: Uint8Array<ArrayBuffer>, offset = 0): number {
    if (this.#buffer !== buffer) this.#use(buffer, offset);
    this.#view.setUint32(8, SOCKADDR_BYTES, true);
    this.#view.setBigUint64(40, BigInt(CONTROL_BYTES), true);
    const length = libc().recvmsg(fd, this.#header, MSG_DONTWAIT);
    if (length < 0) return length;
    this.#read();
    return (this.#view.getUint32(48, true) & MSG_TRUNC) === 0 ? length : 0;
  }

  #use(buffer: Uint8Array<ArrayBuffer>, offset: number): void {
    this.#buffer = buffer;
    const view = new DataView(this.#vector.buffer);
    view.setBigUint64(0, addressOf(buffer) + BigInt(offset), true);
    view.setBigUint64(8, BigInt(buffer.length - offset), true);
  }

  #read(): void {
    const isIpv6 = new DataView(this.#sender.buffer).getUint16(0, true) === AF_INET6;
    this.source = isIpv6
      ? this.#sender.subarray(SIN6_ADDR, SIN6_ADDR + 16)
      : this.#sender.subarray(SIN_ADDR, SIN_ADDR + 4);
    this.destination = isIpv6 ? NO_ADDRESS : NO_ADDRESS4;
    this.hopLimit = undefined;
    const end = Math.min(Number(this.#view.getBigUint64(40, true)), CONTROL_BYTES);
    for (let at = 0; at + CMSGHDR_BYTES <= end;) {
      const length = Number(this.#controlView.getBigUint64(at, true));
      if (length < CMSGHDR_BYTES || at + length > end) break;
      this.#take(
        this.#controlView.getInt32(at + 8, true),
        this.#controlView.getInt32(at + 12, true),
        at + CMSGHDR_BYTES,
      );
      at += (length + 7) & ~7;
    }
  }

  #take(level: number, type: number, at: number): void {
    if (level === IPPROTO_IPV6) {
      if (type === IPV6_HOPLIMIT) this.hopLimit = this.#controlView.getInt32(at, true) & 0xff;
      if (type === IPV6_PKTINFO) this.destination = this.#control.subarray(at, at + 16);
    } else if (level === IPPROTO_IP) {
      if (type === IP_TTL) this.hopLimit = this.#controlView.getInt32(at, true) & 0xff;
      const address = at + PKTINFO_DESTINATION;
      if (type === IP_PKTINFO) this.destination = this.#control.subarray(address, address + 4);
    }
  }

  #point(offset: number, target: Uint8Array<ArrayBuffer>): void {
    this.#view.setBigUint64(offset, addressOf(target), true);
  }
}

const NO_ADDRESS = new Uint8Array(16);
const NO_ADDRESS4 = new Uint8Array(4);

/** Where the bytes are in memory; arrays are not moved while they live. */
function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}
