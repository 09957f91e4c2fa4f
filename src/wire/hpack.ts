// Header compression of HTTP/2 (RFC 7541), as much as one request and one answer need: no dynamic table (we ask for one of
// size 0), fields are written without compression and read in every form.

/** A name and its value. */
export type HeaderField = readonly [name: string, value: string];

/** Appendix A: name, or name and value, in order from index 1. */
const STATIC: readonly HeaderField[] = `:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|
:scheme https|:status 200|:status 204|:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|
accept-encoding gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|
cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|
content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|
if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|
retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
  .split("|").map((entry) => {
    const [name = "", ...value] = entry.trim().split(" ");
    return [name, value.join(" ")];
  });

/** Appendix B: length of each octet's code in bits, then that of the end. The codes follow from them: they are canonical. */
const CODE_LENGTHS: readonly number[] = `
13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28
6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10
13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6
15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28
20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24
22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23
26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27
20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26
30`.trim().split(/\s+/).map(Number);

const LONGEST_CODE = 30;
const END_SYMBOL = 256;

/** Symbols by length and code. */
const SYMBOLS: ReadonlyMap<number, number> = symbols();

function symbols(): Map<number, number> {
  const found = new Map<number, number>();
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code *= 2;
    for (const [symbol, own] of CODE_LENGTHS.entries()) {
      if (own === length) found.set(keyOf(length, code++), symbol);
    }
  }
  return found;
}

function keyOf(length: number, code: number): number {
  return length * 2 ** LONGEST_CODE + code;
}

/** Undefined: not of this code, or its padding is too long (section 5.2). */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = "";
  let [code, length] = [0, 0];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + (byte >> bit & 1);
      if (++length > LONGEST_CODE) return undefined;
      const symbol = SYMBOLS.get(keyOf(length, code));
      if (symbol === END_SYMBOL) return undefined;
      if (symbol === undefined) continue;
      text += String.fromCharCode(symbol);
      [code, length] = [0, 0];
    }
  }
  return length < 8 && code === 2 ** length - 1 ? text : undefined;
}

/** Fields as literals that nobody keeps (section 6.2.2); of ASCII text. */
export function encodeHeaders(fields: readonly HeaderField[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(fields.flatMap(([name, value]) => [
    0,
    ...[name, value].flatMap((text) => {
      const bytes = encoder.encode(text);
      return [...encodeInteger(bytes.length, 7), ...bytes];
    }),
  ]));
}

/** Section 5.1, with zeros before the prefix. */
function encodeInteger(value: number, prefixBits: number): number[] {
  const most = 2 ** prefixBits - 1;
  if (value < most) return [value];
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 128);
  return [...bytes, rest];
}

/** All fields of a header block; undefined when it is none, or refers to a table that was not allowed. */
export function decodeHeaders(block: Uint8Array): HeaderField[] | undefined {
  const fields: HeaderField[] = [];
  const reader = new BlockReader(block);
  while (!reader.atEnd) {
    const field = reader.field();
    if (field === undefined) return undefined;
    if (field !== "resize") fields.push(field);
  }
  return fields;
}

/** Longer numbers are of no use in a block of some kilobytes. */
const MAX_INTEGER = 1 << 20;

class BlockReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** One representation (section 6). */
  field(): HeaderField | "resize" | undefined {
    const first = this.#bytes[this.#at] ?? 0;
    if (first >= 0x80) return this.#indexed(7);
    if (first >= 0x40) return this.#literal(6);
    if (first >= 0x20) return this.#integer(5) === undefined ? undefined : "resize";
    return this.#literal(4);
  }

  #indexed(prefixBits: number): HeaderField | undefined {
    const index = this.#integer(prefixBits);
    return index === undefined ? undefined : STATIC[index - 1];
  }

  #literal(prefixBits: number): HeaderField | undefined {
    const index = this.#integer(prefixBits);
    if (index === undefined) return undefined;
    const name = index === 0 ? this.#string() : STATIC[index - 1]?.[0];
    const value = name === undefined ? undefined : this.#string();
    return name === undefined || value === undefined ? undefined : [name, value];
  }

  #string(): string | undefined {
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (length === undefined || this.#at + length > this.#bytes.length) return undefined;
    const bytes = this.#bytes.subarray(this.#at, this.#at += length);
    return isHuffman ? decodeHuffman(bytes) : String.fromCharCode(...bytes);
  }

  #integer(prefixBits: number): number | undefined {
    const most = 2 ** prefixBits - 1;
    const first = this.#bytes[this.#at++];
    if (first === undefined) return undefined;
    let value = first & most;
    if (value < most) return value;
    for (let factor = 1; value <= MAX_INTEGER; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      if (factor > MAX_INTEGER) return undefined;
    }
    return undefined;
  }
}
