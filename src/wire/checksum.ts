// The Internet checksum (RFC 1071) over runs of bytes, and the pseudo header that upper layers add.

/**
 * Adds the 16 bit words of `bytes[start, end)` to a running sum; an odd last byte counts as its high half.
 * A sum stays exact for more bytes than any packet has.
 */
export function addWords(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return at < end ? sum + ((bytes[at] as number) << 8) : sum;
}

/** Folds a sum of words into the checksum field's value, 0 to 65535. A correct packet, its field included, gives 0. */
export function finishChecksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * The sum of the pseudo header: source, destination, protocol and length (RFC 793 for IPv4, RFC 8200 section 8.1).
 *
 * @param bytes holds both addresses, network order, at `source` and `destination`
 * @param addressBytes 4 or 16
 */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  source: number,
  destination: number,
  addressBytes: 4 | 16,
  protocol: number,
  lengthBytes: number,
): number {
  const sum = addWords(protocol + lengthBytes, bytes, source, source + addressBytes);
  return addWords(sum, bytes, destination, destination + addressBytes);
}
