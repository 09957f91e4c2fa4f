// The keys of a TLS 1.3 handshake (RFC 8446 section 7): as much as it takes to read the server's certificate.
import { GROUP, type KeyShare, type ServerHello, SUITE, type TlsRecord } from "../wire/tls_hello.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Our half of a key exchange. */
export interface OwnShare extends KeyShare {
  readonly pair: CryptoKeyPair;
}

const ALGORITHMS = {
  [GROUP.x25519]: { name: "X25519", bits: 256 },
  [GROUP.p256]: { name: "ECDH", namedCurve: "P-256", bits: 256 },
  [GROUP.p384]: { name: "ECDH", namedCurve: "P-384", bits: 384 },
} as const;
type Group = keyof typeof ALGORITHMS;

/** A new share for each group. */
export function ownShares(): Promise<OwnShare[]> {
  return Promise.all(
    Object.keys(ALGORITHMS).map(async (name): Promise<OwnShare> => {
      const group = Number(name) as Group;
      const pair = await crypto.subtle.generateKey(ALGORITHMS[group], true, ["deriveBits"]) as CryptoKeyPair;
      return { group, pair, key: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
    }),
  );
}

/** How the server encrypts from its hello on. */
export class ServerHandshakeKeys {
  readonly #key: CryptoKey;
  readonly #iv: Bytes;
  #sequence = 0;

  private constructor(key: CryptoKey, iv: Bytes) {
    this.#key = key;
    this.#iv = iv;
  }

  /** @param transcript both hellos, one after the other @throws when the server's share is none */
  static async derive(
    shares: readonly OwnShare[],
    { suite, share }: ServerHello,
    transcript: Bytes,
  ): Promise<ServerHandshakeKeys> {
    const own = shares.find(({ group }) => group === share?.group);
    if (own === undefined || share === undefined) throw new Error("no share of a group that was offered");
    if (suite !== SUITE.aes128 && suite !== SUITE.aes256) throw new Error("a cipher suite that was not offered");
    const schedule = new Schedule(suite === SUITE.aes128 ? "SHA-256" : "SHA-384");
    const secret = await schedule.serverSecret(await sharedSecret(own, share), transcript);
    const raw = await schedule.expand(secret, "key", new Uint8Array(), suite === SUITE.aes128 ? 16 : 32);
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    return new ServerHandshakeKeys(key, await schedule.expand(secret, "iv", new Uint8Array(), 12));
  }

  /** What is in a record: its true type and its content. @throws when it is not the server's */
  async open({ header, payload }: TlsRecord): Promise<{ type: number; content: Uint8Array }> {
    const iv = Uint8Array.from(this.#iv);
    new DataView(iv.buffer).setUint32(8, new DataView(iv.buffer).getUint32(8) ^ this.#sequence++);
    const additionalData = Uint8Array.from(header);
    const plain = new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, this.#key, Uint8Array.from(payload)),
    );
    let end = plain.length;
    while (end > 0 && plain[end - 1] === 0) end--; // padding
    return { type: plain[end - 1] ?? 0, content: plain.subarray(0, Math.max(0, end - 1)) };
  }
}

async function sharedSecret({ group, pair }: OwnShare, { key }: KeyShare): Promise<Bytes> {
  const { bits, ...algorithm } = ALGORITHMS[group as Group];
  const theirs = await crypto.subtle.importKey("raw", Uint8Array.from(key), algorithm, false, []);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: algorithm.name, public: theirs }, pair.privateKey, bits),
  );
}

/** The key schedule with one hash. */
class Schedule {
  readonly #hash: "SHA-256" | "SHA-384";
  readonly #bytes: number;

  constructor(hash: "SHA-256" | "SHA-384") {
    this.#hash = hash;
    this.#bytes = hash === "SHA-256" ? 32 : 48;
  }

  /** server_handshake_traffic_secret. */
  async serverSecret(shared: Bytes, transcript: Bytes): Promise<Bytes> {
    const zeros = new Uint8Array(this.#bytes);
    const early = await this.#hmac(zeros, zeros);
    const derived = await this.expand(early, "derived", await this.#digest(new Uint8Array()), this.#bytes);
    const handshake = await this.#hmac(derived, shared);
    return await this.expand(handshake, "s hs traffic", await this.#digest(transcript), this.#bytes);
  }

  /** HKDF-Expand-Label, of at most one block. */
  async expand(secret: Bytes, label: string, context: Bytes, length: number): Promise<Bytes> {
    const name = new TextEncoder().encode(`tls13 ${label}`);
    const info = [length >> 8, length & 255, name.length, ...name, context.length, ...context, 1];
    return (await this.#hmac(secret, Uint8Array.from(info))).slice(0, length);
  }

  async #hmac(key: Bytes, data: Bytes): Promise<Bytes> {
    const algorithm = { name: "HMAC", hash: this.#hash };
    const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
  }

  async #digest(data: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.digest(this.#hash, data));
  }
}
