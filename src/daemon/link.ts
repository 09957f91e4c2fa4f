// A link between two roles: typed JSON messages over an inherited SOCK_SEQPACKET socket. Never blocks.
import { SeqpacketChannel } from "../linux/seqpacket.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Messages read at one go, so that a talkative peer does not hold up everything else. */
const MAX_PER_ROUND = 64;

/** One end of a link. */
export class Link<Outgoing> {
  readonly #channel: SeqpacketChannel;
  /** Posted messages that the channel had no room for yet. */
  readonly #posted: Uint8Array[] = [];

  /**
   * @param fd this process's end; the link closes it
   * @param maxReceivedBytes longest message taken from the other end; a longer one closes the link
   */
  constructor(fd: number, maxReceivedBytes?: number) {
    this.#channel = new SeqpacketChannel(fd, maxReceivedBytes);
  }

  /** The descriptor to watch for messages, and while `pending` for room. */
  get fd(): number {
    return this.#channel.fd;
  }

  /** Something is still to be written: call `flush` when there is room. */
  get pending(): boolean {
    return this.#channel.pending || this.#posted.length > 0;
  }

  /** Posted messages that wait for room. */
  get backlog(): number {
    return this.#posted.length;
  }

  /** Sends a message that the next one makes up for. @returns false when the other end is slow and it was dropped */
  send(message: Outgoing): boolean {
    return this.flush() && this.#channel.send(encode(message));
  }

  /** The same for a message that is JSON already. */
  sendText(json: string): boolean {
    return this.flush() && this.#channel.send(encoder.encode(json));
  }

  /** Sends a message that must arrive: it waits, in order, while the other end is slow. */
  post(message: Outgoing): void {
    this.#posted.push(encode(message));
    this.flush();
  }

  /** Goes on with what waits. @returns true when nothing does any more */
  flush(): boolean {
    for (;;) {
      if (!this.#channel.flush()) return false;
      const [next] = this.#posted;
      if (next === undefined) return true;
      if (!this.#channel.send(next)) {
        if (!this.#channel.closed) return false;
        this.#posted.length = 0; // nobody is there to read it
        return true;
      }
      this.#posted.shift();
    }
  }

  /**
   * Hands over what has arrived, as unchecked values.
   *
   * @returns false once the other end is gone
   */
  receive(onMessage: (message: unknown) => void): boolean {
    this.flush();
    for (let count = 0; count < MAX_PER_ROUND; count++) {
      const bytes = this.#channel.receive();
      if (bytes === undefined) return true;
      if (bytes === "closed") return false;
      let message: unknown;
      try {
        message = JSON.parse(decoder.decode(bytes));
      } catch {
        continue; // not ours: a role that sends such a thing is broken, which must not break us
      }
      onMessage(message);
    }
    return true;
  }

  /** Closes this end; the other one sees it. */
  close(): void {
    this.#channel.close();
  }
}

function encode(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}
