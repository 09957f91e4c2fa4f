// A non-blocking TCP socket with promises, on a reactor. Connecting is waited for here, begun elsewhere.
import type { StreamSocket } from "../ports/sockets.ts";
import { EPOLLIN, EPOLLOUT, MSG_NOSIGNAL, SOL_SOCKET } from "./constants.ts";
import { cInts, errno, libc } from "./libc.ts";
import type { Reactor } from "./reactor.ts";
import { check, EAGAIN, EINTR, SystemError } from "./system_error.ts";

const EBADF = 9;
const ECANCELED = 125;
/** asm-generic/socket.h */
const SO_ERROR = 4;

/** Waits until `fd`, on which connect(2) was called, is connected. Owns it from now on. @throws SystemError */
export async function connectStream(reactor: Reactor, fd: number, signal: AbortSignal): Promise<StreamSocket> {
  const socket = new ReactorStream(reactor, fd);
  const onAbort = (): void => socket.fail(ECANCELED);
  signal.addEventListener("abort", onAbort);
  try {
    if (signal.aborted) throw new SystemError("connect", ECANCELED);
    await socket.ready(EPOLLOUT, "connect");
    const refused = pendingError(fd);
    if (refused !== 0) throw new SystemError("connect", refused);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The error that the kernel keeps for a socket, taken away from it; 0 for none. */
export function pendingError(fd: number): number {
  const value = new Int32Array(1);
  check(
    libc().getsockopt(fd, SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer), cInts(4)),
    "ask for the error of a socket",
  );
  return value[0] as number;
}

interface Waiter {
  readonly action: string;
  readonly resolve: () => void;
  readonly reject: (error: SystemError) => void;
}

/** Watched only while somebody waits, so an idle socket costs nothing. */
class ReactorStream implements StreamSocket {
  readonly #reactor: Reactor;
  #fd: number;
  readonly #waiters = new Map<number, Waiter>();
  #watched = 0;

  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor;
    this.#fd = fd;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const count = libc().recv(this.#fd, buffer as Uint8Array<ArrayBuffer>, buffer.length, 0);
      if (count > 0) return count;
      if (count === 0) return null;
      await this.#again("read from a connection", EPOLLIN);
    }
  }

  async write(data: Uint8Array): Promise<number> {
    for (;;) {
      const count = libc().send(this.#fd, data as Uint8Array<ArrayBuffer>, data.length, MSG_NOSIGNAL);
      if (count >= 0) return count;
      await this.#again("write to a connection", EPOLLOUT);
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#watch(0);
    libc().close(this.#fd);
    this.#fd = -1;
    this.fail(EBADF);
  }

  /** Rejects what waits. */
  fail(error: number): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    if (this.#fd >= 0) this.#watch(0);
    for (const { action, reject } of waiters) reject(new SystemError(action, error));
  }

  /** Resolves when `event` or an error is there. */
  ready(event: number, action: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(event, { action, resolve, reject });
      this.#watch(this.#watched | event);
    });
  }

  /** After a refused call: returns when to try again. */
  async #again(action: string, event: number): Promise<void> {
    const refused = this.#fd < 0 ? EBADF : errno();
    if (refused === EINTR) return;
    if (refused !== EAGAIN) throw new SystemError(action, refused);
    await this.ready(event, action);
  }

  #onReady(events: number): void {
    const broken = (events & ~(EPOLLIN | EPOLLOUT)) !== 0; // the next call tells how
    for (const [event, waiter] of [...this.#waiters]) {
      if (!broken && (events & event) === 0) continue;
      this.#waiters.delete(event);
      waiter.resolve();
    }
    this.#watch([...this.#waiters.keys()].reduce((mask, event) => mask | event, 0));
  }

  #watch(events: number): void {
    if (events === this.#watched) return;
    if (events === 0) this.#reactor.remove(this.#fd);
    else if (this.#watched !== 0) this.#reactor.modify(this.#fd, events);
    else this.#reactor.add(this.#fd, (ready) => this.#onReady(ready), events);
    this.#watched = events;
  }
}
