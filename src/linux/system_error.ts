// The system refusing something, as a named error: first the action, then the state.
import { errno } from "./libc.ts";

/** asm-generic/errno.h, with strerror's words; what is not here is shown by number. */
const ERRNO: Readonly<Record<number, readonly [name: string, text: string]>> = {
  1: ["EPERM", "Operation not permitted"],
  2: ["ENOENT", "No such file or directory"],
  3: ["ESRCH", "No such process"],
  4: ["EINTR", "Interrupted system call"],
  5: ["EIO", "Input/output error"],
  6: ["ENXIO", "No such device or address"],
  9: ["EBADF", "Bad file descriptor"],
  11: ["EAGAIN", "Resource temporarily unavailable"],
  12: ["ENOMEM", "Cannot allocate memory"],
  13: ["EACCES", "Permission denied"],
  14: ["EFAULT", "Bad address"],
  16: ["EBUSY", "Device or resource busy"],
  17: ["EEXIST", "File exists"],
  19: ["ENODEV", "No such device"],
  22: ["EINVAL", "Invalid argument"],
  24: ["EMFILE", "Too many open files"],
  28: ["ENOSPC", "No space left on device"],
  32: ["EPIPE", "Broken pipe"],
  34: ["ERANGE", "Numerical result out of range"],
  90: ["EMSGSIZE", "Message too long"],
  92: ["ENOPROTOOPT", "Protocol not available"],
  93: ["EPROTONOSUPPORT", "Protocol not supported"],
  95: ["EOPNOTSUPP", "Operation not supported"],
  97: ["EAFNOSUPPORT", "Address family not supported by protocol"],
  98: ["EADDRINUSE", "Address already in use"],
  99: ["EADDRNOTAVAIL", "Cannot assign requested address"],
  100: ["ENETDOWN", "Network is down"],
  101: ["ENETUNREACH", "Network is unreachable"],
  104: ["ECONNRESET", "Connection reset by peer"],
  105: ["ENOBUFS", "No buffer space available"],
  110: ["ETIMEDOUT", "Connection timed out"],
  111: ["ECONNREFUSED", "Connection refused"],
  113: ["EHOSTUNREACH", "No route to host"],
};

/** EAGAIN: nothing to read, or no room to write, on a non-blocking descriptor. */
export const EAGAIN = 11;
/** EINTR: a signal came first. */
export const EINTR = 4;

/** A refused system call: `Cannot add 192.0.2.10/32 to eth0: Operation not permitted (EPERM)`. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** Positive errno. */
  readonly errno: number;
  /** Its name, such as EPERM; `errno N` when unknown to us. */
  readonly code: string;

  /** @param action what could not be done, without "Cannot" */
  constructor(action: string, errnoValue: number) {
    super(`Cannot ${action}: ${describeErrno(errnoValue)}`);
    this.errno = errnoValue;
    this.code = errnoName(errnoValue);
  }
}

/** `EPERM` for 1; `errno 200` for what has no name here. */
export function errnoName(value: number): string {
  return ERRNO[value]?.[0] ?? `errno ${value}`;
}

/** `Operation not permitted (EPERM)`. */
export function describeErrno(value: number): string {
  const entry = ERRNO[value];
  return entry === undefined ? `errno ${value}` : `${entry[1]} (${entry[0]})`;
}

/**
 * Turns the -1 of a libc call into the named error.
 *
 * @param action what was tried, without "Cannot"
 * @throws SystemError when `result` is negative
 */
export function check(result: number, action: string): number {
  if (result < 0) throw new SystemError(action, errno());
  return result;
}
