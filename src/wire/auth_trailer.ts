// The authentication trailer behind a VRRPv3 advertisement, keepalived's `auth_hmac` since 2.4.0; no RFC has it. Knows no
// hash: HMAC-SHA256 comes in as a function. Judges neither key ids nor time: that is `core/vrrp/authentication.ts`.
import type { Result } from "../base/result.ts";
import { equalDigests, type Hmac } from "./auth_header.ts";
import { advertisementBytes } from "./vrrp.ts";

/** Length of the trailer. */
export const AUTH_TRAILER_BYTES = 28;

const TYPE_HMAC_SHA256 = 1;
/** Type, key id, zero, time and counter; then the digest. */
const PREFIX_BYTES = 12;
const DIGEST_BYTES = 16;
const PSEUDO_HEADER_BYTES = 20;
const CHECKSUM_OFFSET = 6;
const VERSION = 3;

/** When a packet was made, so that it cannot be sent again later. Later stamps are greater, field by field. */
export interface AuthStamp {
  /** UTC, since 1970. */
  readonly seconds: number;
  /** 1/65536 s. */
  readonly fraction: number;
  /** Tells packets of the same moment apart, 0 to 65535. */
  readonly counter: number;
}

/** A trailer as it was received. */
export interface AuthTrailer {
  readonly keyId: number;
  readonly stamp: AuthStamp;
  /** Where the advertisement ends and the trailer begins. The advertisement's checksum does not cover the trailer. */
  readonly messageEnd: number;
}

/**
 * Writes a trailer behind a finished advertisement.
 *
 * @param packet `packet[start, end)` is the VRRP message
 * @param source 4 or 16 bytes, the address that it is sent from
 * @param key 32 to 64 bytes
 * @returns the length of packet, trailer included
 */
export function writeAuthTrailer(
  packet: Uint8Array,
  start: number,
  end: number,
  trailer: { readonly keyId: number; readonly stamp: AuthStamp },
  source: Uint8Array,
  key: Uint8Array,
  hmacSha256: Hmac,
): number {
  const view = new DataView(packet.buffer, packet.byteOffset);
  packet[end] = TYPE_HMAC_SHA256;
  packet[end + 1] = trailer.keyId;
  view.setUint16(end + 2, 0);
  view.setUint32(end + 4, trailer.stamp.seconds);
  view.setUint16(end + 8, trailer.stamp.fraction);
  view.setUint16(end + 10, trailer.stamp.counter);
  packet.set(digestOf(packet, start, end, source, key, hmacSha256), end + PREFIX_BYTES);
  return end + AUTH_TRAILER_BYTES;
}

/**
 * Finds the trailer of the advertisement at `packet[start, end)`. It is believed only after `verifyAuthTrailer`.
 *
 * @param addressBytes 4 or 16, by the family of the packet
 * @returns `missing` when nothing follows the advertisement, `malformed` when what follows is no trailer
 */
export function readAuthTrailer(
  packet: Uint8Array,
  start: number,
  end: number,
  addressBytes: 4 | 16,
): Result<AuthTrailer, "missing" | "malformed"> {
  if (end - start < advertisementBytes(VERSION, 0)) return { ok: false, reason: "missing" };
  const messageEnd = start + advertisementBytes(VERSION, packet[start + 3] as number, addressBytes);
  if (messageEnd >= end) return { ok: false, reason: "missing" };
  if (end - messageEnd !== AUTH_TRAILER_BYTES || packet[messageEnd] !== TYPE_HMAC_SHA256) {
    return { ok: false, reason: "malformed" };
  }
  const view = new DataView(packet.buffer, packet.byteOffset);
  if (view.getUint16(messageEnd + 2) !== 0) return { ok: false, reason: "malformed" };
  const stamp: AuthStamp = {
    seconds: view.getUint32(messageEnd + 4),
    fraction: view.getUint16(messageEnd + 8),
    counter: view.getUint16(messageEnd + 10),
  };
  return { ok: true, value: { keyId: packet[messageEnd + 1] as number, stamp, messageEnd } };
}

/** Whether the digest of a trailer that was read is that of its advertisement, source and key. */
export function verifyAuthTrailer(
  packet: Uint8Array,
  start: number,
  trailer: AuthTrailer,
  source: Uint8Array,
  key: Uint8Array,
  hmacSha256: Hmac,
): boolean {
  const at = trailer.messageEnd + PREFIX_BYTES;
  const expected = digestOf(packet, start, trailer.messageEnd, source, key, hmacSha256);
  return equalDigests(packet.subarray(at, at + DIGEST_BYTES), expected);
}

/** Over a pseudo header, the message with checksum 0, the trailer's fields, and zeros where the digest will be. */
function digestOf(
  packet: Uint8Array,
  start: number,
  end: number,
  source: Uint8Array,
  key: Uint8Array,
  hmacSha256: Hmac,
): Uint8Array {
  const data = new Uint8Array(PSEUDO_HEADER_BYTES + end - start + AUTH_TRAILER_BYTES);
  data[0] = source.length === 4 ? 4 : 6;
  data[1] = VERSION;
  data[2] = packet[start + 1] as number;
  data.set(source, 4);
  data.set(packet.subarray(start, end + PREFIX_BYTES), PSEUDO_HEADER_BYTES);
  data[PSEUDO_HEADER_BYTES + CHECKSUM_OFFSET] = data[PSEUDO_HEADER_BYTES + CHECKSUM_OFFSET + 1] = 0;
  return hmacSha256(key, data).subarray(0, DIGEST_BYTES);
}
