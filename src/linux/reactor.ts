// Readiness callbacks in the ordinary event loop, for any number of descriptors. Reads and writes nothing itself.
//
// One epoll_wait on one pool thread serves them all: Deno's pool has 32 threads, and a blocking call per socket would
// take them from files and DNS.
import { assert } from "../base/assert.ts";
import { EPOLLIN } from "./constants.ts";
import { Epoll } from "./epoll.ts";
import { libc } from "./libc.ts";
import { check } from "./system_error.ts";

// linux/eventfd.h
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

interface Watch {
  readonly onReady: (events: number) => void;
  /** The first wait that may report this descriptor: an older one may speak of its number's previous owner. */
  readonly firstWait: number;
}

/**
 * Watches descriptors and calls back when they are ready, level-triggered: what a callback leaves unread calls it again.
 * Keeps the process alive exactly while something is watched. An error thrown by a callback is reported as uncaught and
 * does not stop the others.
 */
export class Reactor {
  readonly #epoll = new Epoll();
  readonly #wakeFd: number;
  readonly #watches = new Map<number, Watch>();
  #waits = 0;
  #closed = false;
  #running: Promise<void> | undefined;

  /** Opens one that watches nothing. @throws SystemError */
  constructor() {
    this.#wakeFd = check(libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "create an eventfd");
    this.#epoll.add(this.#wakeFd);
  }

  /**
   * Watches a non-blocking descriptor, once at a time.
   *
   * @param onReadable called with the mask of events; also for EPOLLERR and EPOLLHUP. It should read a bounded amount,
   *   so that a busy descriptor does not hold up the others, and must not mind finding nothing
   * @param events what to watch for, EPOLLIN if not given
   * @throws SystemError
   */
  add(fd: number, onReadable: (events: number) => void, events: number = EPOLLIN): void {
    assert(!this.#closed, "the reactor is open");
    assert(!this.#watches.has(fd), `descriptor ${fd} is watched once`);
    this.#epoll.add(fd, events);
    this.#watches.set(fd, { onReady: onReadable, firstWait: this.#waits + 1 });
    this.#running ??= this.#run();
  }

  /** Changes what a watched descriptor is watched for. @throws SystemError */
  modify(fd: number, events: number): void {
    this.#epoll.modify(fd, events);
  }

  /** Stops watching, and calls back no more; not watched is no error. Call it before the descriptor is closed. */
  remove(fd: number): void {
    if (!this.#watches.delete(fd)) return;
    this.#epoll.remove(fd);
    if (this.#watches.size === 0) this.#wake();
  }

  /** Stops watching everything and frees the reactor's own descriptors; a second call does nothing. */
  close(): void {
    if (this.#closed) return;
    for (const fd of [...this.#watches.keys()]) this.remove(fd);
    this.#closed = true;
    if (this.#running === undefined) this.#free();
  }

  /** Resolves when nothing is watched any more and the pending wait has ended. */
  async stopped(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#watches.size > 0) {
      this.#waits++;
      const count = await this.#epoll.waitAsync(-1);
      for (let index = 0; index < count; index++) this.#dispatch(this.#epoll.fdAt(index), this.#epoll.eventsAt(index));
    }
    this.#running = undefined;
    if (this.#closed) this.#free();
  }

  #dispatch(fd: number, events: number): void {
    if (fd === this.#wakeFd) {
      libc().read(fd, new Uint8Array(8), 8); // back to zero; its only refusal is EAGAIN: is zero already
      return;
    }
    const watch = this.#watches.get(fd);
    if (watch === undefined || watch.firstWait > this.#waits) return;
    try {
      watch.onReady(events);
    } catch (error) {
      reportError(error);
    }
  }

  /** Ends the pending wait, which otherwise nothing would end any more. */
  #wake(): void {
    const one = new Uint8Array(new BigUint64Array([1n]).buffer);
    check(libc().write(this.#wakeFd, one, one.length), "wake the reactor");
  }

  #free(): void {
    libc().close(this.#wakeFd);
    this.#epoll.close();
  }
}

let shared: Reactor | undefined;

/** The reactor of this process, made at the first call and never closed. @throws SystemError */
export function sharedReactor(): Reactor {
  return shared ??= new Reactor();
}
