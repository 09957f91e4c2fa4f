// The first messages of a TLS handshake (RFC 8446, RFC 5246): the client's hello, and the server's up to its certificate.
// Up to TLS 1.2 that is in the clear; what TLS 1.3 encrypts is decrypted elsewhere.

/** ContentType of records. */
export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** HandshakeType. */
export const HANDSHAKE = { serverHello: 2, certificate: 11 } as const;

const RECORD_HEADER_BYTES = 5;
/** 2^14 of text, and what encryption adds. */
const MAX_RECORD_BYTES = 16_384 + 256;
const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;

/** A named group with our public key of it. */
export interface KeyShare {
  readonly group: number;
  readonly key: Uint8Array;
}

/** The groups that shares are sent for. */
export const GROUP = { x25519: 0x001d, p256: 0x0017, p384: 0x0018 } as const;
/** Cipher suites of TLS 1.3 that are offered. */
export const SUITE = { aes128: 0x1301, aes256: 0x1302 } as const;
/** Those of older versions: with ephemeral keys, then RSA, so that old servers show their certificates, too. */
const OLD_SUITES = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014];
const RSA_SUITES = [0x009c, 0x009d, 0x002f, 0x0035, 0x00ff];
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201];

/** What a client's hello is made of. */
export interface ClientHello {
  /** 32 bytes each. */
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly shares: readonly KeyShare[];
  readonly serverName?: string | undefined;
}

/** The handshake message, without its record. */
export function encodeClientHello({ random, sessionId, shares, serverName }: ClientHello): Uint8Array<ArrayBuffer> {
  const suites = [SUITE.aes128, SUITE.aes256, ...OLD_SUITES, ...RSA_SUITES];
  const name = serverName === undefined ? [] : [...new TextEncoder().encode(serverName)];
  const extensions = [
    ...(serverName === undefined ? [] : extension(0, vector(2, [0, ...vector(2, name)]))),
    ...extension(10, vector(2, shares.flatMap(({ group }) => uint16(group)))),
    ...extension(11, vector(1, [0])),
    ...extension(13, vector(2, SIGNATURES.flatMap(uint16))),
    ...extension(43, vector(1, [TLS_1_3, TLS_1_2, 0x0302, 0x0301].flatMap(uint16))),
    ...extension(51, vector(2, shares.flatMap(({ group, key }) => [...uint16(group), ...vector(2, [...key])]))),
  ];
  const body = [
    ...uint16(TLS_1_2),
    ...random,
    ...vector(1, [...sessionId]),
    ...vector(2, suites.flatMap(uint16)),
    ...vector(1, [0]),
    ...vector(2, extensions),
  ];
  return Uint8Array.from([1, ...vector(3, body)]);
}

/** A message in a record of its own. */
export function encodeHandshakeRecord(message: Uint8Array): Uint8Array {
  return Uint8Array.from([RECORD.handshake, ...uint16(0x0301), ...vector(2, [...message])]);
}

function extension(type: number, content: readonly number[]): number[] {
  return [...uint16(type), ...vector(2, content)];
}

function uint16(value: number): number[] {
  return [value >> 8 & 255, value & 255];
}

/** Bytes with their number before them, in so many bytes. */
function vector(lengthBytes: 1 | 2 | 3, content: readonly number[]): number[] {
  const length = [content.length >> 16 & 255, content.length >> 8 & 255, content.length & 255];
  return [...length.slice(3 - lengthBytes), ...content];
}

/** A record. */
export interface TlsRecord {
  readonly type: number;
  /** It authenticates what is encrypted. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** The first record of what has come, and its length; a sentence: that is no TLS; undefined: more has to come. */
export function decodeRecord(bytes: Uint8Array): { record: TlsRecord; length: number } | string | undefined {
  const [type = 0, major = 3, , high, low] = bytes;
  if (bytes.length > 0 && (type < RECORD.changeCipherSpec || type > RECORD.applicationData || major !== 3)) {
    return "what comes is no record of TLS";
  }
  if (high === undefined || low === undefined) return undefined;
  const size = high << 8 | low;
  if (size > MAX_RECORD_BYTES) return `a record of ${size} bytes`;
  const length = RECORD_HEADER_BYTES + size;
  if (bytes.length < length) return undefined;
  const [header, payload] = [bytes.slice(0, RECORD_HEADER_BYTES), bytes.slice(RECORD_HEADER_BYTES, length)];
  return { record: { type, header, payload }, length };
}

/** A handshake message; `whole` has its header, too. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
  readonly whole: Uint8Array;
}

/** Certificates with long chains are some kilobytes. */
const MAX_MESSAGES_BYTES = 128 * 1024;

/** Puts messages together from the payloads of records. */
export class HandshakeMessages {
  #bytes = new Uint8Array();

  /** Takes the next bytes; false: there are too many. */
  push(payload: Uint8Array): boolean {
    if (this.#bytes.length + payload.length > MAX_MESSAGES_BYTES) return false;
    this.#bytes = Uint8Array.from([...this.#bytes, ...payload]);
    return true;
  }

  /** The next whole message. */
  next(): HandshakeMessage | undefined {
    const [type, a, b, c] = this.#bytes;
    if (type === undefined || a === undefined || b === undefined || c === undefined) return undefined;
    const end = 4 + (a << 16 | b << 8 | c);
    if (this.#bytes.length < end) return undefined;
    const whole = this.#bytes.slice(0, end);
    this.#bytes = this.#bytes.slice(end);
    return { type, body: whole.subarray(4), whole };
  }
}

/** What a server's hello decides. */
export interface ServerHello {
  /** What follows is encrypted. */
  readonly isTls13: boolean;
  readonly suite: number;
  /** Of TLS 1.3. */
  readonly share?: KeyShare;
  /** It wants another hello (HelloRetryRequest). */
  readonly retries: boolean;
}

/** SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3) begins so. */
const RETRY = [0xcf, 0x21, 0xad, 0x74];

/** Undefined: it makes no sense. */
export function readServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new Reader(body);
  reader.skip(2);
  const random = reader.take(32);
  reader.vector(1);
  const suite = reader.uint(2);
  reader.skip(1);
  const extensions = new Reader(reader.atEnd ? new Uint8Array() : reader.vector(2));
  let [isTls13, share]: [boolean, KeyShare | undefined] = [false, undefined];
  while (!extensions.atEnd && !extensions.failed) {
    const type = extensions.uint(2);
    const content = new Reader(extensions.vector(2));
    if (type === 43) isTls13 = content.uint(2) === TLS_1_3;
    if (type === 51) share = { group: content.uint(2), key: content.atEnd ? new Uint8Array() : content.vector(2) };
  }
  if (reader.failed || extensions.failed) return undefined;
  const retries = RETRY.every((byte, index) => random[index] === byte);
  return { isTls13, suite, retries, ...(share === undefined ? {} : { share }) };
}

/** The server's own certificate, in DER; undefined: there is none, or the message makes no sense. */
export function readCertificate(body: Uint8Array, isTls13: boolean): Uint8Array | undefined {
  const reader = new Reader(body);
  if (isTls13) reader.vector(1);
  const list = new Reader(reader.vector(3));
  const certificate = list.vector(3);
  return reader.failed || list.failed || certificate.length === 0 ? undefined : certificate;
}

/** Reads numbers and vectors; beyond the end there is nothing, and it has failed. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(count: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count);
    if (bytes.length < count) this.failed = true;
    this.#at += count;
    return bytes;
  }

  skip(count: number): void {
    this.take(count);
  }

  uint(bytes: number): number {
    return this.take(bytes).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  vector(lengthBytes: number): Uint8Array {
    return this.take(this.uint(lengthBytes));
  }
}

/** Names of the alerts that answer a hello. */
const ALERTS: Readonly<Record<number, string>> = {
  40: "handshake_failure",
  47: "illegal_parameter",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  112: "unrecognized_name",
  116: "certificate_required",
  120: "no_application_protocol",
};

/** What an alert says. */
export function alertName(payload: Uint8Array): string {
  const code = payload[1] ?? NaN;
  return ALERTS[code] ?? `alert ${code}`;
}
