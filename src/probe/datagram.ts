// One question in a datagram and the wait for its answer: what UDP_CHECK, DNS_CHECK and PING_CHECK share.
import type { DatagramSocket } from "../ports/sockets.ts";
import { type Finding, refusal } from "./tcp.ts";
import { within } from "./within.ts";

/** So many datagrams that are no answer end the wait: a flood of them must not hold up the other checks. */
const MAX_STRAYS = 1000;

/** What to ask, and how to understand what comes. */
export interface Question<Socket extends DatagramSocket> {
  readonly open: () => Socket;
  /** The datagram to send. */
  readonly ask: (socket: Socket) => Uint8Array;
  /** The finding that a datagram gives; undefined: it is no answer to this, wait on. */
  readonly judge: (datagram: Uint8Array) => Finding | undefined;
  /** What it means that nothing came in time. */
  readonly silence: Finding;
  readonly timeoutMs: number;
}

/** Sends the question once and waits for its answer. Never rejects. */
export async function exchange<Socket extends DatagramSocket>(
  question: Question<Socket>,
  signal: AbortSignal,
): Promise<Finding> {
  let socket: Socket;
  try {
    socket = question.open();
  } catch (error) {
    return refusal(error);
  }
  const waited = await within(converse(socket, question), question.timeoutMs, signal);
  socket.close(); // ends a wait that is still on
  switch (waited.end) {
    case "done":
      return waited.value;
    case "failed":
      return refusal(waited.error);
    case "timeout":
      return question.silence;
    case "aborted":
      return { ok: false, status: "L7TOUT", text: "the check was cancelled before an answer came" };
    default:
      return waited satisfies never;
  }
}

async function converse<Socket extends DatagramSocket>(
  socket: Socket,
  { ask, judge }: Question<Socket>,
): Promise<Finding> {
  socket.send(ask(socket));
  for (let strays = 0; strays < MAX_STRAYS; strays++) {
    const finding = judge(await socket.receive());
    if (finding !== undefined) return finding;
  }
  return { ok: false, status: "L7RSP", text: `${MAX_STRAYS} datagrams came, none is the answer` };
}

/** Random bytes, so that an old or a guessed answer is not taken for the answer. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A random number from 0 to 65535. */
export function randomUint16(): number {
  const [high = 0, low = 0] = randomBytes(2);
  return high << 8 | low;
}
