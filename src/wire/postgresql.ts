// The beginning of a connection to PostgreSQL (protocol 3.0): what to send, and what the server says to it.

const SSL_REQUEST = 80_877_103;
const VERSION_3 = 196_608;
/** An error: some hundred bytes. */
const MAX_MESSAGE_BYTES = 8192;

/** Asks whether TLS is spoken; every server since 7.2 answers with one letter. */
export function encodeSslRequest(): Uint8Array {
  return message([...int32(SSL_REQUEST)]);
}

/** Begins a session of that user with the database of the same name. */
export function encodeStartup(userName: string): Uint8Array {
  const words = ["user", userName, "application_name", "holdfast"];
  const encoder = new TextEncoder();
  return message([...int32(VERSION_3), ...words.flatMap((word) => [...encoder.encode(word), 0]), 0]);
}

/** Ends a session. */
export const POSTGRESQL_TERMINATE: Uint8Array = Uint8Array.of(0x58, 0, 0, 0, 4);

function message(content: readonly number[]): Uint8Array {
  return Uint8Array.from([...int32(content.length + 4), ...content]);
}

function int32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

/** What a server says. */
export type PostgresqlAnswer =
  /** To the question for TLS. */
  | { readonly type: "tls"; readonly spoken: boolean }
  /** It wants the user to authenticate in that way; 0: it does not. */
  | { readonly type: "authentication"; readonly method: number }
  /** `state`: the SQLSTATE, such as 57P03. */
  | { readonly type: "error"; readonly state: string; readonly text: string }
  | { readonly type: "unknown" };

/** The answer to the question for TLS: one letter, and nothing behind it. Very old servers, and those without a free process, answer with an error. */
export function readSslAnswer(bytes: Uint8Array): PostgresqlAnswer | undefined {
  const [letter] = bytes;
  const spoken = letter === 0x53; // S
  if (!spoken && letter !== 0x4e) return readStartupAnswer(bytes); // N
  return bytes.length === 1 ? { type: "tls", spoken } : { type: "unknown" };
}

/** The answer to the beginning of a session; undefined: more has to come. */
export function readStartupAnswer(bytes: Uint8Array): PostgresqlAnswer | undefined {
  const [type] = bytes;
  if (type === undefined) return undefined;
  const isError = type === 0x45; // E
  if (!isError && type !== 0x52) return { type: "unknown" }; // R
  if (bytes.length < 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(1);
  if (length < 8 || length > MAX_MESSAGE_BYTES) {
    // An error in the words of protocol 2 is text up to a zero byte: from a server that could not even start a process.
    return isError ? readOldError(bytes) : { type: "unknown" };
  }
  if (bytes.length < length + 1) return undefined;
  if (!isError) return { type: "authentication", method: view.getUint32(5) };
  return readError(bytes.subarray(5, length + 1));
}

function readOldError(bytes: Uint8Array): PostgresqlAnswer | undefined {
  const end = bytes.indexOf(0);
  if (end < 0) return bytes.length > MAX_MESSAGE_BYTES ? { type: "unknown" } : undefined;
  return { type: "error", state: "", text: ascii(bytes.subarray(1, end)) };
}

/** Fields of one letter and a text each. */
function readError(fields: Uint8Array): PostgresqlAnswer {
  const found = new Map(ascii(fields).split("\0").map((field) => [field.slice(0, 1), field.slice(1)]));
  return { type: "error", state: found.get("C") ?? "", text: found.get("M") ?? "" };
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
