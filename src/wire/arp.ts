// The gratuitous ARP that tells a link where an IPv4 address lives now (RFC 5227 section 3, RFC 9568 section 6.4.2).

/** EtherType of ARP. */
export const ETHERTYPE_ARP = 0x0806;
/** Ethernet header and an ARP message for IPv4 over Ethernet. */
export const GRATUITOUS_ARP_BYTES = 42;

/**
 * A gratuitous ARP in keepalived's form: a broadcast request, sender and target address both ours, target hardware
 * address all ones. Switches and neighbours learn from it as from a reply.
 *
 * @param hardwareAddress 6 bytes, the sender
 * @param address 4 bytes, network order
 */
export function gratuitousArp(hardwareAddress: Uint8Array, address: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(GRATUITOUS_ARP_BYTES);
  frame.fill(0xff, 0, 6);
  frame.set(hardwareAddress, 6);
  // EtherType; hardware type Ethernet, protocol IPv4, lengths 6 and 4, operation request
  frame.set([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01], 12);
  frame.set(hardwareAddress, 22);
  frame.set(address, 28);
  frame.fill(0xff, 32, 38);
  frame.set(address, 38);
  return frame;
}
