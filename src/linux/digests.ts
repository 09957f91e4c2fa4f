// Keyed digests by the runtime's own library, which is loaded at the first one: few routers need it, and it costs 12 MB.
import { builtinModule } from "./builtin_module.ts";
import type { Digests } from "../ports/digests.ts";
import type { Hmac } from "../wire/auth_header.ts";

/** The part of node:crypto that is used. */
interface Crypto {
  createHmac(algorithm: string, key: Uint8Array): { update(data: Uint8Array): { digest(): Uint8Array } };
}

/** The real Digests. Synchronous, since packets are judged in a loop that waits for nothing. */
export class RuntimeDigests implements Digests {
  #crypto: Crypto | undefined;
  readonly md5: Hmac = (key, data) => this.#hmac("md5", key, data);
  readonly sha256: Hmac = (key, data) => this.#hmac("sha256", key, data);

  #hmac(algorithm: string, key: Uint8Array, data: Uint8Array): Uint8Array {
    this.#crypto ??= loadCrypto();
    return this.#crypto.createHmac(algorithm, key).update(data).digest();
  }
}

function loadCrypto(): Crypto {
  const { process } = globalThis as unknown as { process: { noDeprecation?: boolean } };
  process.noDeprecation = true; // older runtimes complain, on standard error, of how they themselves make an Hmac
  return builtinModule("node:crypto");
}
