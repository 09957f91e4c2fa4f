// A connected, non-blocking datagram socket with promises, on a reactor. ICMP errors of the peer come out of it.
import type { DatagramSocket } from "../ports/sockets.ts";
import { MSG_NOSIGNAL } from "./constants.ts";
import { errno, libc } from "./libc.ts";
import type { Reactor } from "./reactor.ts";
import { EAGAIN, EINTR, SystemError } from "./system_error.ts";

const EBADF = 9;
const ENOBUFS = 105;
/** The greatest datagram there is. All sockets share it: what was received is copied out at once. */
const BUFFER = new Uint8Array(65_535);

/** One peer. Watched only while somebody waits. */
export class PeerSocket implements DatagramSocket {
  readonly #reactor: Reactor;
  #fd: number;
  #waiting: { readonly resolve: () => void; readonly reject: (error: SystemError) => void } | undefined;

  /** Owns `fd`, which is connected and non-blocking. */
  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor;
    this.#fd = fd;
  }

  /** See `DatagramSocket`. */
  send(datagram: Uint8Array): void {
    const sent = libc().send(this.#fd, datagram as Uint8Array<ArrayBuffer>, datagram.length, MSG_NOSIGNAL);
    if (sent >= 0) return;
    const refused = errno();
    if (refused === EAGAIN || refused === ENOBUFS) return; // lost, as it may get lost anywhere
    throw new SystemError("send a datagram", refused);
  }

  /** See `DatagramSocket`. */
  async receive(): Promise<Uint8Array> {
    for (;;) {
      const length = libc().recv(this.#fd, BUFFER, BUFFER.length, 0);
      if (length >= 0) return BUFFER.slice(0, length);
      const refused = this.#fd < 0 ? EBADF : errno();
      if (refused === EINTR) continue;
      if (refused !== EAGAIN) throw new SystemError("receive a datagram", refused);
      await this.#readable();
    }
  }

  /** See `DatagramSocket`. */
  close(): void {
    if (this.#fd < 0) return;
    const waiting = this.#stopWaiting();
    libc().close(this.#fd);
    this.#fd = -1;
    waiting?.reject(new SystemError("receive a datagram", EBADF));
  }

  #readable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#reactor.add(this.#fd, () => this.#stopWaiting()?.resolve());
    });
  }

  #stopWaiting(): { readonly resolve: () => void; readonly reject: (error: SystemError) => void } | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#reactor.remove(this.#fd);
    return waiting;
  }
}
