// Judging what JavaScript callers pass: types are not enough where the interface promises an exception.

/** Whether `value` is a number from 0 to 2^32 - 1 without a fraction. */
export function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value && !Object.is(value, -0);
}

/** Whether `value` is a number from -2^31 to 2^31 - 1 without a fraction. */
export function isInt32(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value && !Object.is(value, -0);
}

/**
 * The bytes of a Buffer, typed array or DataView, not copied.
 *
 * @throws TypeError with `message` when `value` is none
 */
export function bytesOf(value: unknown, message: string): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(value)) throw new TypeError(message);
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}
