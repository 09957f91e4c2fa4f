// One way in which a checked server can be ill: the checker of keepalived.conf, what the server does, what the check says.

/** What a check has to say of a server that is ill. */
export interface Expected {
  /** Some illnesses are none to a checker. */
  readonly state: "up" | "down";
  /** HAProxy's word, a pattern. */
  readonly status: string;
  readonly text: RegExp;
}

/** A case. It has a port of its own, at which something serves well or ill. */
export interface CheckCase {
  /** Unique; begins with the checker. */
  readonly name: string;
  /** The checker's block in keepalived.conf. */
  readonly checker: (place: Place) => string;
  /** Who serves. */
  readonly server: Server;
  readonly ill: Expected;
  /** Time limit of the checker, ms. */
  readonly timeoutMs: number;
  /** Whom the checker asks; undefined: the host of the servers. */
  readonly address?: string;
}

/** What a checker may name. */
export interface Place {
  /** Folder of the test: scripts and files are in it, and the file `ill` while all are ill. */
  readonly folder: string;
  readonly port: number;
}

/** Who answers, and what makes it ill. */
export type Server =
  /** The program `sick_server.ts`, TCP or UDP. */
  | { readonly kind: "tcp"; readonly well: Treatment; readonly ill: Treatment | "refuse" }
  | { readonly kind: "udp"; readonly well: Reply; readonly ill: Reply | "refuse" }
  /** Something else on a port that it has chosen. */
  | { readonly kind: "real"; readonly port: number }
  /** A rule of nftables in front of the server, for what goes to its port or address: `drop`, `reject with tcp reset`. */
  | { readonly kind: "filtered"; readonly rule: string; readonly well: Treatment | Reply | "ping" }
  /** Its address leaves the host. */
  | { readonly kind: "gone"; readonly well: Treatment | "ping" }
  /** Nobody: the checker asks no server. */
  | { readonly kind: "local" };

/** What a server does with a connection. */
export type Treatment = { readonly treat: (peer: Peer) => Promise<void> };
/** What a server does with a datagram. */
export type Reply = { readonly reply: (datagram: Uint8Array, say: (answer: Uint8Array) => void) => void };

/** The server's end of one connection. */
export interface Peer {
  /** The next line without its end, or what came before the end of the connection. */
  readonly line: () => Promise<string>;
  /** Waits for anything, and forgets it. */
  readonly hear: () => Promise<void>;
  readonly say: (data: string | Uint8Array) => Promise<void>;
  /** Waits until the peer closes, and hears nothing of what it says. */
  readonly hang: () => Promise<void>;
  /** Resets the connection after a moment. */
  readonly reset: () => Promise<void>;
  /** Waits. */
  readonly pause: (ms: number) => Promise<void>;
  /** Gives the connection to a server on loopback. */
  readonly hand: (port: number) => Promise<void>;
}

/** One piece every `everyMs`. */
export async function drip(peer: Peer, text: string, everyMs = 100): Promise<void> {
  for (const character of text) {
    await peer.say(character);
    await peer.pause(everyMs);
  }
}

/** The same for ever, until the peer closes. With rests: one that never rests takes the processor from the servers beside it. */
export async function endless(peer: Peer, text: string): Promise<void> {
  for (let piece = 1;; piece++) {
    await peer.say(text);
    if (piece % 100 === 0) await peer.pause(10);
  }
}

/** Down, for this reason. */
export function down(status: string, text: RegExp): Expected {
  return { state: "down", status, text };
}

/** Up all the same. */
export function up(status: string, text: RegExp): Expected {
  return { state: "up", status, text };
}

/** A block of keepalived.conf. Empty lines are left out. */
export function block(keyword: string, ...lines: readonly string[]): string {
  return [`${keyword} {`, ...lines.filter((line) => line !== ""), "}"].join("\n");
}

/** The block of a checker that asks a port. Nothing is forgiven, so that each result shows at once. */
export function asking(
  keyword: string,
  port: number | undefined,
  limitMs: number,
  ...lines: readonly string[]
): string {
  const where = port === undefined ? "" : `connect_port ${port}`;
  return block(keyword, where, `connect_timeout ${limitMs / 1000}`, "retry 0", "delay_before_retry 1", ...lines);
}

/** The usual time limit, ms. */
export const LIMIT_MS = 2000;
