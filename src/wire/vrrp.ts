// VRRP advertisements: bytes to Advertisement and back (RFC 3768 section 5, RFC 9568 section 5), over IPv4 with the IP
// header in front, over IPv6 the message alone, as raw sockets have them.
// Does not judge TTL, VRID, interval or password: that is `core/vrrp/acceptance.ts`.
import type { Result } from "../base/result.ts";
import { addWords, finishChecksum, pseudoHeaderSum } from "./checksum.ts";
import { IPV4_DESTINATION_OFFSET, IPV4_HEADER_BYTES, IPV4_SOURCE_OFFSET } from "./ipv4.ts";

/** The IP protocol number of VRRP. */
export const VRRP_PROTOCOL = 112;
/** 224.0.0.18, where advertisements are sent. */
export const VRRP_GROUP = new Uint8Array([224, 0, 0, 18]);
/** ff02::12, where advertisements are sent over IPv6 (RFC 9568 section 5.1.2.2). */
export const VRRP_GROUP6 = new Uint8Array([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12]);
/** The TTL (IPv6: hop limit) of an advertisement; any other has crossed a router (RFC 9568 section 5.1.1.3). */
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
  /** Addresses of 4 bytes (IPv6: 16) each, one after the other. */
  readonly addresses: Uint8Array;
  /** Of an advertisement that was read: set when its checksum was right in another form than the standard's. */
  readonly checksumForm?: ChecksumForm;
}

/**
 * What the checksum of version 3 over IPv4 covers besides the message:
 *
 * - `standard`: the pseudo header (RFC 9568 section 5.2.8);
 * - `as-v2`: nothing, as in version 2 and in some routers (`v3_checksum_as_v2`);
 * - `old-unicast`: the pseudo header with the multicast group as destination, though it went to a unicast address, as
 *   old releases of keepalived did (`old_unicast_checksum`).
 *
 * Version 2 and IPv6 know only one form.
 */
export type ChecksumForm = "standard" | "as-v2" | "old-unicast";

const STANDARD_ONLY: readonly ChecksumForm[] = ["standard"];

/** Length of the encoded advertisement without IP header. IPv6 has version 3 only. */
export function advertisementBytes(version: 2 | 3, addressCount: number, addressBytes: 4 | 16 = 4): number {
  return HEADER_BYTES + addressBytes * addressCount + (version === 2 ? AUTHENTICATION_BYTES : 0);
}

/**
 * Writes an advertisement behind an IPv4 header of 20 bytes that `packet` already holds (version 3 sums its addresses).
 *
 * @param form of the checksum, for version 3
 * @returns the length of header and advertisement together
 */
export function writeAdvertisement(
  packet: Uint8Array,
  advertisement: Advertisement,
  form: ChecksumForm = "standard",
): number {
  const start = IPV4_HEADER_BYTES;
  const end = writeMessage(packet, start, advertisement, 4);
  setChecksum(packet, start, addWords(pseudoSum(packet, advertisement.version, end - start, form), packet, start, end));
  return end;
}

/**
 * Writes an advertisement of version 3 over IPv6 at the start of `message`, without IP header.
 *
 * @param source 16 bytes, the link-local address that it is sent from; part of the checksum, as is the destination
 * @returns its length
 */
export function writeAdvertisement6(
  message: Uint8Array,
  advertisement: Advertisement,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  const end = writeMessage(message, 0, advertisement, 16);
  setChecksum(message, 0, addWords(pseudoSum6(source, destination, end), message, 0, end));
  return end;
}

/** Writes everything, with a checksum of 0; returns where it ends. */
function writeMessage(packet: Uint8Array, start: number, advertisement: Advertisement, addressBytes: 4 | 16): number {
  const { version, addresses } = advertisement;
  const addressCount = addresses.length / addressBytes;
  const end = start + advertisementBytes(version, addressCount, addressBytes);
  packet[start] = (version << 4) | TYPE_ADVERTISEMENT;
  packet[start + 1] = advertisement.vrid;
  packet[start + 2] = advertisement.priority;
  packet[start + 3] = addressCount;
  writeInterval(packet, start + 4, advertisement);
  packet[start + 6] = packet[start + 7] = 0;
  packet.set(addresses, start + HEADER_BYTES);
  if (version === 2) packet.set(advertisement.authData.subarray(0, AUTHENTICATION_BYTES), end - AUTHENTICATION_BYTES);
  return end;
}

function setChecksum(packet: Uint8Array, start: number, sum: number): void {
  const checksum = finishChecksum(sum);
  packet[start + 6] = checksum >> 8;
  packet[start + 7] = checksum & 0xff;
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
 *
 * @param forms of the checksum that are accepted in version 3, in order
 */
export function readAdvertisement(
  packet: Uint8Array,
  start: number,
  end: number,
  forms: readonly ChecksumForm[] = STANDARD_ONLY,
): Result<Advertisement, AdvertisementFlaw> {
  const flaw = flawOf(packet, start, end, 4);
  if (flaw !== undefined) return { ok: false, reason: flaw };
  const version = (packet[start] as number) >> 4 as 2 | 3;
  const sum = addWords(0, packet, start, end);
  const form = rightForm(packet, version, end - start, sum, version === 2 ? STANDARD_ONLY : forms);
  if (form === undefined) return { ok: false, reason: "checksum" };
  const value = readMessage(packet, start, version, 4);
  return { ok: true, value: form === "standard" ? value : { ...value, checksumForm: form } };
}

/**
 * Reads the advertisement at `message[start, end)` that came over IPv6, without IP header. Only version 3 is defined
 * there. The views in the result live as long as the buffer is not read into again.
 *
 * @param source 16 bytes; part of the checksum, as is the destination
 */
export function readAdvertisement6(
  message: Uint8Array,
  start: number,
  end: number,
  source: Uint8Array,
  destination: Uint8Array,
): Result<Advertisement, AdvertisementFlaw> {
  const flaw = flawOf(message, start, end, 16);
  if (flaw !== undefined) return { ok: false, reason: flaw };
  const sum = addWords(pseudoSum6(source, destination, end - start), message, start, end);
  if (finishChecksum(sum) !== 0) return { ok: false, reason: "checksum" };
  return { ok: true, value: readMessage(message, start, 3, 16) };
}

/** What is wrong with a message before its checksum is looked at. */
function flawOf(packet: Uint8Array, start: number, end: number, addressBytes: 4 | 16): AdvertisementFlaw | undefined {
  if (end - start < HEADER_BYTES) return "length";
  const first = packet[start] as number;
  const version = first >> 4;
  if (version !== 3 && (version !== 2 || addressBytes === 16)) return "version";
  if ((first & 15) !== TYPE_ADVERTISEMENT) return "type";
  const needed = advertisementBytes(version, packet[start + 3] as number, addressBytes);
  return start + needed > end ? "length" : undefined;
}

function rightForm(
  packet: Uint8Array,
  version: 2 | 3,
  length: number,
  sum: number,
  forms: readonly ChecksumForm[],
): ChecksumForm | undefined {
  for (const form of forms) {
    if (finishChecksum(sum + pseudoSum(packet, version, length, form)) === 0) return form;
  }
  return undefined;
}

function readMessage(packet: Uint8Array, start: number, version: 2 | 3, addressBytes: 4 | 16): Advertisement {
  const addressEnd = start + HEADER_BYTES + addressBytes * (packet[start + 3] as number);
  return {
    version,
    vrid: packet[start + 1] as number,
    priority: packet[start + 2] as number,
    advertisementIntervalUs: readInterval(packet, start + 4, version),
    authType: version === 2 ? packet[start + 4] as number : AUTH_NONE,
    authData: packet.subarray(addressEnd, version === 2 ? addressEnd + AUTHENTICATION_BYTES : addressEnd),
    addresses: packet.subarray(start + HEADER_BYTES, addressEnd),
  };
}

function readInterval(packet: Uint8Array, at: number, version: 2 | 3): number {
  if (version === 2) return (packet[at + 1] as number) * SECOND_US;
  return ((((packet[at] as number) & 0x0f) << 8) | (packet[at + 1] as number)) * CENTISECOND_US;
}

/** RFC 3768 sums the VRRP message only; RFC 9568 section 5.2.8 adds the pseudo header. */
function pseudoSum(packet: Uint8Array, version: 2 | 3, length: number, form: ChecksumForm): number {
  if (version === 2 || form === "as-v2") return 0;
  if (form === "standard") {
    return pseudoHeaderSum(packet, IPV4_SOURCE_OFFSET, IPV4_DESTINATION_OFFSET, 4, VRRP_PROTOCOL, length);
  }
  const sum = addWords(VRRP_PROTOCOL + length, packet, IPV4_SOURCE_OFFSET, IPV4_SOURCE_OFFSET + 4);
  return addWords(sum, VRRP_GROUP, 0, 4);
}

function pseudoSum6(source: Uint8Array, destination: Uint8Array, length: number): number {
  return addWords(addWords(VRRP_PROTOCOL + length, source, 0, 16), destination, 0, 16);
}
