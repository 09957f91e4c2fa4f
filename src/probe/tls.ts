// A TLS connection without verification, for SSL_GET. Through node:tls, because Deno.connectTls always verifies.
//
// The certificate is not looked at, as in keepalived: a check asks whether the server answers. TLS 1.2 with ephemeral keys
// and TLS 1.3 are spoken and nothing older: a server that knows only TLS 1.0 or 1.1, key exchange by RSA, or keys under
// 2048 bits may be down here and up under keepalived with an OpenSSL that allows them. Whether the server said goodbye
// (close_notify) is seen by its records on their way through the relay. On Deno 2.4 no client certificate is sent.
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { ProbeTarget, ProbeTls } from "../ports/probes.ts";
import { type ClientCredentials, clientCredentials } from "./client_credentials.ts";
import { type Relay, relayTo } from "./relay.ts";
import {
  type Connect,
  type Connected,
  type Connection,
  errnoName,
  type Finding,
  openConnection,
  printable,
} from "./tcp.ts";
import { TlsRecords } from "./tls_records.ts";
import { within } from "./within.ts";

/** So much may wait to be read before the socket is paused, bytes. */
const MAX_WAITING_BYTES = 64 * 1024;

/**
 * Connects, then shakes hands, each within `target.timeoutMs`.
 *
 * node:tls always goes through a relay in this process: it cannot be given a connection from a chosen source, and on
 * Deno 2.4 it lets nobody close a connection whose handshake is under way.
 */
export async function openTls(
  connect: Connect,
  target: ProbeTarget,
  tls: ProbeTls,
  signal: AbortSignal,
): Promise<Connected> {
  let client: ClientCredentials | undefined;
  try {
    client = await clientCredentials(tls);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, finding: { ok: false, status: "SOCKERR", text } };
  }
  const plain = await openConnection(connect, target, signal);
  if (!plain.ok) return plain;
  const records = new TlsRecords();
  const relay = relayTo(plain.connection, (bytes) => records.push(bytes));
  let connection: TlsConnection;
  try {
    connection = new TlsConnection(connectTls(optionsOf(relay.port, tls, client)), relay, records);
  } catch (error) {
    relay.close();
    const text = `cannot speak TLS from here: ${printable(error instanceof Error ? error.message : String(error))}`;
    return { ok: false, finding: { ok: false, status: "SOCKERR", text } };
  }
  const waited = await within(connection.secured, target.timeoutMs, signal);
  if (waited.end === "done") return { ok: true, connection };
  const fault = waited.end === "failed" ? connection.fault(waited.error) : undefined;
  connection.close();
  if (waited.end === "failed") return { ok: false, finding: fault ?? brokenHandshake(relay.failure()) };
  const text = waited.end === "timeout"
    ? `no TLS within ${target.timeoutMs} ms`
    : "the check was cancelled before TLS was ready";
  return { ok: false, finding: { ok: false, status: "L6TOUT", text } };
}

/** How the end of the connection is called when it comes within the handshake, by versions of Deno. */
const END_OF_FILE = /unexpected end of file|handshake eof/i;

/** The finding for an error of TLS itself; undefined for one of the connection. */
function tlsFault(error: unknown): { ok: false; status: "L6RSP"; text: string } | undefined {
  const name = errnoName(error);
  if (!(error instanceof Error) || (name !== undefined && !name.startsWith("ERR_"))) return undefined;
  if (END_OF_FILE.test(error.message)) return undefined;
  return { ok: false, status: "L6RSP", text: `no TLS: ${printable(error.message)}` };
}

/** @param broken the relay's failure: without one it was an end, whatever node:tls calls that */
function brokenHandshake(broken: unknown): { ok: false; status: "L6RSP"; text: string } {
  const how = errnoName(broken) === "ECONNRESET" ? "reset" : "closed";
  return { ok: false, status: "L6RSP", text: `connection ${how} before TLS was ready` };
}

function optionsOf(
  port: number,
  { serverName, application }: ProbeTls,
  client: ClientCredentials | undefined,
): ConnectionOptions {
  return {
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(application === undefined ? {} : { ALPNProtocols: [application] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    ...(client?.password === undefined ? {} : { passphrase: client.password }),
  };
}

/** A socket of node:tls as probes read it. */
class TlsConnection implements Connection {
  /** The handshake is through. */
  readonly secured: Promise<void>;
  readonly #socket: TLSSocket;
  readonly #relay: Relay;
  readonly #records: TlsRecords;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  constructor(socket: TLSSocket, relay: Relay, records: TlsRecords) {
    this.#socket = socket;
    this.#relay = relay;
    this.#records = records;
    this.secured = new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(closedError()));
    });
    socket.once("connect", () => {
      relay.admit(socket.localPort ?? 0);
      closeIfLate(socket);
    });
    socket.on("data", (piece: Uint8Array) => this.#take(piece));
    socket.on("error", (error: Error) => this.#finish(error));
    socket.on("end", () => this.#finish(undefined));
    socket.on("close", () => this.#finish(undefined));
  }

  get saidGoodbye(): boolean {
    return this.#records.saidGoodbye;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) return this.#give(piece, buffer);
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended && !this.#records.greeted) throw closedError();
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Deno 2.4 takes a handshake that was broken off for one that is through: what did not begin has failed. */
  fault(error: unknown): Finding | undefined {
    const broken = this.#relay.failure();
    const fault = broken === undefined ? tlsFault(error) : undefined;
    return fault ?? (this.#records.greeted ? undefined : brokenHandshake(broken));
  }

  write(data: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.write(data, (error) => error ? reject(error) : resolve(data.length));
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#relay.close();
    this.#finish(closedError());
  }

  #give(piece: Uint8Array, buffer: Uint8Array): number {
    const count = Math.min(piece.length, buffer.length);
    buffer.set(piece.subarray(0, count));
    if (count < piece.length) this.#waiting.unshift(piece.subarray(count));
    this.#waitingBytes -= count;
    if (this.#waitingBytes < MAX_WAITING_BYTES && this.#socket.isPaused()) this.#socket.resume();
    return count;
  }

  #take(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#socket.pause();
    this.#wake();
  }

  /** An end without a close-notify is an end, as it is to keepalived; a reset is none. */
  #finish(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const broken = this.#relay.failure();
    if (broken !== undefined) this.#error = broken instanceof Error ? broken : closedError();
    else if (error !== undefined && !/without sending TLS close_notify/.test(error.message)) this.#error = error;
    this.#wake();
  }
}

/**
 * Deno 2.4 takes up the connection only when the handshake has ended, even if the socket was destroyed before, and then
 * nothing closes it: it stands in a field of the handle under a symbol of Deno's own. Later versions never get here.
 */
function closeIfLate(socket: TLSSocket): void {
  const handle = "_handle" in socket ? socket._handle : undefined;
  if (typeof handle !== "object" || handle === null) return;
  socket.once("secureConnect", () => {
    if (!socket.destroyed) return;
    for (const key of Object.getOwnPropertySymbols(handle)) {
      const field: unknown = Reflect.get(handle, key);
      if (isTlsConn(field)) field.close();
    }
  });
}

function isTlsConn(value: unknown): value is Deno.TlsConn {
  return typeof value === "object" && value !== null && value.constructor.name === "TlsConn";
}

function closedError(): Error {
  return Object.assign(new Error("closed"), { code: "ECONNABORTED" });
}
