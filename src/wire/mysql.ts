// The beginning of a connection to MySQL or MariaDB: greeting, login without a password, answer. Bytes in, bytes out.

/** A packet without its header. */
export interface MysqlPacket {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 4;
/** A greeting, an error: some hundred bytes. */
const MAX_PAYLOAD_BYTES = 4096;

/** The first packet of what has come; a sentence: that is none; undefined: more has to come. */
export function decodeMysqlPacket(bytes: Uint8Array): { packet: MysqlPacket; length: number } | string | undefined {
  const [a, b, c, sequence] = bytes;
  if (a === undefined || b === undefined || c === undefined || sequence === undefined) return undefined;
  const size = a | b << 8 | c << 16;
  if (size === 0 || size > MAX_PAYLOAD_BYTES) return `a packet of ${size} bytes`;
  const length = HEADER_BYTES + size;
  return bytes.length < length
    ? undefined
    : { packet: { sequence, payload: bytes.subarray(HEADER_BYTES, length) }, length };
}

/** The bytes of a packet. */
export function encodeMysqlPacket({ sequence, payload }: MysqlPacket): Uint8Array {
  const { length } = payload;
  return Uint8Array.from([length & 255, length >> 8 & 255, length >> 16 & 255, sequence & 255, ...payload]);
}

/** What a server says. */
export type MysqlAnswer =
  | { readonly type: "greeting"; readonly version: string }
  | { readonly type: "ok" }
  /** It wants another way to authenticate. */
  | { readonly type: "switch"; readonly plugin: string }
  | { readonly type: "error"; readonly code: number; readonly text: string }
  | { readonly type: "unknown" };

const OK = 0x00;
const SWITCH = 0xfe;
const ERROR = 0xff;
const PROTOCOL_VERSION = 10;

/** The first packet: greeting or error. */
export function readGreeting(payload: Uint8Array): MysqlAnswer {
  if (payload[0] === ERROR) return readError(payload);
  if (payload[0] !== PROTOCOL_VERSION) return { type: "unknown" };
  const version = textTo(payload, 1);
  return version === undefined ? { type: "unknown" } : { type: "greeting", version };
}

/** What comes after the login. */
export function readLoginAnswer(payload: Uint8Array): MysqlAnswer {
  switch (payload[0]) {
    case OK:
      return { type: "ok" };
    case ERROR:
      return readError(payload);
    case SWITCH:
      return { type: "switch", plugin: textTo(payload, 1) ?? "mysql_old_password" };
    default:
      return { type: "unknown" };
  }
}

/** Before the capabilities are known an error has no SQLSTATE. */
function readError(payload: Uint8Array): MysqlAnswer {
  const code = (payload[1] ?? 0) | (payload[2] ?? 0) << 8;
  const hasState = payload[3] === 0x23;
  return { type: "error", code, text: ascii(payload.subarray(hasState ? 9 : 3)) };
}

/** Text up to a zero byte. */
function textTo(payload: Uint8Array, start: number): string | undefined {
  const end = payload.indexOf(0, start);
  return end < 0 ? undefined : ascii(payload.subarray(start, end));
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH. */
const CAPABILITIES = 0x0000_0001 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000;
const MAX_PACKET_BYTES = 1 << 24;
/** utf8_general_ci. */
const CHARACTER_SET = 33;
const PLUGIN = "mysql_native_password";

/** Login of a user who has no password (HandshakeResponse41). */
export function encodeLogin(userName: string): Uint8Array {
  const encoder = new TextEncoder();
  const head = new Uint8Array(32);
  const view = new DataView(head.buffer);
  view.setUint32(0, CAPABILITIES, true);
  view.setUint32(4, MAX_PACKET_BYTES, true);
  view.setUint8(8, CHARACTER_SET);
  return Uint8Array.from([...head, ...encoder.encode(userName), 0, 0, ...encoder.encode(PLUGIN), 0]);
}

/** No password, in the words of another plugin: nothing for the native one, a zero byte for the others. */
export function encodeNoPassword(plugin: string): Uint8Array {
  return plugin === PLUGIN ? new Uint8Array() : Uint8Array.of(0);
}

/** COM_QUIT: a connection that ends without it counts as aborted. */
export const MYSQL_QUIT: Uint8Array = Uint8Array.of(1);
