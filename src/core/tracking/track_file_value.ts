// The number in a `track_file`: the text of a file to a value. Reads no file; its effect is in `effective_priority.ts`.

/** keepalived reads no more of the file than this. */
const READ_LIMIT_CHARACTERS = 127;
const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

/**
 * The value of a tracked file, read as C's strtol reads a number of any base: white space, a sign, then hexadecimal after
 * `0x`, octal after `0`, else decimal, up to the first character that does not fit.
 *
 * @param text the beginning of the file; undefined when it does not exist or cannot be read, which means 0
 * @returns -2^31 to 2^31-1; 0 for a text that is no number, as in keepalived; undefined for a number beyond that: the
 *   value known before stays
 */
export function trackFileValue(text: string | undefined): number | undefined {
  if (text === undefined) return 0;
  const match = /^[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(
    text.slice(0, READ_LIMIT_CHARACTERS),
  );
  if (match === null) return 0;
  const digits = match[2] ?? "0";
  const magnitude = /^0[xX]/.test(digits) ? parseInt(digits, 16) : parseInt(digits, digits.startsWith("0") ? 8 : 10);
  const value = match[1] === "-" ? 0 - magnitude : magnitude;
  return value < INT_MIN || value > INT_MAX ? undefined : value;
}
