// Frames of HTTP/2 (RFC 9113), as much as one request on one stream needs.

/** Section 6. */
export const FRAME = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  continuation: 9,
} as const;

/** Flags that are looked at or set. ACK and END_STREAM share a bit. */
export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** What a client says first (section 3.4). */
export const CLIENT_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADER_BYTES = 9;
/** The initial SETTINGS_MAX_FRAME_SIZE: no peer may send more. */
const MAX_PAYLOAD_BYTES = 16_384;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/** The bytes of a frame. */
export function encodeFrame({ type, flags, stream, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The first frame of what has come, and how long it is; a sentence: that is no HTTP/2; undefined: more has to come. */
export function decodeFrame(bytes: Uint8Array): { frame: Frame; length: number } | string | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint32(0) >>> 8;
  if (size > MAX_PAYLOAD_BYTES) return `a frame of ${size} bytes`;
  const length = HEADER_BYTES + size;
  if (bytes.length < length) return undefined;
  const frame = {
    type: view.getUint8(3),
    flags: view.getUint8(4),
    stream: view.getUint32(5) & 0x7fff_ffff,
    payload: bytes.subarray(HEADER_BYTES, length),
  };
  return { frame, length };
}

/** DATA or HEADERS without padding and priority; undefined when they do not fit (section 6.1, 6.2). */
export function contentOf({ type, flags, payload }: Frame): Uint8Array | undefined {
  const isPadded = (flags & FLAG.padded) !== 0;
  const padding = isPadded ? payload[0] ?? 0 : 0;
  const start = (isPadded ? 1 : 0) + (type === FRAME.headers && (flags & FLAG.priority) !== 0 ? 5 : 0);
  return start + padding > payload.length ? undefined : payload.subarray(start, payload.length - padding);
}

/** Section 7. */
const ERRORS = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** The name of an error code that stands at an offset of a payload. */
export function errorName({ payload }: Frame, offset: number): string {
  const bytes = payload.subarray(offset, offset + 4);
  const code = bytes.length < 4 ? NaN : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return ERRORS[code] ?? `error ${code}`;
}
