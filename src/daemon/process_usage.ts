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

/** The supervisor's own use and that of the roles that run. */
export function processUsage(roles: readonly RoleSnapshot[]): ProcessSnapshot[] {
  const own = usageOf("supervisor", Deno.pid);
  const others = roles.map(({ name, pid }) => pid === undefined ? undefined : usageOf(name, pid));
  return [own, ...others].filter((entry) => entry !== undefined);
}

function usageOf(component: ProcessSnapshot["component"], pid: number): ProcessSnapshot | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    const cpuTicks = (fields[UTIME] ?? 0) + (fields[STIME] ?? 0);
    return {
      component,
      cpuSeconds: cpuTicks / TICKS_PER_SECOND,
      residentBytes: (fields[RSS] ?? 0) * libc().getpagesize(), /* 4, 16 or 64 KiB on aarch64 */
      openFiles: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    };
  } catch {
    return undefined; // it has ended, or /proc hides it
  }
}
