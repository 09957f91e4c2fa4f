// One call of grpc.health.v1.Health/Check: what to send, and what the server's frames say. Bytes in, bytes out.
import { decodeHeaders, encodeHeaders, type HeaderField } from "./hpack.ts";
import { CLIENT_PREFACE, contentOf, encodeFrame, errorName, FLAG, FRAME, type Frame } from "./http2.ts";

const STREAM = 1;
/** SETTINGS_HEADER_TABLE_SIZE, SETTINGS_ENABLE_PUSH: 0 both. */
const SETTINGS = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
/** Headers with trailers, and the message: an answer is some hundred bytes. */
const MAX_ANSWER_BYTES = 16 * 1024;

/** What to ask. */
export interface HealthQuestion {
  /** Name of the service; empty: the whole server. */
  readonly service: string;
  readonly authority: string;
  readonly secure: boolean;
}

/** All that the client sends at once. */
export function encodeHealthCheck({ service, authority, secure }: HealthQuestion): Uint8Array {
  const encoder = new TextEncoder();
  const name = encoder.encode(service);
  // HealthCheckRequest: field 1, a string. Nothing for the empty one.
  const message = name.length === 0 ? [] : [0x0a, ...varint(name.length), ...name];
  const body = [0, ...bytesOf(message.length), ...message];
  const fields: HeaderField[] = [
    [":method", "POST"],
    [":scheme", secure ? "https" : "http"],
    [":path", "/grpc.health.v1.Health/Check"],
    [":authority", authority],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ["user-agent", "holdfast"],
  ];
  const frames: Frame[] = [
    { type: FRAME.settings, flags: 0, stream: 0, payload: Uint8Array.from(SETTINGS) },
    { type: FRAME.headers, flags: FLAG.endHeaders, stream: STREAM, payload: encodeHeaders(fields) },
    { type: FRAME.data, flags: FLAG.endStream, stream: STREAM, payload: Uint8Array.from(body) },
  ];
  return Uint8Array.from([...encoder.encode(CLIENT_PREFACE), ...frames.flatMap((frame) => [...encodeFrame(frame)])]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

function bytesOf(length: number): number[] {
  return [length >>> 24, length >>> 16 & 255, length >>> 8 & 255, length & 255];
}

/** What the call said. */
export type HealthAnswer =
  /** ServingStatus of grpc.health.v1: 1 is SERVING. */
  | { readonly type: "serving"; readonly status: number }
  /** The call ended with that status of gRPC. */
  | { readonly type: "status"; readonly code: number; readonly message: string }
  | { readonly type: "http"; readonly code: number }
  /** Not an answer of gRPC. */
  | { readonly type: "fault"; readonly text: string };

/** Follows the frames of the server. */
export class HealthAnswerReader {
  #isFirst = true;
  #block: number[] = [];
  #headers = new Map<string, string>();
  /** A block could not be read: what it said is not known. */
  #isUnread = false;
  #data: number[] = [];
  /** HEADERS with END_STREAM whose CONTINUATION is still to come. */
  #endsWithBlock = false;

  /** Takes a frame. @returns what to send, or the answer; nothing: more has to come */
  push(frame: Frame): { readonly send: Uint8Array } | { readonly answer: HealthAnswer } | undefined {
    if (this.#isFirst && frame.type !== FRAME.settings) return fault("no HTTP/2: it does not begin with its settings");
    this.#isFirst = false;
    switch (frame.type) {
      case FRAME.settings:
      case FRAME.ping: {
        if ((frame.flags & FLAG.ack) !== 0) return undefined;
        const payload = frame.type === FRAME.ping ? frame.payload : new Uint8Array();
        return { send: encodeFrame({ type: frame.type, flags: FLAG.ack, stream: 0, payload }) };
      }
      case FRAME.goAway: {
        const name = errorName(frame, 4);
        return name === "NO_ERROR" ? undefined : fault(`the server went away: ${name}`);
      }
      case FRAME.pushPromise:
        return fault("the server pushes what nobody asked for");
      default:
        return frame.stream === STREAM ? this.#ofStream(frame) : undefined;
    }
  }

  #ofStream(frame: Frame): { readonly answer: HealthAnswer } | undefined {
    const ends = (frame.flags & FLAG.endStream) !== 0;
    switch (frame.type) {
      case FRAME.resetStream:
        return fault(`the server ended the call: ${errorName(frame, 0)}`);
      case FRAME.headers:
      case FRAME.continuation: {
        const content = frame.type === FRAME.headers ? contentOf(frame) : frame.payload;
        if (frame.type === FRAME.headers) this.#endsWithBlock = ends;
        if (content === undefined || !keep(this.#block, content)) return fault("a header block that cannot be read");
        if ((frame.flags & FLAG.endHeaders) === 0) return undefined;
        this.#takeBlock();
        return this.#endsWithBlock ? { answer: this.#answer() } : undefined;
      }
      case FRAME.data: {
        const content = contentOf(frame);
        if (content === undefined || !keep(this.#data, content)) return fault("a message that cannot be read");
        return ends ? { answer: this.#answer() } : undefined;
      }
      default:
        return undefined;
    }
  }

  #takeBlock(): void {
    const fields = decodeHeaders(Uint8Array.from(this.#block));
    this.#block = [];
    if (fields === undefined) this.#isUnread = true;
    for (const [name, value] of fields ?? []) this.#headers.set(name, value);
  }

  #answer(): HealthAnswer {
    const code = Number(this.#headers.get(":status") ?? (this.#isUnread ? 200 : NaN));
    const status = this.#headers.get("grpc-status");
    const message = this.#headers.get("grpc-message") ?? "";
    if (status !== undefined && /^\d{1,3}$/.test(status) && Number(status) !== 0) {
      return { type: "status", code: Number(status), message };
    }
    if (code !== 200 && code >= 100 && code <= 599) return { type: "http", code };
    const serving = servingStatus(this.#data);
    return serving === undefined
      ? { type: "fault", text: "the call ended without a message" }
      : { type: "serving", status: serving };
  }
}

function fault(text: string): { readonly answer: HealthAnswer } {
  return { answer: { type: "fault", text } };
}

function keep(kept: number[], more: Uint8Array): boolean {
  if (kept.length + more.length > MAX_ANSWER_BYTES) return false;
  for (const byte of more) kept.push(byte);
  return true;
}

/** Field 1 of HealthCheckResponse, a small number; an empty message has 0. Undefined: no whole message. */
function servingStatus([compressed, a = 0, b = 0, c = 0, d = 0, ...message]: readonly number[]): number | undefined {
  const length = ((a * 256 + b) * 256 + c) * 256 + d;
  if (compressed !== 0 || message.length < length) return undefined;
  if (length === 0) return 0;
  const [tag, value = 0x80] = message;
  return tag === 0x08 && value < 0x80 ? value : undefined;
}

/** Names of the ServingStatus. */
export const SERVING_STATUS: readonly string[] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** Names of the status codes of gRPC. */
export const GRPC_STATUS: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];
