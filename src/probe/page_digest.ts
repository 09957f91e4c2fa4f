// The MD5 of a page as HTTP_GET's `digest` compares it: the same request, the same reading, and what was read kept.
import { createHash } from "node:crypto";
import { ask, formatRequest, type HttpRequest } from "./http.ts";
import { HttpResponseReader, type Progress } from "./http_response.ts";
import { type Connect, type Connection, openConnection, printable } from "./tcp.ts";
import { openTls } from "./tls.ts";
import { within } from "./within.ts";

/** A page that was read to its end, or why there is none. */
export type Page =
  | {
    readonly ok: true;
    readonly code: number;
    readonly reason: string;
    /** The headers with their empty line. */
    readonly head: Uint8Array;
    /** The body in the pieces in which it came, chunked framing included, as keepalived hashes it. */
    readonly body: readonly Uint8Array[];
    /** MD5 of the body, hex. */
    readonly digest: string;
  }
  | { readonly ok: false; readonly text: string };

/** Reads a page. What its `url` demands is not looked at. The limits of time are those of `probeHttp`. */
export async function readPage(connect: Connect, request: HttpRequest, signal: AbortSignal): Promise<Page> {
  const { target, tls } = request;
  const connected = tls === undefined
    ? await openConnection(connect, target, signal)
    : await openTls(connect, target, tls, signal);
  if (!connected.ok) return { ok: false, text: connected.finding.text };
  const heard: Uint8Array[] = [];
  const body: Uint8Array[] = [];
  const reader = new HttpResponseReader((bytes) => body.push(bytes.slice()));
  const connection = listened(connected.connection, heard);
  const exchange = ask(connection, { text: formatRequest(request), compliant: tls?.compliant === true }, reader);
  const waited = await within(exchange, target.timeoutMs, signal);
  connection.close();
  if (waited.end === "done") return pageOf(waited.value, heard, body.filter((bytes) => bytes.length > 0));
  if (waited.end === "failed") {
    const message = waited.error instanceof Error ? waited.error.message : String(waited.error);
    return { ok: false, text: `connection broke before the answer was complete: ${printable(message)}` };
  }
  return { ok: false, text: `no complete answer within ${target.timeoutMs} ms` };
}

function pageOf(progress: Progress, heard: readonly Uint8Array[], body: readonly Uint8Array[]): Page {
  if (progress.state === "more") return { ok: false, text: "the answer is not complete" };
  if (progress.state === "malformed") return { ok: false, text: progress.text };
  if (progress.cut) return { ok: false, text: "the body is too long for its digest" };
  const hash = createHash("md5");
  for (const piece of body) hash.update(piece);
  const { code, reason } = progress;
  return { ok: true, code, reason, head: headOf(heard), body, digest: hash.digest("hex") };
}

/** Keeps a copy of what is read; how much that can be is limited by the reader of the answer. */
function listened(connection: Connection, heard: Uint8Array[]): Connection {
  return {
    read: async (buffer) => {
      const count = await connection.read(buffer);
      if (count !== null) heard.push(buffer.slice(0, count));
      return count;
    },
    write: (data) => connection.write(data),
    close: () => connection.close(),
    get saidGoodbye(): boolean | undefined {
      return connection.saidGoodbye;
    },
  } as Connection;
}

/** The part up to the empty line, interim answers (100 Continue) included. */
function headOf(heard: readonly Uint8Array[]): Uint8Array {
  let text = "";
  for (const piece of heard) {
    for (const byte of piece) text += String.fromCharCode(byte);
    const head = /^(?:HTTP\/\S+ 1\d\d[^]*?\r?\n\r?\n)*[^]*?\r?\n\r?\n/.exec(text)?.[0];
    if (head !== undefined) return Uint8Array.from(head, (character) => character.charCodeAt(0));
  }
  return new Uint8Array();
}
