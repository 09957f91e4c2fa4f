// The libc calls that Holdfast makes, in one table. Opened by a call, not by the import, so that all else tests without FFI.

// Lengths are declared u32 and ssize_t results i32: 64-bit parameters and results leave Deno's fast call path (142 against
// 323 ns for recv). Writing a 32-bit register zeroes its upper half on x86_64 and aarch64, and no length here passes 2 GiB.
const SYMBOLS = {
  socket: { parameters: ["i32", /* domain */ "i32", /* type */ "i32" /* protocol */], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer" /* int[2] */], result: "i32" },
  creat: { parameters: ["buffer", /* path */ "u32" /* mode */], result: "i32" },
  flock: { parameters: ["i32", /* fd */ "i32" /* operation */], result: "i32" },
  close: { parameters: ["i32" /* fd */], result: "i32" },
  open: { parameters: ["buffer", /* path */ "i32", /* flags */ "u32" /* mode */], result: "i32" },
  mkfifo: { parameters: ["buffer", /* path */ "u32" /* mode */], result: "i32" },
  bind: { parameters: ["i32", /* fd */ "buffer", /* sockaddr */ "u32" /* socklen_t */], result: "i32" },
  connect: { parameters: ["i32", /* fd */ "buffer", /* sockaddr */ "u32" /* socklen_t */], result: "i32" },
  listen: { parameters: ["i32", /* fd */ "i32" /* backlog */], result: "i32" },
  accept4: {
    parameters: ["i32", /* fd */ "pointer", /* sockaddr* */ "pointer", /* socklen_t* */ "i32" /* flags */],
    result: "i32",
  },
  getsockname: { parameters: ["i32", /* fd */ "buffer", /* sockaddr */ "buffer" /* socklen_t* */], result: "i32" },
  setsockopt: {
    parameters: ["i32", /* fd */ "i32", /* level */ "i32", /* name */ "buffer", /* value */ "u32" /* length */],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", /* fd */ "i32", /* level */ "i32", /* name */ "buffer", /* value */ "buffer" /* length* */],
    result: "i32",
  },
  send: { parameters: ["i32", /* fd */ "buffer", "u32", /* length */ "i32" /* flags */], result: "i32" },
  sendto: {
    parameters: ["i32", /* fd */ "buffer", "u32", /* length */ "i32", /* flags */ "buffer", /* sockaddr */ "u32"],
    result: "i32",
  },
  recv: { parameters: ["i32", /* fd */ "buffer", "u32", /* length */ "i32" /* flags */], result: "i32" },
  recvfrom: {
    parameters: ["i32", /* fd */ "buffer", "u32", /* length */ "i32", /* flags */ "buffer", /* sockaddr */ "buffer"],
    result: "i32",
  },
  recvmsg: { parameters: ["i32", /* fd */ "buffer", /* msghdr */ "i32" /* flags */], result: "i32" },
  read: { parameters: ["i32", /* fd */ "buffer", "u32" /* length */], result: "i32" },
  write: { parameters: ["i32", /* fd */ "buffer", "u32" /* length */], result: "i32" },
  // Variadic, with one pointer here: passed like any third argument on x86_64 and aarch64.
  ioctl: { parameters: ["i32", /* fd */ "u32", /* unsigned long request */ "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", /* fd */ "i32", /* command */ "i32" /* argument */], result: "i32" },
  epoll_create1: { parameters: ["i32" /* flags */], result: "i32" },
  epoll_ctl: { parameters: ["i32", /* epfd */ "i32", /* op */ "i32", /* fd */ "buffer" /* event* */], result: "i32" },
  epoll_wait: {
    parameters: ["i32", /* epfd */ "buffer", /* events */ "i32", /* maxevents */ "i32" /* timeout, ms */],
    result: "i32",
  },
  // The same call on a pool thread: its errno is lost, -1 can only be taken for EINTR.
  epoll_wait_async: {
    name: "epoll_wait",
    parameters: ["i32", /* epfd */ "buffer", /* events */ "i32", /* maxevents */ "i32" /* timeout, ms */],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", /* initval */ "i32" /* flags */], result: "i32" },
  timerfd_create: { parameters: ["i32", /* clock */ "i32" /* flags */], result: "i32" },
  timerfd_settime: {
    parameters: ["i32", /* fd */ "i32", /* flags */ "buffer", /* itimerspec */ "pointer" /* old */],
    result: "i32",
  },
  clock_gettime: { parameters: ["i32", /* clock */ "buffer" /* timespec */], result: "i32" },
  adjtimex: { parameters: ["buffer" /* timex */], result: "i32" },
  if_nametoindex: { parameters: ["buffer" /* char* */], result: "u32" },
  getpid: { parameters: [], result: "i32" },
  getpagesize: { parameters: [], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  sigaction: { parameters: ["i32", /* signal */ "buffer", /* sigaction */ "pointer" /* old */], result: "i32" },
  /** Its address: it is called by the kernel only. */
  eventfd_write: { type: "pointer" },
  kill: { parameters: ["i32", /* pid */ "i32" /* signal */], result: "i32" },
  prctl: { parameters: ["i32", /* option */ "u64", "u64", "u64", "u64"], result: "i32" },
  setgroups: { parameters: ["u64", /* size_t count */ "pointer" /* gid_t* */], result: "i32" },
  setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  execve: { parameters: ["buffer", /* path */ "buffer", /* argv */ "buffer" /* envp */], result: "i32" },
  setns: { parameters: ["i32", /* fd */ "i32" /* type */], result: "i32" },
  sched_setscheduler: { parameters: ["i32", /* tid */ "i32", /* policy */ "buffer" /* sched_param */], result: "i32" },
  // Variadic in its declaration only: the registers are those of any other call. For what Debian 12's glibc does not wrap.
  syscall: { parameters: ["i32", /* number */ "i32", "buffer", "u32", "u32"], result: "i32" },
  setpriority: { parameters: ["i32", /* which */ "u32", /* pid */ "i32" /* niceness */], result: "i32" },
  sched_setaffinity: { parameters: ["i32", /* tid */ "u32", /* bytes */ "buffer" /* cpu_set_t */], result: "i32" },
  prlimit: { parameters: ["i32", /* pid */ "i32", /* resource */ "buffer", "pointer" /* old */], result: "i32" },
  mlockall: { parameters: ["i32" /* flags */], result: "i32" },
  munlockall: { parameters: [], result: "i32" },
  strerror: { parameters: ["i32" /* errno */], result: "pointer" /* char*, until the next call */ },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The opened calls. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const LIBRARY = "libc.so.6";

let opened: Libc | undefined;
let errnoValue: Int32Array | undefined;

/**
 * glibc, opened once for this process. A call is bound when it is first asked for: each costs 0.15 ms, and most processes need
 * a third of them.
 *
 * @throws TypeError when the C library cannot be loaded
 */
export function libc(): Libc {
  if (opened === undefined) {
    opened = lazyCalls();
    // errno is per thread and this module is used from the main thread only: its place never changes. Mapped as an
    // array, because reading through a pointer needs a permission that the api role gives up.
    const location = opened.__errno_location();
    if (location !== null) errnoValue = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  }
  return opened;
}

/** Binds all calls now: for a process that may not later on, or that has no time for it then. */
export function bindAllCalls(): void {
  Object.values(libc());
}

function lazyCalls(): Libc {
  const calls = {};
  for (const [name, symbol] of Object.entries(SYMBOLS)) {
    const define = (attributes: PropertyDescriptor): void => {
      Object.defineProperty(calls, name, { ...attributes, enumerable: true, configurable: true });
    };
    define({
      get: () => {
        const value = Deno.dlopen(LIBRARY, { [name]: symbol }).symbols[name];
        define({ value });
        return value;
      },
    });
  }
  return calls as Libc;
}

/** errno of the last synchronous call. Means nothing after an asynchronous one (another thread's errno). */
export function errno(): number {
  return errnoValue?.[0] ?? 0;
}

const encoder = new TextEncoder();

/** A string as C wants it: UTF-8, ended by a zero byte. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text + "\0") as Uint8Array<ArrayBuffer>;
}

/** Integers as an array of C `int` in host order. */
export function cInts(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array(values).buffer);
}
