// Giving up privileges for good, and telling which ones this process has.
import { bindAllCalls, libc } from "../linux/libc.ts";
import { check } from "../linux/system_error.ts";

/** linux/capability.h */
export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;
const PR_SET_NO_NEW_PRIVS = 38;
/** The user that serves HTTP when the system has none of that name. */
const NOBODY = 65534;
const USER_NAME = "holdfast";

/** Whether this process has an effective capability, by number. */
export function hasCapability(capability: number): boolean {
  const line = Deno.readTextFileSync("/proc/self/status").match(/^CapEff:\s*([0-9a-f]+)$/m);
  return line !== null && (BigInt(`0x${line[1]}`) >> BigInt(capability) & 1n) === 1n;
}

/**
 * Becomes an ordinary user on every thread, without any capability, and takes Deno's permissions away from our own code.
 * What is open stays open. Where we are not root there is no user to change, the rest happens all the same.
 *
 * glibc applies set*id to all threads and the kernel clears their capabilities with it; capset and the bounding set are
 * per thread, so that way is not open to a runtime with threads of its own.
 *
 * @param keepNetwork new connections may still be made
 * @throws SystemError when the kernel refuses: then nothing may be served
 */
export function dropPrivileges({ keepNetwork = false }: { readonly keepNetwork?: boolean } = {}): void {
  bindAllCalls(); // to bind one is a permission that is given up here
  const calls = libc();
  calls.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n);
  if (calls.geteuid() === 0) {
    const { uid, gid } = unprivilegedUser();
    check(calls.setgroups(0n, null), "give up supplementary groups");
    check(calls.setresgid(gid, gid, gid), `become group ${gid}`);
    check(calls.setresuid(uid, uid, uid), `become user ${uid}`);
  }
  for (const name of ["run", "write", "read", "env", "sys", "ffi", "net"] as const) {
    if (name === "net" && keepNetwork) continue;
    Deno.permissions.revokeSync({ name });
  }
}

function unprivilegedUser(): { uid: number; gid: number } {
  try {
    for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
      const [name, , uid, gid] = line.split(":");
      if (name === USER_NAME && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
    }
  } catch {
    // no such file: a system without users has nobody too
  }
  return { uid: NOBODY, gid: NOBODY };
}
