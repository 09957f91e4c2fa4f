// How the kernel schedules a process: real-time priority, niceness, processors, and memory that stays in RAM.
import { cInts, cString, errno, libc } from "./libc.ts";
import { describeErrno } from "./system_error.ts";

const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** What the process starts, a script say, runs with ordinary priority (linux/sched.h). */
const SCHED_RESET_ON_FORK = 0x40000000;
/** The same in `sched_attr`. */
const SCHED_FLAG_RESET_ON_FORK = 1;
/** SCHED_ATTR_SIZE_VER0. */
const SCHED_ATTR_BYTES = 48;
const [SYS_SCHED_SETATTR, SYS_SCHED_GETATTR] = Deno.build.arch === "aarch64" ? [274, 275] : [314, 315];
const PRIO_PROCESS = 0;
const RLIMIT_RTTIME = 15;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
/** Only what is used is locked: V8 reserves far more address space than there is memory. */
const MCL_ONFAULT = 4;
const PR_SET_NAME = 15;
const CPU_SET_BYTES = 512;

/** How a process shall be scheduled; what is missing is as usual. */
export interface Scheduling {
  /** 1 to 99, by SCHED_RR. */
  readonly realTimePriority?: number | undefined;
  /** Longest time on a processor without waiting for anything, in microseconds; then SIGXCPU. */
  readonly realTimeLimitUs?: number | undefined;
  /** -20 to 19. */
  readonly nice?: number | undefined;
  /**
   * How long a turn on a processor that others want, too, in microseconds, 100 to 100 000; undefined: the kernel's usual
   * milliseconds. Who takes short turns is let in sooner when it wakes, and gets no more in sum. Linux 6.12 or later,
   * without effect before.
   */
  readonly sliceUs?: number | undefined;
  /** Numbers of processors. */
  readonly cpus?: readonly number[] | undefined;
}

/**
 * Schedules the main thread of a process, which is the one that everything depends on. Helper threads of the runtime stay
 * as they are.
 *
 * @param before what was asked for until now: only the difference is changed
 * @returns what could not be done, in plain words
 */
export function schedule(pid: number, wanted: Scheduling, before: Scheduling = {}): string[] {
  const failures: string[] = [];
  const attempt = (what: string, changed: boolean, call: () => number): void => {
    if (changed && call() < 0) failures.push(`cannot set ${what}: ${describeErrno(errno())}`);
  };
  const { realTimePriority, realTimeLimitUs, nice, sliceUs, cpus } = wanted;
  attempt(`real-time limit ${realTimeLimitUs}`, realTimeLimitUs !== before.realTimeLimitUs, () => {
    // Only the soft limit: lowering the hard one could not be taken back without CAP_SYS_RESOURCE.
    const soft = realTimeLimitUs === undefined ? RLIM_INFINITY : BigInt(realTimeLimitUs);
    const limits = new Uint8Array(new BigUint64Array([soft, RLIM_INFINITY]).buffer);
    return libc().prlimit(pid, RLIMIT_RTTIME, limits, null);
  });
  attempt(`real-time priority ${realTimePriority}`, realTimePriority !== before.realTimePriority, () => {
    const policy = realTimePriority === undefined ? SCHED_OTHER : SCHED_RR | SCHED_RESET_ON_FORK;
    return libc().sched_setscheduler(pid, policy, cInts(realTimePriority ?? 0));
  });
  attempt(`priority ${nice}`, nice !== before.nice, () => libc().setpriority(PRIO_PROCESS, pid, nice ?? 0));
  // Last: a change of policy has reset it. Who has real-time priority has no use for it.
  const shares = realTimePriority === undefined;
  const isReset = realTimePriority !== before.realTimePriority && sliceUs !== undefined;
  attempt(`time slice ${sliceUs} us`, shares && (isReset || sliceUs !== before.sliceUs), () => {
    return setSlice(pid, sliceUs ?? 0);
  });
  attempt(`processors ${cpus?.join(" ")}`, cpus?.join() !== before.cpus?.join(), () => {
    return libc().sched_setaffinity(pid, CPU_SET_BYTES, cpuSet(cpus));
  });
  return failures;
}

/** The rest stays as it is. For an ordinary process `sched_runtime` is its slice: sched_setattr(2), linux/sched/types.h. */
function setSlice(pid: number, sliceUs: number): number {
  const attributes = new Uint8Array(SCHED_ATTR_BYTES);
  if (libc().syscall(SYS_SCHED_GETATTR, pid, attributes, SCHED_ATTR_BYTES, 0) < 0) return -1;
  const view = new DataView(attributes.buffer);
  view.setUint32(8, view.getUint32(8, true) | SCHED_FLAG_RESET_ON_FORK, true);
  view.setBigUint64(24, BigInt(sliceUs) * 1000n, true);
  return libc().syscall(SYS_SCHED_SETATTR, pid, attributes, 0, 0);
}

/** cpu_set_t; all processors where none is named. */
function cpuSet(cpus: readonly number[] | undefined): Uint8Array<ArrayBuffer> {
  const set = new Uint8Array(CPU_SET_BYTES);
  if (cpus === undefined) return set.fill(0xff);
  for (const cpu of cpus) {
    const byte = cpu >> 3;
    if (byte < set.length) set[byte] = (set[byte] as number) | (1 << (cpu & 7));
  }
  return set;
}

/** Keeps the memory of this process in RAM, now and later. @returns what could not be done */
export function lockMemory(): string | undefined {
  if (libc().mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) === 0) return undefined;
  return `cannot keep memory from being swapped: ${describeErrno(errno())}`;
}

/** Lets the memory of this process be swapped again. */
export function unlockMemory(): void {
  libc().munlockall();
}

/** Names the main thread, as `ps` and `top` show it: 15 bytes at most. */
export function nameProcess(name: string): void {
  const text = cString(name);
  libc().prctl(PR_SET_NAME, BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))), 0n, 0n, 0n);
}

/** Whether more tasks want a CPU at this moment than there are, this one counted: then who is busy must let others in. */
export function isCrowded(): boolean {
  try {
    const runnable = Deno.readTextFileSync("/proc/loadavg").match(/ (\d+)\//)?.[1];
    return Number(runnable) > navigator.hardwareConcurrency;
  } catch {
    return false;
  }
}
