// Processes as /proc shows them. Any of them may end between two looks, which is never an error here.
import type { RoleName } from "../../src/daemon/messages.ts";

/** Process ids of all children, their children, and so on; a parent stands in front of its children. */
export function descendants(pid: number): number[] {
  const children: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && Number(statFields(Number(name))[1]) === pid) children.push(Number(name));
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** The role that a process has, if it is one of the supervisor's. */
export function roleOf(pid: number): RoleName | undefined {
  return readProcess(pid, "cmdline").match(/\0(vrrp|health|bfd|api|mail)\0--link\0/)?.[1] as RoleName | undefined;
}

/** The roles that run under a supervisor, in the order of the alphabet. */
export function rolesOf(supervisor: number): RoleName[] {
  return descendants(supervisor).map(roleOf).filter((role) => role !== undefined).sort();
}

/** The process of a role under a supervisor, if it runs. */
export function findRole(supervisor: number, role: RoleName): number | undefined {
  return descendants(supervisor).find((pid) => roleOf(pid) === role);
}

/** The process of a role under a supervisor. @throws Error when it does not run */
export function roleProcess(supervisor: number, role: RoleName): number {
  const pid = findRole(supervisor, role);
  if (pid === undefined) throw new Error(`process ${supervisor} has no ${role} role`);
  return pid;
}

/** Sends a signal; a process that has ended is no error. */
export function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // it has ended
  }
}

/** Kills the process of a role, as a crash would. @throws Error when it does not run */
export function killRole(supervisor: number, role: RoleName): void {
  Deno.kill(roleProcess(supervisor, role), "SIGKILL");
}

/** User and system time of a process in milliseconds, counted in ticks of 10 ms. @throws Error when it has ended */
export function cpuMs(pid: number): number {
  const [utime, stime] = statFields(pid).slice(11, 13);
  if (utime === undefined || stime === undefined) throw new Error(`process ${pid} has ended`);
  return (Number(utime) + Number(stime)) * 10;
}

/** A file of a process in /proc; empty when it has ended. */
export function readProcess(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

/** The fields of proc_pid_stat(5) from the third one, the state: the name in front may hold anything. */
function statFields(pid: number): string[] {
  const stat = readProcess(pid, "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
