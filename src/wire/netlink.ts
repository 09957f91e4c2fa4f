// Netlink messages and attributes as bytes (linux/netlink.h). Integers are in host order, which is little endian on every
// machine that Holdfast runs on; attributes that the kernel wants in network order are named `...Be`.

/** nlmsg_flags. */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
export const NLM_F_DUMP = 0x300;

/** nlmsg_type of control messages. */
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

/** struct nlmsghdr. */
export const NLMSG_HEADER_BYTES = 16;
export const ATTRIBUTE_HEADER_BYTES = 4;
const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;

/** Builds one or more messages in one growing buffer that is used again. */
export class NetlinkWriter {
  /** The bytes; only the first `length` count. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes written so far. */
  length = 0;
  #view: DataView;
  #messageStart = 0;

  /** @param capacityBytes first size of the buffer; it doubles when needed */
  constructor(capacityBytes = 4096) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Forgets what was written. */
  reset(): this {
    this.length = 0;
    return this;
  }

  /** Starts a message; its length is filled in by `end`. */
  begin(type: number, flags: number, sequence: number): this {
    this.#reserve(NLMSG_HEADER_BYTES);
    const at = this.#messageStart = this.length;
    this.#view.setUint32(at, 0, true);
    this.#view.setUint16(at + 4, type, true);
    this.#view.setUint16(at + 6, flags, true);
    this.#view.setUint32(at + 8, sequence, true);
    this.#view.setUint32(at + 12, 0, true); // nlmsg_pid: the kernel fills it in
    this.length += NLMSG_HEADER_BYTES;
    return this;
  }

  /** Ends the message that `begin` started. */
  end(): this {
    this.#view.setUint32(this.#messageStart, this.length - this.#messageStart, true);
    return this;
  }

  /** Gives the message that was begun last another type. */
  retype(type: number): void {
    this.#view.setUint16(this.#messageStart + 4, type, true);
  }

  /** Appends raw bytes, such as the family's fixed header, padded with zeros to four. */
  raw(bytes: ArrayLike<number>): this {
    const padded = align(bytes.length);
    this.#reserve(padded);
    this.bytes.fill(0, this.length + bytes.length, this.length + padded);
    this.bytes.set(bytes, this.length);
    this.length += padded;
    return this;
  }

  u8(type: number, value: number): this {
    const at = this.#attribute(type, 1);
    this.#view.setUint32(at, value & 0xff, true);
    return this;
  }

  u16(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    this.#view.setUint32(at, value & 0xffff, true);
    return this;
  }

  u16Be(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    this.#view.setUint32(at, 0, true);
    this.#view.setUint16(at, value, false);
    return this;
  }

  u32(type: number, value: number): this {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, value >>> 0, true);
    return this;
  }

  u32Be(type: number, value: number): this {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, value >>> 0, false);
    return this;
  }

  data(type: number, bytes: ArrayLike<number>): this {
    const at = this.#attribute(type, bytes.length);
    this.bytes.fill(0, at + bytes.length, this.length);
    this.bytes.set(bytes, at);
    return this;
  }

  /** A string with its closing zero byte. */
  string(type: number, text: string): this {
    return this.data(type, new TextEncoder().encode(text + "\0"));
  }

  /** Writes an attribute that holds the attributes which `body` writes. */
  nest(type: number, body: () => void): this {
    this.#reserve(ATTRIBUTE_HEADER_BYTES);
    const at = this.length;
    this.#view.setUint16(at + 2, type | NLA_F_NESTED, true);
    this.length += ATTRIBUTE_HEADER_BYTES;
    body();
    this.#view.setUint16(at, this.length - at, true);
    return this;
  }

  /** Writes the header of an attribute and makes room; returns where its value goes. */
  #attribute(type: number, valueBytes: number): number {
    const room = ATTRIBUTE_HEADER_BYTES + align(valueBytes);
    this.#reserve(room);
    const at = this.length;
    this.#view.setUint16(at, ATTRIBUTE_HEADER_BYTES + valueBytes, true);
    this.#view.setUint16(at + 2, type, true);
    this.length += room;
    return at + ATTRIBUTE_HEADER_BYTES;
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** A received message: where its body lies in the buffer it was read into. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The body, after the 16 byte header; a view, valid until the buffer is read into again. */
  readonly body: DataView;
}

/** The messages of one datagram. Stops at the first that is malformed or cut off. */
export function* netlinkMessages(datagram: Uint8Array): Generator<NetlinkMessage> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + NLMSG_HEADER_BYTES <= view.byteLength;) {
    const length = view.getUint32(at, true);
    if (length < NLMSG_HEADER_BYTES || at + length > view.byteLength) return;
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: new DataView(view.buffer, view.byteOffset + at + NLMSG_HEADER_BYTES, length - NLMSG_HEADER_BYTES),
    };
    at += align(length);
  }
}

/**
 * The attributes from `offset` to the end of `body`, by type; of a type that comes twice, the last.
 * Stops at the first that is malformed.
 */
export function attributes(body: DataView, offset = 0): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let at = offset; at + ATTRIBUTE_HEADER_BYTES <= body.byteLength;) {
    const length = body.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > body.byteLength) break;
    const type = body.getUint16(at + 2, true) & NLA_TYPE_MASK;
    found.set(
      type,
      new DataView(body.buffer, body.byteOffset + at + ATTRIBUTE_HEADER_BYTES, length - ATTRIBUTE_HEADER_BYTES),
    );
    at += align(length);
  }
  return found;
}

/** The errno of an NLMSG_ERROR or NLMSG_DONE body: 0 is an acknowledgement, positive an error. */
export function netlinkErrno(body: DataView): number {
  return body.byteLength >= 4 ? -body.getInt32(0, true) || 0 : 0;
}

/** The text of a string attribute, up to its zero byte. */
export function attributeText(value: DataView): string {
  const bytes = attributeBytes(value);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The bytes of an attribute; a view. */
export function attributeBytes(value: DataView): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Netlink pads to four bytes. */
function align(length: number): number {
  return (length + 3) & ~3;
}
