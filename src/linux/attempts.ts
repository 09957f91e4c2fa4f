// Connections that are begun, waited for and closed at once: checks by TCP, by the thousand. One timer serves them all.
import { Limits } from "../base/limits.ts";
import type { Reached } from "../ports/sockets.ts";
import { EPOLLOUT } from "./constants.ts";
import { libc } from "./libc.ts";
import type { Reactor } from "./reactor.ts";
import { pendingError } from "./stream_socket.ts";
import { SystemError } from "./system_error.ts";

/** One connection under way. */
interface Attempt {
  /** -1 when it is over. */
  fd: number;
  readonly timeoutUs: number;
  readonly end: (how: Reached) => void;
}

/** Connections under way on one reactor. */
export class Attempts {
  readonly #reactor: () => Reactor;
  readonly #limits = new Limits<Attempt>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ringsUs = Infinity;

  constructor(reactor: () => Reactor) {
    this.#reactor = reactor;
  }

  /**
   * Waits until `fd`, on which connect(2) was called, is connected, and closes it then.
   *
   * @param end called once, never from within this call
   * @returns ends it early
   * @throws SystemError when it cannot be watched: `fd` is the caller's then
   */
  watch(fd: number, timeoutMs: number, end: (how: Reached) => void): () => void {
    const attempt: Attempt = { fd, timeoutUs: timeoutMs * 1000, end };
    const startUs = nowUs();
    this.#arm(startUs, startUs + attempt.timeoutUs);
    this.#reactor().add(fd, (events) => this.#ready(attempt, events), EPOLLOUT);
    this.#limits.add(attempt, attempt.timeoutUs, startUs);
    return () => this.#end(attempt, "aborted");
  }

  #ready(attempt: Attempt, events: number): void {
    // Without an error or a hang-up there is nothing to ask for.
    const refused = events === EPOLLOUT ? 0 : pendingError(attempt.fd);
    this.#end(attempt, refused === 0 ? "connected" : new SystemError("connect", refused));
  }

  #end(attempt: Attempt, how: Reached): void {
    const { fd } = attempt;
    if (fd < 0) return;
    attempt.fd = -1;
    this.#limits.delete(attempt, attempt.timeoutUs);
    this.#reactor().remove(fd);
    libc().close(fd);
    attempt.end(how);
  }

  /** The timer rings then, or before. */
  #arm(fromUs: number, atUs: number): void {
    if (this.#ringsUs <= atUs) return;
    clearTimeout(this.#timer);
    this.#ringsUs = atUs;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, Math.ceil((atUs - fromUs) / 1000)));
    Deno.unrefTimer(this.#timer); // the reactor keeps the process alive while something is watched
  }

  #ring(): void {
    this.#ringsUs = Infinity;
    const atUs = nowUs();
    for (const attempt of this.#limits.take(atUs)) this.#end(attempt, "timeout");
    const { firstUs } = this.#limits;
    if (firstUs !== Infinity) this.#arm(atUs, firstUs);
  }
}

function nowUs(): number {
  return performance.now() * 1000;
}
