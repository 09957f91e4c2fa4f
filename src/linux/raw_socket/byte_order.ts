// htonl and its three siblings. Network order is big-endian; both machines that we run on are little-endian.
import { isUint32 } from "./arguments.ts";

const HOST_IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/**
 * A 32-bit unsigned integer from host to network byte order.
 *
 * @throws Error without an argument
 * @throws TypeError when it is no unsigned 32-bit integer
 */
export function htonl(uint32: number): number {
  if (arguments.length < 1) throw new Error("One arguments is required");
  if (!isUint32(uint32)) throw new TypeError("Number must be a 32 unsigned integer");
  if (HOST_IS_BIG_ENDIAN) return uint32;
  return (uint32 << 24 | (uint32 & 0xff00) << 8 | uint32 >>> 8 & 0xff00 | uint32 >>> 24) >>> 0;
}

/**
 * A 16-bit unsigned integer from host to network byte order.
 *
 * @throws Error without an argument
 * @throws TypeError when it is no unsigned integer
 * @throws RangeError when it is over 65535
 */
export function htons(uint16: number): number {
  if (arguments.length < 1) throw new Error("One arguments is required");
  if (!isUint32(uint16)) throw new TypeError("Number must be a 16 unsigned integer");
  if (uint16 > 0xffff) throw new RangeError("Number cannot be larger than 65535");
  if (HOST_IS_BIG_ENDIAN) return uint16;
  return (uint16 & 0xff) << 8 | uint16 >>> 8;
}

/** A 32-bit unsigned integer from network to host byte order; errors as `htonl`. */
export const ntohl: (uint32: number) => number = htonl;

/** A 16-bit unsigned integer from network to host byte order; errors as `htons`. */
export const ntohs: (uint16: number) => number = htons;
