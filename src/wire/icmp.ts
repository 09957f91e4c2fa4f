// ICMP and ICMPv6 echo: request to bytes, bytes to reply (RFC 792, RFC 4443 section 4). No other message.
import type { Result } from "../base/result.ts";
import { addWords, finishChecksum } from "./checksum.ts";

const HEADER_BYTES = 8;
const TYPES = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;

/** What an echo request and its reply have in common. */
export interface Echo {
  /** 0 to 65535, tells programs apart. */
  readonly identifier: number;
  /** 0 to 65535, tells requests apart. */
  readonly sequence: number;
  readonly data: Uint8Array;
}

/**
 * The bytes of an echo request. The checksum is right for IPv4; that of ICMPv6 covers the IPv6 addresses too, and the
 * kernel writes it itself.
 */
export function writeEchoRequest(family: 4 | 6, { identifier, sequence, data }: Echo): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES[family].request;
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  bytes.set(data, HEADER_BYTES);
  if (family === 4) view.setUint16(2, finishChecksum(addWords(0, bytes, 0, bytes.length)));
  return bytes;
}

/** Reads an echo reply; the kernel has verified its checksum. `type`: another message; `short`: less than a header. */
export function readEchoReply(family: 4 | 6, bytes: Uint8Array): Result<Echo, "short" | "type"> {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: "short" };
  if (bytes[0] !== TYPES[family].reply || bytes[1] !== 0) return { ok: false, reason: "type" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const echo = { identifier: view.getUint16(4), sequence: view.getUint16(6), data: bytes.subarray(HEADER_BYTES) };
  return { ok: true, value: echo };
}
