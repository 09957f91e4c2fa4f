// IP addresses as text and as bytes in network order. Knows no host names and no zones.

/** Address family as people count them: IPv4 or IPv6. */
export type Family = 4 | 6;

/**
 * Reads an IPv4 address in dotted quads, without leading zeros.
 *
 * @returns 4 bytes in network order, or undefined if the text is no IPv4 address
 */
export function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let index = 0; index < 4; index++) {
    if (index > 0 && text.charCodeAt(at++) !== 46) return undefined;
    const start = at;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at)) {
      value = value * 10 + code - 48;
    }
    const digits = at - start;
    const hasLeadingZero = digits > 1 && text.charCodeAt(start) === 48;
    if (digits < 1 || digits > 3 || value > 255 || hasLeadingZero) return undefined;
    bytes[index] = value;
  }
  return at === text.length ? bytes : undefined;
}

/**
 * Reads an IPv6 address (RFC 4291 section 2.2): groups, one `::`, an IPv4 tail.
 *
 * @returns 16 bytes in network order, or undefined if the text is no IPv6 address
 */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
      continue;
    }
    const quads = mayEndInIpv4 && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (quads === undefined) return undefined;
    bytes.push(...quads);
  }
  return bytes;
}

/** Reads an address of either family: 4 or 16 bytes in network order, or undefined. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/**
 * All addresses from `first` to `last`, both included and of one family. At most `limit` of them, for a range of IPv6 may
 * stand for more than any memory holds.
 */
export function addressesBetween(first: string, last: string, limit = MAX_RANGE): string[] {
  const [from, to] = [parseIp(first), parseIp(last)];
  if (from === undefined || to === undefined || from.length !== to.length) return [];
  const end = formatIp(to);
  const addresses: string[] = [];
  for (let text = formatIp(from); addresses.length < limit; text = formatIp(from)) {
    addresses.push(text);
    if (text === end) break;
    for (let at = from.length - 1; at >= 0; at--) {
      const sum = (from[at] ?? 0) + 1;
      from[at] = sum & 255;
      if (sum < 256) break;
    }
  }
  return addresses;
}

/** How many addresses lie from `first` to `last`, both included; more than 2^53 are not exact. */
export function rangeSize(first: string, last: string): number {
  const value = (text: string): bigint => [...parseIp(text) ?? []].reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  return Number(value(last) - value(first) + 1n);
}

/** Addresses that one range may stand for. */
export const MAX_RANGE = 65_536;

/** The family of an address text that `parseIp` accepts; a colon makes it IPv6. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/** Text of an address of 4 or 16 bytes in network order; IPv6 in the form of RFC 5952. */
export function formatIp(bytes: Uint8Array): string {
  return bytes.length === 4 ? `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` : formatIpv6(bytes);
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    if (end > start) start = end;
  }
  return best;
}

/** An IPv4 address as a number (0 to 2^32-1), for comparing: RFC 9568 breaks ties by the greater address. */
export function ipv4ToNumber(bytes: Uint8Array): number {
  return (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0;
}

/** `address:port` as people write it, IPv6 in brackets. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
