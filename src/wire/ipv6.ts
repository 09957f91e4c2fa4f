// The IPv6 header (RFC 8200 section 3), as far as VRRP and neighbor discovery need it: no extension headers.
import type { Result } from "../base/result.ts";

/** Length of the fixed header. */
export const IPV6_HEADER_BYTES = 40;
/** Offsets of the addresses in the header, 16 bytes each, network order. */
export const IPV6_SOURCE_OFFSET = 8;
export const IPV6_DESTINATION_OFFSET = 24;

/** What a new header says. */
export interface Ipv6Header {
  readonly trafficClass: number;
  readonly payloadLengthBytes: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  /** 16 bytes each, network order. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Writes a header of 40 bytes at `packet[start]`, flow label 0. */
export function writeIpv6Header(packet: Uint8Array, start: number, header: Ipv6Header): void {
  packet[start] = 0x60 | (header.trafficClass >> 4);
  packet[start + 1] = (header.trafficClass & 15) << 4;
  packet[start + 2] = packet[start + 3] = 0;
  packet[start + 4] = header.payloadLengthBytes >> 8;
  packet[start + 5] = header.payloadLengthBytes & 0xff;
  packet[start + 6] = header.nextHeader;
  packet[start + 7] = header.hopLimit;
  packet.set(header.source, start + IPV6_SOURCE_OFFSET);
  packet.set(header.destination, start + IPV6_DESTINATION_OFFSET);
}

/** A received packet's parts. */
export interface Ipv6Packet {
  readonly hopLimit: number;
  /** Of an extension header, when there is one: such packets are nobody's here. */
  readonly nextHeader: number;
  /** Where the payload begins and ends in the buffer; Ethernet padding after it is not part of it. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

/** Reads the header of `packet[0, length)`. */
export function readIpv6(packet: Uint8Array, length: number): Result<Ipv6Packet, "length" | "ip-version"> {
  if (length < IPV6_HEADER_BYTES) return { ok: false, reason: "length" };
  if ((packet[0] as number) >> 4 !== 6) return { ok: false, reason: "ip-version" };
  const payloadEnd = IPV6_HEADER_BYTES + (((packet[4] as number) << 8) | (packet[5] as number));
  if (payloadEnd > length) return { ok: false, reason: "length" };
  const value = {
    hopLimit: packet[7] as number,
    nextHeader: packet[6] as number,
    payloadStart: IPV6_HEADER_BYTES,
    payloadEnd,
  };
  return { ok: true, value };
}
