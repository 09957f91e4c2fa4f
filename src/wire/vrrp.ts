// VRRP advertisements over IPv4: bytes to Advertisement and back (RFC 3768 section 5, RFC 9568 section 5).
// Does not judge TTL, VRID, interval or password: that is `core/vrrp/acceptance.ts`.
import type { Result } from "../base/result.ts";
import { addWords, finishChecksum, pseudoHeaderSum } from "./checksum.ts";
import { IPV4_DESTINATION_OFFSET, IPV4_HEADER_BYTES, IPV4_SOURCE_OFFSET } from "./ipv4.ts";

/** The IP protocol number of VRRP. */
export const VRRP_PROTOCOL = 112;
/** 224.0.0.18, where advertisements are sent. */
export const VRRP_GROUP = new Uint8Array([224, 0, 0, 18]);
/** The TTL of an advertisement; any other has crossed a router (RFC 9568 section 5.1.1.3). */
export const VRRP_TTL = 255;
/** IP precedence "internetwork control", as keepalived sends it. */
export const VRRP_TRAFFIC_CLASS = 0xc0;

const TYPE_ADVERTISEMENT = 1;
const HEADER_BYTES = 8;
/** VRRPv2 packets always end in 8 bytes of authentication data, zero without it (RFC 3768 section 5.3.10). */
const AUTHENTICATION_BYTES = 8;
const CENTISECOND_US = 10_000;
const SECOND_US = 1_000_000;

/** VRRPv2 authentication types (RFC 2338 section 5.3.6). */
export const AUTH_NONE = 0;
export const AUTH_SIMPLE_PASSWORD = 1;
export const AUTH_IP_HEADER = 2;

/** An advertisement. */
export interface Advertisement {
  readonly version: 2 | 3;
  readonly vrid: number;
  /** 0 (leaving) to 255 (owner). */
  readonly priority: number;
  /** Version 2: whole seconds up to 255; version 3: centiseconds up to 40.95 s. */
  readonly advertisementIntervalUs: number;
  /** Version 2 only: one of the AUTH_ numbers. */
  readonly authType: number;
  /** Version 2 only: 8 bytes, zero padded. */
  readonly authData: Uint8Array;
  /** IPv4 addresses, 4 bytes each, one after the other. */
  readonly addresses: Uint8Array;
}

/** Length of the encoded advertisement without IP header. */
export function advertisementBytes(version: 2 | 3, addressCount: number): number {
  return HEADER_BYTES + 4 * addressCount + (version === 2 ? AUTHENTICATION_BYTES : 0);
}

/**
 * Writes an advertisement behind an IPv4 header of 20 bytes that `packet` already holds (version 3 sums its addresses).
 *
 * @returns the length of header and advertisement together
 */
export function writeAdvertisement(packet: Uint8Array, advertisement: Advertisement): number {
  const start = IPV4_HEADER_BYTES;
  const { version, addresses } = advertisement;
  const length = advertisementBytes(version, addresses.length / 4);
  const end = start + length;
  packet[start] = (version << 4) | TYPE_ADVERTISEMENT;
  packet[start + 1] = advertisement.vrid;
  packet[start + 2] = advertisement.priority;
  packet[start + 3] = addresses.length / 4;
  writeInterval(packet, start + 4, advertisement);
  packet[start + 6] = packet[start + 7] = 0;
  packet.set(addresses, start + HEADER_BYTES);
  if (version === 2) packet.set(advertisement.authData.subarray(0, AUTHENTICATION_BYTES), end - AUTHENTICATION_BYTES);
  const checksum = finishChecksum(addWords(pseudoSum(packet, version, length), packet, start, end));
  packet[start + 6] = checksum >> 8;
  packet[start + 7] = checksum & 0xff;
  return end;
}

function writeInterval(packet: Uint8Array, at: number, advertisement: Advertisement): void {
  if (advertisement.version === 2) {
    packet[at] = advertisement.authType;
    packet[at + 1] = Math.round(advertisement.advertisementIntervalUs / SECOND_US);
    return;
  }
  const centiseconds = Math.round(advertisement.advertisementIntervalUs / CENTISECOND_US);
  packet[at] = (centiseconds >> 8) & 0x0f;
  packet[at + 1] = centiseconds & 0xff;
}

/** Why bytes are no advertisement. */
export type AdvertisementFlaw = "length" | "version" | "type" | "checksum";

/**
 * Reads the advertisement at `packet[start, end)` of an IPv4 packet. The views in the result live as long as the buffer
 * is not read into again.
 */
export function readAdvertisement(
  packet: Uint8Array,
  start: number,
  end: number,
): Result<Advertisement, AdvertisementFlaw> {
  const length = end - start;
  if (length < HEADER_BYTES) return { ok: false, reason: "length" };
  const first = packet[start] as number;
  const version = first >> 4;
  if (version !== 2 && version !== 3) return { ok: false, reason: "version" };
  if ((first & 15) !== TYPE_ADVERTISEMENT) return { ok: false, reason: "type" };
  const addressEnd = start + HEADER_BYTES + 4 * (packet[start + 3] as number);
  const needed = addressEnd + (version === 2 ? AUTHENTICATION_BYTES : 0);
  if (needed > end) return { ok: false, reason: "length" };
  if (finishChecksum(addWords(pseudoSum(packet, version, length), packet, start, end)) !== 0) {
    return { ok: false, reason: "checksum" };
  }
  const value: Advertisement = {
    version,
    vrid: packet[start + 1] as number,
    priority: packet[start + 2] as number,
    advertisementIntervalUs: readInterval(packet, start + 4, version),
    authType: version === 2 ? packet[start + 4] as number : AUTH_NONE,
    authData: packet.subarray(addressEnd, needed),
    addresses: packet.subarray(start + HEADER_BYTES, addressEnd),
  };
  return { ok: true, value };
}

function readInterval(packet: Uint8Array, at: number, version: 2 | 3): number {
  if (version === 2) return (packet[at + 1] as number) * SECOND_US;
  return ((((packet[at] as number) & 0x0f) << 8) | (packet[at + 1] as number)) * CENTISECOND_US;
}

/** RFC 3768 sums the VRRP message only; RFC 9568 section 5.2.8 adds the pseudo header. */
function pseudoSum(packet: Uint8Array, version: 2 | 3, length: number): number {
  if (version === 2) return 0;
  return pseudoHeaderSum(packet, IPV4_SOURCE_OFFSET, IPV4_DESTINATION_OFFSET, 4, VRRP_PROTOCOL, length);
}
