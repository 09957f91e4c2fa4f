// Real-time signals, which Deno cannot listen to. Without a handler they end the process, so they are handled or ignored.
//
// A handler runs on any thread at any moment and must not touch the runtime; nor can a signal be blocked for signalfd(2) on
// threads that run already. So the handler is the C library's own eventfd_write(3), which is async-signal-safe: the kernel
// calls it with the number of the signal as its first argument, and under that number as descriptor an eventfd is waiting.
import { cInts, libc } from "./libc.ts";
import type { Reactor } from "./reactor.ts";
import { check } from "./system_error.ts";

// linux/eventfd.h
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
// linux/fcntl.h
const F_GETFD = 1;
const F_DUPFD_CLOEXEC = 1030;
// asm/signal.h
const SIG_IGN = 1n;
const SA_RESTART = 0x10000000;
const SA_ONSTACK = 0x08000000;
/** struct sigaction of glibc on 64 bits: handler, a mask of 128 bytes, flags, restorer (which glibc fills in). */
const SIGACTION_BYTES = 152;
const FLAGS_OFFSET = 136;

/**
 * Calls back in the event loop after the signal came, once for several that come together.
 *
 * @param signal 34 to 64
 * @returns false when the descriptor of that number is in use: then the signal is ignored
 * @throws SystemError
 */
export function onRealTimeSignal(signal: number, reactor: Reactor, listener: () => void): boolean {
  if (libc().fcntl(signal, F_GETFD, 0) >= 0) {
    ignoreRealTimeSignal(signal);
    return false;
  }
  const made = check(libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "create an eventfd");
  const fd = libc().fcntl(made, F_DUPFD_CLOEXEC, signal);
  libc().close(made);
  check(fd, "copy an eventfd");
  reactor.add(fd, () => {
    libc().read(fd, new Uint8Array(8), 8); // back to zero; its only refusal is EAGAIN: is zero already
    listener();
  });
  setHandler(signal, Deno.UnsafePointer.value(libc().eventfd_write));
  return true;
}

/** Lets the signal pass without effect. Programs that this one starts inherit that. @throws SystemError */
export function ignoreRealTimeSignal(signal: number): void {
  setHandler(signal, SIG_IGN);
}

function setHandler(signal: number, handler: bigint): void {
  const action = new Uint8Array(SIGACTION_BYTES);
  new DataView(action.buffer).setBigUint64(0, handler, true);
  action.set(cInts(SA_RESTART | SA_ONSTACK), FLAGS_OFFSET);
  check(libc().sigaction(signal, action, null), `handle signal ${signal}`);
}
