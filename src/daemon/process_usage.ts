// What our processes use of the machine, read from /proc. Says nothing where /proc does not.
import { libc } from "../linux/libc.ts";
import type { ProcessSnapshot, RoleSnapshot } from "../ports/snapshot.ts";

/** How often to look. */
export const USAGE_INTERVAL_MS = 5000;
/** USER_HZ, which is so on every kernel that we run on (x86_64, aarch64). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat, counted from the state, which follows the name in brackets. */
const UTIME = 11;
const STIME = 12;
const RSS = 21;

/** Seconds of the processor that a process has used, to 10 ms; undefined: it has ended, or /proc hides it. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : cpuSecondsIn(fields);
}

/** The supervisor's own use and that of the roles that run. */
export function processUsage(roles: readonly RoleSnapshot[]): ProcessSnapshot[] {
  const own = usageOf("supervisor", Deno.pid);
  const others = roles.map(({ name, pid }) => pid === undefined ? undefined : usageOf(name, pid));
  return [own, ...others].filter((entry) => entry !== undefined);
}

function usageOf(component: ProcessSnapshot["component"], pid: number): ProcessSnapshot | undefined {
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  try {
    return {
      component,
      cpuSeconds: cpuSecondsIn(fields),
      residentBytes: (fields[RSS] ?? 0) * libc().getpagesize(), /* 4, 16 or 64 KiB on aarch64 */
      openFiles: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    };
  } catch {
    return undefined; // it has ended, or /proc hides it
  }
}

function statOf(pid: number): readonly number[] | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  } catch {
    return undefined; // it has ended, or /proc hides it
  }
}

function cpuSecondsIn(fields: readonly number[]): number {
  return ((fields[UTIME] ?? 0) + (fields[STIME] ?? 0)) / TICKS_PER_SECOND;
}
