// Digests for networks of paper: they tell keys and packets apart, and keep no secret.
import type { Digests } from "../../ports/digests.ts";
import type { Hmac } from "../../wire/auth_header.ts";

/** FNV-1a over key and data, once for each byte of the digest. */
const digest = (bytes: number): Hmac => (key, data) => {
  let hash = 0x811c9dc5;
  for (const part of [key, data]) for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  return Uint8Array.from({ length: bytes }, () => (hash = Math.imul(hash ^ bytes, 0x01000193)) >>> 24);
};

/** No cryptography: for simulations and rehearsals only. */
export const PAPER_DIGESTS: Digests = { md5: digest(16), sha256: digest(32) };
