// The IPv4 header (RFC 791), as far as VRRP needs it. Does not judge the TTL and knows no options beyond skipping them.
import type { Result } from "../base/result.ts";
import { addWords, finishChecksum } from "./checksum.ts";

/** Length of a header without options. */
export const IPV4_HEADER_BYTES = 20;
/** Offsets of the addresses in the header, 4 bytes each, network order. */
export const IPV4_SOURCE_OFFSET = 12;
/** Where the destination stands in a header. */
export const IPV4_DESTINATION_OFFSET = 16;
const IDENTIFICATION_OFFSET = 4;
const CHECKSUM_OFFSET = 10;

/** What a new header says. */
export interface Ipv4Header {
  readonly trafficClass: number;
  readonly totalLengthBytes: number;
  readonly identification: number;
  readonly ttl: number;
  readonly protocol: number;
  /** 4 bytes each, network order. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Writes a header of 20 bytes at the start of `packet`, flags and fragment offset 0. */
export function writeIpv4Header(packet: Uint8Array, header: Ipv4Header): void {
  const view = new DataView(packet.buffer, packet.byteOffset);
  packet.fill(0, 0, IPV4_HEADER_BYTES);
  packet[0] = 0x45;
  packet[1] = header.trafficClass;
  view.setUint16(2, header.totalLengthBytes);
  packet[8] = header.ttl;
  packet[9] = header.protocol;
  packet.set(header.source, IPV4_SOURCE_OFFSET);
  packet.set(header.destination, IPV4_DESTINATION_OFFSET);
  setIdentification(packet, header.identification);
}

/** Changes the identification (16 bit) of a packet and makes its header checksum right again. */
export function setIdentification(packet: Uint8Array, identification: number): void {
  packet[IDENTIFICATION_OFFSET] = (identification >> 8) & 0xff;
  packet[IDENTIFICATION_OFFSET + 1] = identification & 0xff;
  packet[CHECKSUM_OFFSET] = packet[CHECKSUM_OFFSET + 1] = 0;
  const checksum = finishChecksum(addWords(0, packet, 0, IPV4_HEADER_BYTES));
  packet[CHECKSUM_OFFSET] = checksum >> 8;
  packet[CHECKSUM_OFFSET + 1] = checksum & 0xff;
}

/** A received packet's parts. */
export interface Ipv4Packet {
  readonly ttl: number;
  readonly protocol: number;
  /** Where the payload begins and ends in the buffer; Ethernet padding after it is not part of it. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

/** Reads the header of `packet[0, length)`. The kernel has checked the header's checksum already. */
export function readIpv4(packet: Uint8Array, length: number): Result<Ipv4Packet, "length" | "ip-version"> {
  if (length < IPV4_HEADER_BYTES) return { ok: false, reason: "length" };
  const first = packet[0] as number;
  if (first >> 4 !== 4) return { ok: false, reason: "ip-version" };
  const headerBytes = (first & 15) * 4;
  const totalBytes = ((packet[2] as number) << 8) | (packet[3] as number);
  if (headerBytes < IPV4_HEADER_BYTES || totalBytes < headerBytes || totalBytes > length) {
    return { ok: false, reason: "length" };
  }
  const value = {
    ttl: packet[8] as number,
    protocol: packet[9] as number,
    payloadStart: headerBytes,
    payloadEnd: totalBytes,
  };
  return { ok: true, value };
}
