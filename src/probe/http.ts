// One GET of HTTP_GET or SSL_GET: keepalived's request, the answer read to its end within limits.
import { formatEndpoint } from "../base/ip.ts";
import type { HttpUrl, ProbeRequest } from "../ports/probes.ts";
import { BodyCheck } from "./http_body.ts";
import { HttpResponseReader, type Progress } from "./http_response.ts";
import { type Connect, type Connection, errnoName, type Finding, openConnection, printable } from "./tcp.ts";
import { openTls } from "./tls.ts";
import { within } from "./within.ts";

/** An HTTP probe. */
export type HttpRequest = Extract<ProbeRequest, { type: "http" }>;

const READ_BYTES = 16 * 1024;

/**
 * Connects, asks, judges status code and body. The connection has `timeoutMs`, the TLS handshake too, and so has the
 * whole answer after it.
 */
export async function probeHttp(connect: Connect, request: HttpRequest, signal: AbortSignal): Promise<Finding> {
  const { target, tls, url } = request;
  let body: BodyCheck;
  try {
    body = new BodyCheck(url);
  } catch (error) {
    return { ok: false, status: "SOCKERR", text: error instanceof Error ? error.message : String(error) };
  }
  const connected = tls === undefined
    ? await openConnection(connect, target, signal)
    : await openTls(connect, target, tls, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  const reader = body.wanted
    ? new HttpResponseReader((bytes) => body.push(bytes), (bytes) => body.pushHead(bytes))
    : new HttpResponseReader();
  let heard = false;
  const compliant = tls?.compliant === true;
  const exchange = ask(connection, { text: formatRequest(request), compliant }, reader, () => heard = true);
  const waited = await within(exchange, target.timeoutMs, signal);
  // Closing ends a read that is still waiting; `exchange` then settles, and nobody listens any more.
  connection.close();
  switch (waited.end) {
    case "done":
      return judge(waited.value, url, body);
    case "failed":
      return (heard ? undefined : connection.fault?.(waited.error)) ??
        { ok: false, status: "L7RSP", text: brokenText(waited.error) };
    case "timeout":
      return {
        ok: false,
        status: "L7TOUT",
        text: `${heard ? "no complete" : "no"} answer within ${target.timeoutMs} ms`,
      };
    case "aborted":
      return { ok: false, status: "L7TOUT", text: "the check was cancelled before the answer was complete" };
    default:
      return waited satisfies never;
  }
}

/** The bytes of the request, as keepalived asks (check_http.c). */
export function formatRequest({ target, url, httpVersion }: HttpRequest): string {
  const path = url.path === "" ? "/" : url.path;
  const host = url.virtualHost ?? formatEndpoint(target.address, target.port);
  const version = httpVersion === "1.1" ? "1.1" : "1.0";
  const close = httpVersion === "1.0" ? "" : "Connection: close\r\n";
  return `GET ${path} HTTP/${version}\r\nUser-Agent: KeepAliveClient\r\n${close}Host: ${host}\r\n\r\n`;
}

/**
 * Sends a request and reads the answer to its end.
 *
 * @param request `compliant`: an answer that ends with the connection must end with a close_notify
 * @throws what reading or writing throws
 */
export async function ask(
  connection: Connection,
  request: { readonly text: string; readonly compliant: boolean },
  reader: HttpResponseReader,
  onHeard: () => void = () => {},
): Promise<Progress> {
  const broken = await writeAll(connection, new TextEncoder().encode(request.text));
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const count = await connection.read(buffer);
    // What was sent cannot arrive: an end without an answer is the fault of the writing then.
    if (count === null && broken !== undefined) throw broken;
    if (count === null) {
      const cut = request.compliant && connection.saidGoodbye === false;
      return cut ? { state: "malformed", text: "TLS ended without a close_notify" } : reader.end();
    }
    onHeard();
    const progress = reader.push(buffer.subarray(0, count));
    if (progress.state !== "more") return progress;
  }
}

/** Writes everything. An error is returned, not thrown: the peer may have answered before it closed. */
async function writeAll(connection: Connection, data: Uint8Array): Promise<unknown> {
  try {
    for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
    return undefined;
  } catch (error) {
    return error;
  }
}

function judge(progress: Progress, url: HttpUrl, body: BodyCheck): Finding {
  switch (progress.state) {
    case "complete": {
      const { code, reason, cut } = progress;
      const answer = `${code} ${reason}`.trim();
      const wanted = url.statusCodes.some(({ from, to }) => code >= from && code <= to);
      if (!wanted) return { ok: false, status: "L7STS", code, text: `${answer}, wanted ${formatCodes(url)}` };
      const fault = body.fault(cut);
      if (fault !== undefined) return { ok: false, status: "L7RSP", code, text: `${answer}, but ${fault}` };
      return { ok: true, status: "L7OK", code, text: cut ? `${answer}, body not read to its end` : answer };
    }
    case "malformed":
      return { ok: false, status: "L7RSP", text: progress.text };
    case "more":
      return { ok: false, status: "L7RSP", text: "the answer is not complete" };
    default:
      return progress satisfies never;
  }
}

function formatCodes(url: HttpUrl): string {
  return url.statusCodes.map(({ from, to }) => from === to ? `${from}` : `${from} to ${to}`).join(" or ");
}

function brokenText(error: unknown): string {
  if (errnoName(error) === "ECONNRESET") return "connection reset before the answer was complete";
  const message = error instanceof Error ? error.message : String(error);
  return `connection broke before the answer was complete: ${printable(message)}`;
}
