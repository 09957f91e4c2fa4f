// What packets of both IP versions have in common, for those who do not care which one it is.
import type { Family } from "../base/ip.ts";
import type { Result } from "../base/result.ts";
import { IPV4_DESTINATION_OFFSET, IPV4_SOURCE_OFFSET, readIpv4 } from "./ipv4.ts";
import { IPV6_DESTINATION_OFFSET, IPV6_SOURCE_OFFSET, readIpv6 } from "./ipv6.ts";

/** A received packet's parts. */
export interface IpPacket {
  readonly family: Family;
  /** Hop limit in IPv6. */
  readonly ttl: number;
  /** Next header in IPv6. */
  readonly protocol: number;
  /** Where the payload begins and ends in the buffer. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

/** Reads the header of `packet[0, length)`, of the version that it says it is. */
export function readIp(packet: Uint8Array, length: number): Result<IpPacket, "length" | "ip-version"> {
  if (length > 0 && (packet[0] as number) >> 4 === 6) {
    const read = readIpv6(packet, length);
    if (!read.ok) return read;
    const { hopLimit: ttl, nextHeader: protocol, payloadStart, payloadEnd } = read.value;
    return { ok: true, value: { family: 6, ttl, protocol, payloadStart, payloadEnd } };
  }
  const read = readIpv4(packet, length);
  return read.ok ? { ok: true, value: { family: 4, ...read.value } } : read;
}

/** The family of a packet that `readIp` accepted. */
export function familyOfPacket(packet: Uint8Array): Family {
  return (packet[0] as number) >> 4 === 6 ? 6 : 4;
}

/** Where the source address stands in a header. */
export function sourceOffset(family: Family): number {
  return family === 6 ? IPV6_SOURCE_OFFSET : IPV4_SOURCE_OFFSET;
}

/** Where the destination address stands in a header. */
export function destinationOffset(family: Family): number {
  return family === 6 ? IPV6_DESTINATION_OFFSET : IPV4_DESTINATION_OFFSET;
}

/**
 * Compares the address at `packet[at]` with another, as unsigned integers in network order.
 *
 * @param address 4 or 16 bytes
 * @returns above 0 when that of the packet is greater, 0 when they are equal
 */
export function compareAddress(packet: Uint8Array, at: number, address: Uint8Array): number {
  for (let index = 0; index < address.length; index++) {
    const difference = (packet[at + index] as number) - (address[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the address at `packet[at]` is a multicast one: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291). */
export function isMulticast(packet: Uint8Array, at: number, family: Family): boolean {
  const first = packet[at] as number;
  return family === 6 ? first === 0xff : first >> 4 === 0xe;
}
