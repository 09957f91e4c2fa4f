// A TCP connection within a time limit: the whole of TCP_CHECK, and the first half of every other probe.
import type { CheckStatus, ProbeResult, ProbeSource, ProbeTarget } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { type Waited, within } from "./within.ts";

/** What a probe found, without the time it took. */
export type Finding = Omit<ProbeResult, "durationUs">;

/** A connection as probes use it; `Deno.TcpConn` is one. */
export interface Connection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(data: Uint8Array): Promise<number>;
  close(): void;
  /** The peer has said that nothing more comes (close_notify of TLS); undefined where that is not said. */
  readonly saidGoodbye?: boolean;
  /** What an error says of TLS itself; undefined for one of the connection, and where there is no TLS. */
  fault?(error: unknown): Finding | undefined;
}

/** Opens a connection. Versions of Deno that know no `signal` ignore it. */
export type Connect = (options: ConnectOptions) => Promise<Connection>;

/** Where and from where to connect. */
export interface ConnectOptions {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly source?: ProbeSource;
}

/** An open connection, or why there is none. */
export type Connected =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly finding: Finding };

/** TCP_CHECK: a connection is enough; it is closed at once. */
export async function probeTcp(connect: Connect, target: ProbeTarget, signal: AbortSignal): Promise<Finding> {
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  connected.connection.close();
  return CONNECTED;
}

/** The same with less work, for thousands of them. @param end called once, never from within @returns ends it early */
export function reachTcp(sockets: SocketPort, target: ProbeTarget, end: (finding: Finding) => void): () => void {
  return sockets.reach(target, (how) => {
    if (how === "connected") end(CONNECTED);
    else end(typeof how === "string" ? connectFinding({ end: how }, target.timeoutMs) : refusal(how));
  });
}

const CONNECTED: Finding = { ok: true, status: "L4OK", text: "connected" };

/** Connects within `target.timeoutMs`. A connection that comes later is closed when it comes. */
export async function openConnection(connect: Connect, target: ProbeTarget, signal: AbortSignal): Promise<Connected> {
  const controller = new AbortController();
  const { address, port, source } = target;
  const options = { hostname: address, port, signal: controller.signal, ...(source === undefined ? {} : { source }) };
  const attempt = start(() => connect(options));
  const waited = await within(attempt, target.timeoutMs, signal);
  if (waited.end === "done") return { ok: true, connection: waited.value };
  controller.abort();
  attempt.then((late) => late.close(), () => {});
  return { ok: false, finding: connectFinding(waited, target.timeoutMs) };
}

/** A synchronous exception of `open` becomes a rejection like any other. */
async function start(open: () => Promise<Connection>): Promise<Connection> {
  return await open();
}

function connectFinding(waited: Exclude<Waited<Connection>, { end: "done" }>, timeoutMs: number): Finding {
  switch (waited.end) {
    case "timeout":
      return { ok: false, status: "L4TOUT", text: `no connection within ${timeoutMs} ms` };
    case "aborted":
      return { ok: false, status: "L4TOUT", text: "the check was cancelled before it was connected" };
    case "failed":
      return refusal(waited.error);
    default:
      return waited satisfies never;
  }
}

/** What the answers of connect(2) mean for the asked server; every other one is trouble of this host. */
const REFUSALS: Readonly<Record<string, { readonly status: CheckStatus; readonly text: string }>> = {
  ECONNREFUSED: { status: "L4CON", text: "connection refused" },
  ECONNRESET: { status: "L4CON", text: "connection reset" },
  ECONNABORTED: { status: "L4CON", text: "connection aborted" },
  EHOSTUNREACH: { status: "L4CON", text: "no route to host" },
  ENETUNREACH: { status: "L4CON", text: "network is unreachable" },
  // What ICMP says, too: administratively prohibited (IPv6), protocol unreachable.
  EACCES: { status: "L4CON", text: "prohibited on the way" },
  ENOPROTOOPT: { status: "L4CON", text: "protocol unreachable" },
  EHOSTDOWN: { status: "L4CON", text: "host is down" },
  ETIMEDOUT: { status: "L4TOUT", text: "connection timed out" },
};

/** What an error of connecting, or an ICMP error of a datagram, says. */
export function refusal(error: unknown): Finding {
  const known = REFUSALS[errnoName(error) ?? ""];
  if (known !== undefined) return { ok: false, ...known };
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, status: "SOCKERR", text: `cannot connect from here: ${printable(message)}` };
}

/** The errno name that Deno puts on errors of the system, such as ECONNREFUSED. */
export function errnoName(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Text that came from elsewhere, safe for a log line: at most 128 characters, printable ASCII only. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim().slice(0, 128);
}
