// DNS over UDP as far as DNS_CHECK needs it: a query to bytes, bytes to the header of a response (RFC 1035 section 4).
// Reads no record.
import type { Result } from "../base/result.ts";

const HEADER_BYTES = 12;
const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const MAX_LABEL_BYTES = 63;
/** With the length of each label and the empty one at the end (RFC 1035 section 2.3.4). */
const MAX_NAME_BYTES = 255;

/** Record types by name (RFC 1035, 3596, 4034). */
export const DNS_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  RRSIG: 46,
  DNSKEY: 48,
} as const;

/** RFC 1035 section 4.1.1, RFC 2136 section 2.2; the others are shown by number. */
const RCODES: Readonly<Record<number, string>> = {
  0: "NOERROR",
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
  6: "YXDOMAIN",
  7: "YXRRSET",
  8: "NXRRSET",
  9: "NOTAUTH",
  10: "NOTZONE",
};

/** The header of a message. */
export interface DnsHeader {
  /** 0 to 65535. */
  readonly id: number;
  readonly isResponse: boolean;
  /** The answer did not fit into the datagram. */
  readonly truncated: boolean;
  /** 0 to 15. */
  readonly rcode: number;
  readonly answerCount: number;
}

/** The name of a response code: `SERVFAIL`, `RCODE 11`. */
export function dnsRcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE ${rcode}`;
}

/**
 * The bytes of a query of class IN that asks for recursion.
 *
 * @param name labels between dots, with or without the last dot; `.` and the empty text are the root. ASCII only
 * @returns `name`: an empty label, one over 63 bytes, a name over 255, or other characters than printable ASCII
 */
export function writeDnsQuery(id: number, name: string, type: keyof typeof DNS_TYPES): Result<Uint8Array, "name"> {
  const encoded = encodeName(name);
  if (encoded === undefined) return { ok: false, reason: "name" };
  const bytes = new Uint8Array(HEADER_BYTES + encoded.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RECURSION_DESIRED);
  view.setUint16(4, 1); // one question
  bytes.set(encoded, HEADER_BYTES);
  view.setUint16(HEADER_BYTES + encoded.length, DNS_TYPES[type]);
  view.setUint16(HEADER_BYTES + encoded.length + 2, CLASS_IN);
  return { ok: true, value: bytes };
}

/** Reads the header of a message. */
export function readDnsHeader(bytes: Uint8Array): Result<DnsHeader, "short"> {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: "short" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(2);
  return {
    ok: true,
    value: {
      id: view.getUint16(0),
      isResponse: (flags & RESPONSE) !== 0,
      truncated: (flags & TRUNCATED) !== 0,
      rcode: flags & 0x000f,
      answerCount: view.getUint16(6),
    },
  };
}

function encodeName(name: string): number[] | undefined {
  if (!/^[\x21-\x7e]*$/.test(name)) return undefined;
  const labels = name.replace(/\.$/, "").split(".");
  if (labels.length === 1 && labels[0] === "") return [0];
  const bytes: number[] = [];
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES) return undefined;
    bytes.push(label.length, ...[...label].map((character) => character.charCodeAt(0)));
  }
  bytes.push(0);
  return bytes.length > MAX_NAME_BYTES ? undefined : bytes;
}
