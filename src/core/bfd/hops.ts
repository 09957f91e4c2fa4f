// Whether a BFD packet came from near enough (RFC 5881 section 5): only a neighbor's has lost no hop.

/** Limits of a `bfd_instance`. */
export interface HopRule {
  /** TTL or hop limit that is sent, by us and by a neighbor that is configured as we are (`ttl`, `hoplimit`), 1 to 255. */
  readonly ttl: number;
  /** How much less a packet may arrive with (`max_hops`), 0 to 255; -1, and 255, do not look. */
  readonly maxHops: number;
}

/** What keepalived sends over IPv4. */
export const DEFAULT_TTL = 255;
/** What keepalived sends over IPv6. */
export const DEFAULT_HOP_LIMIT = 64;

/**
 * Whether a packet may be believed that arrived with `receivedTtl`. With the default `ttl` and `max_hops` 0 that is the
 * rule of RFC 5881 section 5 for single hop; multihop sessions (RFC 5883) raise `max_hops`.
 *
 * @param receivedTtl 0 to 255; undefined when the system did not say
 */
export function acceptsHops(rule: HopRule, receivedTtl: number | undefined): boolean {
  if (rule.maxHops < 0 || rule.maxHops >= 255) return true;
  return receivedTtl !== undefined && rule.ttl - receivedTtl <= rule.maxHops;
}
