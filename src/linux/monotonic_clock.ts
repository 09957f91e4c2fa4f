// CLOCK_MONOTONIC in microseconds, and a timer on it that epoll can wait for.
import type { Clock } from "../ports/clock.ts";
import { libc } from "./libc.ts";
import { check } from "./system_error.ts";

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const TIMESPEC_BYTES = 16;
const ITIMERSPEC_BYTES = 32;
const SECOND_US = 1_000_000;

/** The host's clocks. Costs one libc call (48 ns) and allocates nothing. */
export class SystemClock implements Clock {
  readonly #timespec = new Uint8Array(TIMESPEC_BYTES);
  readonly #words = new Uint32Array(this.#timespec.buffer);
  readonly #libc = libc();
  /** How far this clock goes ahead of the host's, microseconds: rehearsals do not wait. */
  aheadUs = 0;

  nowUs(): number {
    this.#libc.clock_gettime(CLOCK_MONOTONIC, this.#timespec);
    // struct timespec: 64 bit seconds, 64 bit nanoseconds, little endian
    const [secondsLow = 0, secondsHigh = 0, nanoseconds = 0] = this.#words;
    return (secondsHigh * 0x100000000 + secondsLow) * SECOND_US + Math.floor(nanoseconds / 1000) + this.aheadUs;
  }

  wallMs(): number {
    return Date.now();
  }
}

/**
 * A timer at an absolute monotonic time. Unlike a time limit of epoll it has no slack: the kernel lets a limit of 3.6 s
 * pass by up to 3.4 ms.
 */
export class DeadlineTimer {
  readonly fd = check(libc().timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "create a timer");
  readonly #setting = new Uint8Array(ITIMERSPEC_BYTES);
  readonly #view = new DataView(this.#setting.buffer);
  #armedUs: number | undefined;

  /** Arms for a time in microseconds, or disarms; the same time twice costs nothing. A time gone by fires at once. */
  set(deadlineUs: number | undefined): void {
    if (deadlineUs === this.#armedUs) return;
    this.#armedUs = deadlineUs;
    const us = deadlineUs === undefined ? 0 : Math.max(deadlineUs, 1); // all zero would disarm
    const seconds = Math.floor(us / SECOND_US);
    this.#view.setUint32(16, seconds, true);
    this.#view.setUint32(24, Math.round((us - seconds * SECOND_US) * 1000), true);
    check(libc().timerfd_settime(this.fd, TFD_TIMER_ABSTIME, this.#setting, null), "set a timer");
  }

  /** Takes note that it fired: the next `set` arms it, and so makes epoll stop reporting it. */
  fired(): void {
    this.#armedUs = NaN;
  }

  close(): void {
    libc().close(this.fd);
  }
}
