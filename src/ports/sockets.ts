// Sockets that Deno itself does not offer: TCP from a chosen source, connected UDP that hears ICMP errors, echo requests.
// Every refusal of the system is an Error whose `code` is its errno name, such as ECONNREFUSED.
import type { ProbeSource } from "./probes.ts";

/** An open byte stream. */
export interface StreamSocket {
  /** Bytes read, or null at the end. One read at a time. @throws Error with `code` */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Bytes taken, at least 1. One write at a time. @throws Error with `code` */
  write(data: Uint8Array): Promise<number>;
  /** Ends a pending read or write, which then rejects with EBADF. */
  close(): void;
}

/** A socket that talks to one peer in datagrams. */
export interface DatagramSocket {
  /** Sends one datagram; a full queue drops it. @throws Error with `code`; an ICMP error of an earlier datagram too */
  send(datagram: Uint8Array): void;
  /** The next datagram from the peer, cut to 65535 bytes. One at a time. @throws Error with `code`, EBADF once closed */
  receive(): Promise<Uint8Array>;
  /** Ends a pending receive, which then rejects with EBADF. */
  close(): void;
}

/** A datagram socket for ICMP or ICMPv6 messages, without IP header. */
export interface EchoSocket extends DatagramSocket {
  /** The identifier that requests must carry: replies with another are not ours. 0 to 65535. */
  readonly identifier: number;
}

/** Where a socket goes, and from where. */
export interface SocketTarget {
  readonly address: string;
  readonly source?: ProbeSource;
}

/** How the waiting for a connection ended; an Error with `code`: it was refused. */
export type Reached = "connected" | "timeout" | "aborted" | Error;

/** Opens sockets. */
export interface SocketPort {
  /** Connects by TCP; an abort of `signal` rejects and closes. @throws Error with `code` */
  connect(target: SocketTarget & { readonly port: number }, signal: AbortSignal): Promise<StreamSocket>;
  /**
   * Connects by TCP and closes at once, by way of checks that come by the thousand: without promises, signals and timers of
   * their own.
   *
   * @param end called once, never from within this call
   * @returns ends it early
   */
  reach(
    target: SocketTarget & { readonly port: number; readonly timeoutMs: number },
    end: (how: Reached) => void,
  ): () => void;
  /** Opens a UDP socket connected to the target. @throws Error with `code` */
  openUdp(target: SocketTarget & { readonly port: number }): DatagramSocket;
  /** Opens a socket for echo requests to the target. @throws Error with `code`; EACCES or EPERM where neither ping sockets nor raw ones are allowed */
  openEcho(target: SocketTarget): EchoSocket;
}
