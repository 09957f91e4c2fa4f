// A link between two roles: typed JSON messages over an inherited SOCK_SEQPACKET socket. Never blocks.
import { SeqpacketChannel } from "../linux/seqpacket.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Messages read at one go, so that a talkative peer does not hold up everything else. */
const MAX_PER_ROUND = 64;

/** One end of a link. */
export class Link<Outgoing> {
  readonly #channel: SeqpacketChannel;

  /** @param fd this process's end; the link closes it */
  constructor(fd: number) {
    this.#channel = new SeqpacketChannel(fd);
  }

  /** The descriptor to watch for messages. */
  get fd(): number {
    return this.#channel.fd;
  }

  /** Sends a message. @returns false when the other end reads too slowly and the message was dropped */
  send(message: Outgoing): boolean {
    this.#channel.flush();
    return this.#channel.send(encoder.encode(JSON.stringify(message)));
  }

  /**
   * Hands over what has arrived, as unchecked values.
   *
   * @returns false once the other end is gone
   */
  receive(onMessage: (message: unknown) => void): boolean {
    this.#channel.flush();
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
