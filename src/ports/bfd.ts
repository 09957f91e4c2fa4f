// Sockets of BFD sessions, as the engine sees them. What comes in is handed to the engine.
import type { Family } from "../base/ip.ts";

/** Where a session's packets go, and from where. */
export interface BfdPath {
  readonly neighbor: string;
  /** Own address; undefined: the kernel chooses. */
  readonly source?: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  readonly multihop: boolean;
}

/** Sends the packets of one session, always from the same port (RFC 5881 section 4). */
export interface BfdSender {
  /** @returns undefined, or why it could not be sent */
  send(packet: Uint8Array<ArrayBuffer>): string | undefined;
  close(): void;
}

/** Opens senders. */
export interface BfdNetwork {
  /** Never fails: an address that is missing now may come later, each `send` tries again. */
  open(path: BfdPath): BfdSender;
}

/** How a packet arrived. */
export interface BfdArrival {
  readonly family: Family;
  readonly multihop: boolean;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** TTL or hop limit; undefined when the system did not say. */
  readonly ttl: number | undefined;
}
