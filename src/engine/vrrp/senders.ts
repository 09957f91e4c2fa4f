// Who sent a packet, from where we may send ourselves. No state.
import { type Family, formatIp, parseIp } from "../../base/ip.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { NetworkInterface, NetworkPort } from "../../ports/network.ts";
import { familyOfPacket, sourceOffset } from "../../wire/ip_packet.ts";

/** The source address of a packet, for people. */
export function senderOf(packet: Uint8Array): string {
  const at = sourceAt(packet);
  return formatIp(packet.subarray(at, at + (familyOfPacket(packet) === 6 ? 16 : 4)));
}

/** Where the source address of a packet stands. */
export function sourceAt(packet: Uint8Array): number {
  return sourceOffset(familyOfPacket(packet));
}

/** Addresses that advertisements may be sent from (RFC 9568 sections 5.1.1.1 and 5.1.2.1). */
export function sourceCandidates(found: NetworkInterface | undefined, family: Family): readonly string[] {
  if (family === 4) return found?.ipv4Addresses ?? [];
  return (found?.ipv6Addresses ?? []).filter((address) => /^fe[89ab]/.test(address));
}

/** `track_src_ip`: whether the configured source address is not on the interface. */
export function lacksSource(
  found: NetworkInterface | undefined,
  { tracksSourceAddress, sourceAddress }: Pick<VrrpInstance, "tracksSourceAddress" | "sourceAddress">,
): boolean {
  if (!tracksSourceAddress || sourceAddress === undefined || found === undefined) return false;
  return ![...found.ipv4Addresses, ...found.ipv6Addresses].includes(sourceAddress);
}

/**
 * Whether advertisements to peers are to come from an address that is not ours (`unicast_src_ip`): answers would go elsewhere, and
 * one that hears nobody becomes master beside another. On whichever interface it is, as under keepalived.
 */
export function lacksUnicastSource(
  network: NetworkPort,
  { sourceAddress, unicastPeers }: Pick<VrrpInstance, "sourceAddress" | "unicastPeers">,
): boolean {
  return sourceAddress !== undefined && unicastPeers.length > 0 && network.ownsAddress?.(sourceAddress) === false;
}

/** An address as text and as bytes. */
export function withBytes(text: string): { text: string; bytes: Uint8Array } | undefined {
  const bytes = parseIp(text);
  return bytes === undefined ? undefined : { text, bytes };
}
