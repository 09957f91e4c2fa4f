// An epoll set over descriptors that others own. For the synchronous vrrp loop and, through Reactor, for async roles.
import { assert } from "../base/assert.ts";
import { EPOLLIN } from "./constants.ts";
import { errno, libc } from "./libc.ts";
import { check, EINTR, SystemError } from "./system_error.ts";

// linux/eventpoll.h
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/**
 * struct epoll_event { u32 events; u64 data; } in words of 32 bits: packed on x86_64 only, elsewhere the data is aligned.
 *
 * @returns its length, and where the data begins
 */
export function epollEventWords(arch: typeof Deno.build.arch): readonly [length: number, data: number] {
  return arch === "x86_64" ? [3, 1] : [4, 2];
}

const [EVENT_WORDS, DATA_WORD] = epollEventWords(Deno.build.arch);

/** Most descriptors that one `wait` reports; the others stay ready and come with the next. */
export const EPOLL_BATCH = 64;

/** A level-triggered epoll set. `wait`, `fdAt` and `eventsAt` allocate nothing. */
export class Epoll {
  #fd: number;
  #waiting = false;
  readonly #ready = new Int32Array(EPOLL_BATCH * EVENT_WORDS);
  readonly #readyBytes = new Uint8Array(this.#ready.buffer);

  /** Opens an empty set. @throws SystemError */
  constructor() {
    this.#fd = check(libc().epoll_create1(EPOLL_CLOEXEC), "create an epoll set");
  }

  /** The descriptor of the set, which may itself be watched; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Watches a descriptor. Works while `waitAsync` is under way.
   *
   * @param events mask of EPOLLIN and so on; EPOLLERR and EPOLLHUP are always reported
   * @throws SystemError
   */
  add(fd: number, events: number = EPOLLIN): void {
    this.#control(EPOLL_CTL_ADD, fd, events, "watch");
  }

  /** Changes what a watched descriptor is watched for. @throws SystemError */
  modify(fd: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events, "watch");
  }

  /** Stops watching. Call it before the descriptor is closed. @throws SystemError */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, "stop watching");
  }

  /**
   * Blocks until a descriptor is ready.
   *
   * @param timeoutMs -1 waits without end, 0 not at all
   * @returns how many are ready: see `fdAt`; 0 at the timeout and after a signal
   * @throws SystemError
   */
  wait(timeoutMs: number): number {
    assert(!this.#waiting, "an epoll set has one wait at a time");
    const count = libc().epoll_wait(this.#fd, this.#readyBytes, EPOLL_BATCH, timeoutMs);
    if (count >= 0) return count;
    const error = errno();
    if (error === EINTR) return 0;
    throw new SystemError("wait on an epoll set", error);
  }

  /**
   * The same on a thread of the pool. The wait keeps the process alive and cannot be called off but by an event or the
   * timeout; until it ends, `wait` and `close` must not be called.
   */
  async waitAsync(timeoutMs: number): Promise<number> {
    assert(!this.#waiting, "an epoll set has one wait at a time");
    this.#waiting = true;
    try {
      // The errno of the pool thread is lost: of an open set and our own buffer, -1 can only be EINTR.
      return Math.max(0, await libc().epoll_wait_async(this.#fd, this.#readyBytes, EPOLL_BATCH, timeoutMs));
    } finally {
      this.#waiting = false;
    }
  }

  /** The descriptor of ready entry `index`, 0 to count - 1, of the last wait. */
  fdAt(index: number): number {
    return this.#ready[index * EVENT_WORDS + DATA_WORD] as number;
  }

  /** What entry `index` is ready for: mask of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. */
  eventsAt(index: number): number {
    return this.#ready[index * EVENT_WORDS] as number;
  }

  /** Closes the set, not what it watches; a second call does nothing. */
  close(): void {
    assert(!this.#waiting, "an epoll set is closed after its wait");
    if (this.#fd < 0) return;
    libc().close(this.#fd);
    this.#fd = -1;
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #control(operation: number, fd: number, events: number, action: string): void {
    const event = new Int32Array(EVENT_WORDS);
    event[0] = events;
    event[DATA_WORD] = fd;
    check(libc().epoll_ctl(this.#fd, operation, fd, new Uint8Array(event.buffer)), `${action} descriptor ${fd}`);
  }
}
