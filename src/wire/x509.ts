// When the validity of an X.509 certificate ends (RFC 5280 section 4.1): as much of DER as that needs.

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Behind it. */
  readonly end: number;
}

const SEQUENCE = 0x30;
/** [0] EXPLICIT: the version, which the first version does not have. */
const VERSION = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** Wall clock in milliseconds; undefined: not a certificate, or not one that can be read. */
export function notAfterMs(der: Uint8Array): number | undefined {
  const certificate = elementAt(der, 0);
  const body = certificate?.tag === SEQUENCE ? elementAt(certificate.content, 0) : undefined;
  if (body?.tag !== SEQUENCE) return undefined;
  const first = elementAt(body.content, 0);
  // Serial number, algorithm, issuer; then the validity.
  let at = first?.tag === VERSION ? first.end : 0;
  for (let skipped = 0; skipped < 3; skipped++) {
    const element = elementAt(body.content, at);
    if (element === undefined) return undefined;
    at = element.end;
  }
  const validity = elementAt(body.content, at);
  const notBefore = validity?.tag === SEQUENCE ? elementAt(validity.content, 0) : undefined;
  const notAfter = validity && notBefore && elementAt(validity.content, notBefore.end);
  return notAfter && timeOf(notAfter);
}

function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (lengthBytes > 3) return undefined;
  const start = at + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  return end > bytes.length ? undefined : { tag, content: bytes.subarray(start, end), end };
}

/** `YYMMDDHHMMSSZ` up to 2049, else `YYYYMMDDHHMMSSZ` (section 4.1.2.5). */
function timeOf({ tag, content }: Element): number | undefined {
  const text = String.fromCharCode(...content.subarray(0, 16));
  const isShort = tag === UTC_TIME;
  if (!isShort && tag !== GENERALIZED_TIME) return undefined;
  const match = (isShort ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    text,
  );
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const century = !isShort ? 0 : year < 50 ? 2000 : 1900;
  return utcMs(century + year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Days since 1970 in the Gregorian calendar, in milliseconds. */
function utcMs(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  const era = Math.floor(years / 400);
  const ofEra = years - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const days = era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
  return days * 86_400_000;
}
