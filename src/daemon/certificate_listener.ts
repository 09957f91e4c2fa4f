// An address whose clients have to show a certificate. Deno.serve() asks for none, so that this is Node's server, with the same
// handler behind it. Who is not verified gets no further than the handshake; a request without a verified certificate is
// refused all the same.
import type { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../http/caller.ts";

/** What the handler is told of a connection. */
export interface CertifiedInfo {
  readonly remoteAddr: Deno.NetAddr;
  readonly certificate: ClientCertificate;
}

/** Where to listen, and with what; texts in PEM. */
export interface CertificateListenerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  /** Those that clients' certificates have to be signed by. */
  readonly clientCa: string;
}

type Handler = (request: Request, info: CertifiedInfo) => Response | Promise<Response>;

/** How long a handshake and a request's head may take, and how often that is looked at. Of bodies the handler knows more. */
const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 10_000;
const CHECKING_MS = 2000;
/** How long a connection may be silent between two requests. */
const KEEP_ALIVE_MS = 60_000;
const MAX_CONNECTIONS = 1024;

/** Listens. Rejects with Deno's errors when the address cannot be had. @returns how to end it, and every connection */
export function listenWithCertificates(
  options: CertificateListenerOptions,
  serve: Handler,
): Promise<() => Promise<void>> {
  const { hostname, port, cert, key, clientCa } = options;
  const server = createServer({
    cert,
    key,
    ca: clientCa,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_MS,
    connectionsCheckingInterval: CHECKING_MS,
  });
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on("tlsClientError", (_error, socket) => void socket.destroy());
  server.on("clientError", (_error, socket) => void socket.destroy());
  server.on("request", (incoming, outgoing) => {
    outgoing.on("error", () => {});
    incoming.on("error", () => {});
    answer(incoming, outgoing, serve).catch((error) => {
      console.error("api:", error);
      outgoing.destroy();
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => {
      reject(error.code === "EADDRINUSE" ? new Deno.errors.AddrInUse(error.message) : error);
    });
    server.listen(port, hostname, () => {
      server.on("error", () => {});
      resolve(async () => {
        const closed = new Promise<void>((done) => server.close(() => done()));
        server.closeAllConnections();
        await closed;
      });
    });
  });
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, serve: Handler): Promise<void> {
  const socket = incoming.socket as TLSSocket;
  const certificate = certificateOf(socket);
  const request = certificate && requestOf(incoming);
  if (certificate === undefined || request === undefined) {
    outgoing.writeHead(certificate === undefined ? 403 : 400, { Connection: "close" });
    outgoing.end();
    return;
  }
  const remoteAddr = { transport: "tcp" as const, hostname: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  const response = await serve(request, { remoteAddr, certificate });
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  if (response.body === null) outgoing.end();
  else await send(response.body, outgoing);
}

/** As fast as the other end takes it, and no further when it has gone. */
async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const gone = Promise.withResolvers<void>();
  outgoing.once("close", () => {
    gone.resolve();
    reader.cancel().catch(() => {});
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (outgoing.destroyed) return;
    if (!outgoing.write(value)) {
      await Promise.race([gone.promise, new Promise((resolve) => outgoing.once("drain", resolve))]);
    }
  }
  outgoing.end();
}

/** Undefined for what is no request to us: it has no host, or names no path. */
function requestOf(incoming: IncomingMessage): Request | undefined {
  const { method = "GET", url = "", rawHeaders } = incoming;
  const { host } = incoming.headers;
  if (host === undefined || !url.startsWith("/")) return undefined;
  try {
    const headers = new Headers();
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    }
    const hasBody = method !== "GET" && method !== "HEAD";
    const body = hasBody ? Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array> : null;
    return new Request(`https://${host}${url}`, { method, headers, body });
  } catch {
    return undefined;
  }
}

/** What the other end has shown and was found right. */
function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  if (socket.authorized !== true) return undefined;
  const { subject, valid_to: end } = socket.getPeerCertificate() as {
    readonly subject?: { readonly CN?: unknown };
    readonly valid_to?: string;
    readonly raw?: Buffer;
  };
  const expiresAtMs = Date.parse(end ?? "");
  if (Number.isNaN(expiresAtMs)) return undefined;
  // One with two names, or with none, is nobody.
  return typeof subject?.CN === "string" ? { name: subject.CN, expiresAtMs } : { expiresAtMs };
}
