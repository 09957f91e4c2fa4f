// Bytes as hexadecimal digits. The runtime's own `Uint8Array.fromHex` is younger than the runtime that we compile with.

/** Two lower-case digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes from digits of either case; undefined when they are no digits, or their number is odd. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> | undefined {
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}
