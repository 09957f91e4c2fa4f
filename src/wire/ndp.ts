// The unsolicited Neighbor Advertisement that tells a link where an IPv6 address lives now (RFC 4861 sections 4.4 and
// 7.2.6, RFC 9568 section 6.4.2). Does not read what neighbors say.
import { addWords, finishChecksum, pseudoHeaderSum } from "./checksum.ts";
import { IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES, IPV6_SOURCE_OFFSET, writeIpv6Header } from "./ipv6.ts";

/** EtherType of IPv6. */
export const ETHERTYPE_IPV6 = 0x86dd;
/** Ethernet header, IPv6 header, advertisement and its option. */
export const NEIGHBOR_ADVERTISEMENT_BYTES = 86;

const ICMPV6_PROTOCOL = 58;
const TYPE_NEIGHBOR_ADVERTISEMENT = 136;
/** A neighbor believes no advertisement that a router could have forwarded (RFC 4861 section 7.1.2). */
const HOP_LIMIT = 255;
const FLAG_ROUTER = 0x80;
const FLAG_OVERRIDE = 0x20;
const OPTION_TARGET_LINK_LAYER_ADDRESS = 2;
const ETHERNET_HEADER_BYTES = 14;
const ADVERTISEMENT_BYTES = 32;
/** ff02::1, and the Ethernet address that it maps to (RFC 2464 section 7). */
const ALL_NODES = new Uint8Array([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const ALL_NODES_ETHERNET = [0x33, 0x33, 0, 0, 0, 1];

/**
 * An Ethernet frame to all nodes in keepalived's form: sent from the virtual address itself, with the Override flag, so
 * that neighbors replace what they know.
 *
 * @param hardwareAddress 6 bytes: sender, and the link-layer address that is announced
 * @param address 16 bytes, network order
 * @param router whether this host forwards IPv6 (the Router flag); hosts drop a default router that denies it
 */
export function unsolicitedNeighborAdvertisement(
  hardwareAddress: Uint8Array,
  address: Uint8Array,
  router: boolean,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(NEIGHBOR_ADVERTISEMENT_BYTES);
  frame.set(ALL_NODES_ETHERNET, 0);
  frame.set(hardwareAddress, 6);
  frame[12] = ETHERTYPE_IPV6 >> 8;
  frame[13] = ETHERTYPE_IPV6 & 0xff;
  writeIpv6Header(frame, ETHERNET_HEADER_BYTES, {
    trafficClass: 0,
    payloadLengthBytes: ADVERTISEMENT_BYTES,
    nextHeader: ICMPV6_PROTOCOL,
    hopLimit: HOP_LIMIT,
    source: address,
    destination: ALL_NODES,
  });
  const start = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
  frame[start] = TYPE_NEIGHBOR_ADVERTISEMENT;
  frame[start + 4] = FLAG_OVERRIDE | (router ? FLAG_ROUTER : 0);
  frame.set(address, start + 8);
  frame[start + 24] = OPTION_TARGET_LINK_LAYER_ADDRESS;
  frame[start + 25] = 1; // length of the option in units of 8 bytes
  frame.set(hardwareAddress, start + 26);
  const pseudo = pseudoHeaderSum(
    frame,
    ETHERNET_HEADER_BYTES + IPV6_SOURCE_OFFSET,
    ETHERNET_HEADER_BYTES + IPV6_DESTINATION_OFFSET,
    16,
    ICMPV6_PROTOCOL,
    ADVERTISEMENT_BYTES,
  );
  const checksum = finishChecksum(addWords(pseudo, frame, start, frame.length));
  frame[start + 2] = checksum >> 8;
  frame[start + 3] = checksum & 0xff;
  return frame;
}
