// The Internet checksum (RFC 1071) as raw-socket's users call it. The arithmetic is wire/checksum.ts's.
import { Buffer } from "node:buffer";
import { addWords, finishChecksum } from "../../wire/checksum.ts";
import { bytesOf, isUint32 } from "./arguments.ts";

/** `length` bytes of `buffer` from `offset` on. */
export interface BufferRange {
  /** What holds the bytes. */
  buffer: Uint8Array;
  /** The first byte. */
  offset: number;
  /** How many bytes. */
  length: number;
}

/** A whole Buffer, or a part of one. */
export type ChecksumInput = Buffer | BufferRange;

/**
 * The checksum of all inputs, one after the other: 0 to 65535, in host order. An input of odd length counts as if a
 * zero byte followed it, so only the last one should have one. Without an input: 0.
 *
 * @throws TypeError when an input is neither
 * @throws RangeError when an input is empty, or begins or ends beyond its buffer
 */
export function createChecksum(...inputs: ChecksumInput[]): number {
  let checksum = 0;
  for (const input of inputs) {
    const whole = input instanceof Buffer ? { buffer: input, offset: 0, length: input.length } : undefined;
    const { buffer, offset, length } = whole ?? input as BufferRange;
    const bytes = bytesOf(buffer, "Buffer argument must be a node Buffer object");
    if (!isUint32(offset)) throw new TypeError("Offset argument must be an unsigned integer");
    if (offset >= bytes.length) throw new RangeError("Offset argument must be smaller than length of the buffer");
    if (!isUint32(length)) throw new TypeError("Length argument must be an unsigned integer");
    if (offset + length > bytes.length) {
      throw new RangeError("Length argument must be smaller than length of the buffer");
    }
    // A checksum of 0 goes on from 0, not from its complement 0xffff: the same number in ones' complement.
    const sum = checksum === 0 ? 0 : ~checksum & 0xffff;
    checksum = finishChecksum(addWords(sum, bytes, offset, offset + length));
  }
  return checksum;
}

/**
 * Writes a checksum in network order to `offset` and `offset` + 1 of `buffer`.
 *
 * @returns `buffer`
 * @throws RangeError when `offset` is beyond its end
 */
export function writeChecksum(buffer: Buffer, offset: number, checksum: number): Buffer {
  buffer.writeUInt8(checksum >> 8 & 0xff, offset);
  buffer.writeUInt8(checksum & 0xff, offset + 1);
  return buffer;
}
