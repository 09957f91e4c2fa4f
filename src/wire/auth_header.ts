// The IP Authentication Header (RFC 2402 section 2) around a VRRPv2 advertisement, as `auth_type AH` of keepalived uses
// it. Knows no hash: HMAC-MD5 (RFC 2403) comes in as a function. Does not judge sequence numbers.
import type { Result } from "../base/result.ts";
import { IPV4_DESTINATION_OFFSET, IPV4_HEADER_BYTES, IPV4_SOURCE_OFFSET, setIdentification } from "./ipv4.ts";
import { VRRP_PROTOCOL } from "./vrrp.ts";

/** The IP protocol number of the Authentication Header. */
export const AUTH_HEADER_PROTOCOL = 51;
/** 12 bytes of fields and 96 bits of integrity check value. */
export const AUTH_HEADER_BYTES = 24;
/** The last sequence number that may be sent (RFC 2402 section 3.3.2: no wrap-around). */
export const LAST_AUTH_SEQUENCE = 0xffffffff;

/** The whole digest of `data` under `key`: 16 bytes for MD5, 32 for SHA-256. */
export type Hmac = (key: Uint8Array, data: Uint8Array) => Uint8Array;

/** Length of the header in units of 4 bytes, minus 2. */
const PAYLOAD_LENGTH = AUTH_HEADER_BYTES / 4 - 2;
const ICV_OFFSET = 12;
const ICV_BYTES = 12;
const TRAFFIC_CLASS_OFFSET = 1;
const FRAGMENT_OFFSET = 6;
const TTL_OFFSET = 8;
const PROTOCOL_OFFSET = 9;
const HEADER_CHECKSUM_OFFSET = 10;

/**
 * Puts the header between the IPv4 header of 20 bytes and the message of a finished advertisement.
 *
 * @param packet `packet[0, end)` is what `writeAdvertisement` made; 24 bytes more are written
 * @param sequence 1 or more, one more than in the packet before; `LAST_AUTH_SEQUENCE` is the last
 * @param password 8 bytes, zero padded
 * @returns the length of the whole packet
 */
export function addAuthHeader(
  packet: Uint8Array,
  end: number,
  sequence: number,
  password: Uint8Array,
  hmacMd5: Hmac,
): number {
  const start = IPV4_HEADER_BYTES;
  const newEnd = end + AUTH_HEADER_BYTES;
  packet.copyWithin(start + AUTH_HEADER_BYTES, start, end);
  packet.fill(0, start, start + AUTH_HEADER_BYTES);
  packet[start] = VRRP_PROTOCOL;
  packet[start + 1] = PAYLOAD_LENGTH;
  // keepalived's security parameters index is the source address.
  packet.copyWithin(start + 4, IPV4_SOURCE_OFFSET, IPV4_SOURCE_OFFSET + 4);
  new DataView(packet.buffer, packet.byteOffset).setUint32(start + 8, sequence);
  packet[2] = newEnd >> 8;
  packet[3] = newEnd & 0xff;
  packet[PROTOCOL_OFFSET] = AUTH_HEADER_PROTOCOL;
  setIdentification(packet, ((packet[4] as number) << 8) | (packet[5] as number));
  const value = integrityCheckValue(packet, start, newEnd, password, hmacMd5);
  packet.set(value, start + ICV_OFFSET);
  return newEnd;
}

/** What an Authentication Header says. */
export interface AuthHeader {
  readonly sequence: number;
  /** Where the VRRP message begins; it ends where the packet does. */
  readonly payloadStart: number;
}

/** Why a packet is not believed: its header is none of ours, or its integrity check value is wrong. */
export type AuthHeaderFlaw = "length" | "auth-header" | "auth-fail";

/**
 * Checks the header at `packet[start, end)` of a received IPv4 packet.
 *
 * @param packet the whole packet from its IP header on; it is not changed
 * @param password 8 bytes, zero padded
 */
export function readAuthHeader(
  packet: Uint8Array,
  start: number,
  end: number,
  password: Uint8Array,
  hmacMd5: Hmac,
): Result<AuthHeader, AuthHeaderFlaw> {
  if (end - start < AUTH_HEADER_BYTES) return { ok: false, reason: "length" };
  if (packet[start] !== VRRP_PROTOCOL || packet[start + 1] !== PAYLOAD_LENGTH) {
    return { ok: false, reason: "auth-header" };
  }
  for (let at = 0; at < 4; at++) {
    if (packet[start + 4 + at] !== packet[IPV4_SOURCE_OFFSET + at]) return { ok: false, reason: "auth-header" };
  }
  const expected = integrityCheckValue(packet, start, end, password, hmacMd5);
  const given = packet.subarray(start + ICV_OFFSET, start + ICV_OFFSET + ICV_BYTES);
  if (!equalDigests(given, expected)) return { ok: false, reason: "auth-fail" };
  const sequence = new DataView(packet.buffer, packet.byteOffset).getUint32(start + 8);
  return { ok: true, value: { sequence, payloadStart: start + AUTH_HEADER_BYTES } };
}

/** Compares all bytes whatever they are, so that the time tells nothing about how much was right. */
export function equalDigests(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= (left[at] as number) ^ (right[at] as number);
  return difference === 0;
}

/**
 * The digest over the packet with everything zero that routers change (RFC 2402 section 3.3.3.1). Unlike there,
 * keepalived leaves the TTL of a multicast packet as it is: it must be 255 on arrival anyway.
 */
function integrityCheckValue(
  packet: Uint8Array,
  start: number,
  end: number,
  password: Uint8Array,
  hmacMd5: Hmac,
): Uint8Array {
  const data = packet.slice(0, end);
  data[TRAFFIC_CLASS_OFFSET] = 0;
  data[FRAGMENT_OFFSET] = data[FRAGMENT_OFFSET + 1] = 0;
  data[HEADER_CHECKSUM_OFFSET] = data[HEADER_CHECKSUM_OFFSET + 1] = 0;
  const multicast = (data[IPV4_DESTINATION_OFFSET] as number) >> 4 === 0xe;
  if (!multicast) data[TTL_OFFSET] = 0;
  data.fill(0, start + ICV_OFFSET, start + ICV_OFFSET + ICV_BYTES);
  return hmacMd5(password, data).subarray(0, ICV_BYTES);
}
