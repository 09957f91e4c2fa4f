// An HTTP/1.x response, bytes in pieces to status code and body. Keeps no body; judges nothing.
import { printable } from "./tcp.ts";

/** What is known after the bytes so far. */
export type Progress =
  | { readonly state: "more" }
  /** `cut`: the body is longer than we read, its end was not waited for. */
  | { readonly state: "complete"; readonly code: number; readonly reason: string; readonly cut: boolean }
  | { readonly state: "malformed"; readonly text: string };

/** Status line and headers longer than this are refused, bytes. */
export const MAX_HEAD_BYTES = 32 * 1024;
/** More of a body than this is not read when nothing is demanded of it, bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** More of a body than this is never read, bytes. */
export const MAX_CHECKED_BODY_BYTES = 8 * 1024 * 1024;

type Take = (bytes: Uint8Array) => void;

interface Head {
  readonly code: number;
  readonly reason: string;
  /** undefined: the body ends with the connection. */
  readonly bodyBytes: number | undefined;
}

const MORE: Progress = { state: "more" };
const START = "HTTP/";

/** Follows one response (RFC 9112), leniently in the line ends and strictly in all sizes. */
export class HttpResponseReader {
  /** Bytes of the head as Latin-1 text, until it is whole. */
  #text = "";
  #headBytes = 0;
  /** No empty line ends in so much of the text: a peer that drips bytes must not make us search it all each time. */
  #searched = 0;
  #head: Head | undefined;
  #bodyBytes = 0;
  readonly #onBody: Take | undefined;
  readonly #onHead: Take | undefined;

  /**
   * Starts before the first byte.
   *
   * @param onBody takes the body, in pieces, up to its declared length or MAX_CHECKED_BODY_BYTES
   * @param onHead takes status line and headers, with the empty line that ends them, before the body
   */
  constructor(onBody?: Take, onHead?: Take) {
    this.#onBody = onBody;
    this.#onHead = onHead;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): Progress {
    if (this.#head !== undefined) return this.#body(this.#head, bytes);
    this.#headBytes += bytes.length;
    this.#text += latin1(bytes);
    return this.#parse(bytes);
  }

  /** The peer closed the connection. */
  end(): Progress {
    const head = this.#head;
    if (head === undefined) {
      const text = this.#headBytes === 0
        ? "connection closed without an answer"
        : "connection closed within the headers";
      return { state: "malformed", text };
    }
    if (head.bodyBytes !== undefined && this.#bodyBytes < head.bodyBytes) {
      const text = `connection closed after ${this.#bodyBytes} of ${head.bodyBytes} bytes of the body`;
      return { state: "malformed", text };
    }
    return { state: "complete", code: head.code, reason: head.reason, cut: false };
  }

  /** @param bytes what was added to the text last: the end of a head is in it, or was seen before */
  #parse(bytes: Uint8Array): Progress {
    for (;;) {
      if (!START.startsWith(this.#text.slice(0, START.length))) {
        return { state: "malformed", text: `not HTTP: ${printable(this.#text.slice(0, 64))}` };
      }
      const end = this.#findEmptyLine();
      if (end === null) break;
      const head = parseHead(this.#text.slice(0, end.index));
      if (head === undefined) {
        return { state: "malformed", text: `bad status line: ${printable(this.#text.split(/\r?\n/, 1)[0] ?? "")}` };
      }
      const headText = this.#text.slice(0, end.index + end[0].length);
      this.#text = this.#text.slice(headText.length);
      this.#searched = 0;
      if (isInterim(head.code)) continue;
      this.#onHead?.(Uint8Array.from(headText, (character) => character.charCodeAt(0)));
      this.#head = head;
      return this.#body(head, bytes.subarray(bytes.length - this.#text.length));
    }
    if (this.#headBytes > MAX_HEAD_BYTES) {
      return { state: "malformed", text: `headers are longer than ${MAX_HEAD_BYTES} bytes` };
    }
    return MORE;
  }

  #findEmptyLine(): RegExpExecArray | null {
    const pattern = /\r?\n\r?\n/g;
    pattern.lastIndex = Math.max(0, this.#searched - 3);
    this.#searched = this.#text.length;
    return pattern.exec(this.#text);
  }

  #body(head: Head, bytes: Uint8Array): Progress {
    const { code, reason, bodyBytes } = head;
    const limit = this.#onBody === undefined ? MAX_BODY_BYTES : MAX_CHECKED_BODY_BYTES;
    this.#onBody?.(bytes.subarray(0, Math.min(bodyBytes ?? limit, limit) - this.#bodyBytes));
    this.#bodyBytes += bytes.length;
    if (bodyBytes !== undefined && this.#bodyBytes >= bodyBytes && bodyBytes <= limit) {
      return { state: "complete", code, reason, cut: false };
    }
    if (this.#bodyBytes >= limit) return { state: "complete", code, reason, cut: true };
    return MORE;
  }
}

/** 100 Continue and its like come before the answer; 101 would be the answer, to a question that we do not ask. */
function isInterim(code: number): boolean {
  return code >= 100 && code < 200 && code !== 101;
}

function parseHead(text: string): Head | undefined {
  const [statusLine = "", ...fields] = text.split(/\r?\n/);
  const match = /^HTTP\/\d(?:\.\d)? ([1-9]\d\d)(?: (.*))?$/.exec(statusLine);
  if (match === null) return undefined;
  const code = Number(match[1]);
  return { code, reason: printable(match[2] ?? ""), bodyBytes: bodyLength(code, fields) };
}

function bodyLength(code: number, fields: readonly string[]): number | undefined {
  if (code === 204 || code === 304 || code === 101) return 0;
  // Chunks end with the connection too: we asked to close it. Their framing is not looked at.
  if (fields.some((field) => /^transfer-encoding:/i.test(field))) return undefined;
  for (const field of fields) {
    const match = /^content-length:[ \t]*(\d{1,15})[ \t]*$/i.exec(field);
    if (match !== null) return Number(match[1]);
  }
  return undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
