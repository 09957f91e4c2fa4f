// Keyed digests, for packets that carry one.
import type { Hmac } from "../wire/auth_header.ts";

/** Where they come from. */
export interface Digests {
  /** RFC 2104, RFC 2403. */
  readonly md5: Hmac;
  /** RFC 4231. */
  readonly sha256: Hmac;
}
