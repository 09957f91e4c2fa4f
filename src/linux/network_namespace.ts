// Named network namespaces (ip-netns(8)): moving this process into one, and single calls. A namespace belongs to a thread, and
// what is opened in one stays in it; children are in that of the thread that starts them, the main one.
import { SOCK_CLOEXEC } from "./constants.ts";
import { cString, libc } from "./libc.ts";
import { check } from "./system_error.ts";

const FOLDER = "/run/netns";
const OWN = "/proc/self/ns/net";
const CLONE_NEWNET = 0x4000_0000; // linux/sched.h
const O_CLOEXEC = SOCK_CLOEXEC; // the same number

/** Whether this process is in that namespace already. @throws Deno.errors.NotFound when there is none of that name */
export function isInNamespace(name: string): boolean {
  const [wanted, own] = [Deno.statSync(pathOf(name)), Deno.statSync(OWN)];
  return wanted.ino === own.ino && wanted.dev === own.dev;
}

/**
 * Starts this program again in the namespace, in the same process: all its threads must be there, and this one's would stay.
 * Does not return. CAP_SYS_ADMIN is needed.
 *
 * @throws SystemError when it may not, or there is no such namespace
 */
export function restartInNamespace(name: string): never {
  enter(pathOf(name), `enter the network namespace ${name} (needs CAP_SYS_ADMIN)`);
  const args = Deno.readFileSync("/proc/self/cmdline");
  const environment = Object.entries(Deno.env.toObject()).map(([key, value]) => `${key}=${value}`);
  const program = Deno.readLinkSync("/proc/self/exe");
  const argv = pointersTo(splitStrings(args));
  const envp = pointersTo(environment.map(cString));
  check(libc().execve(cString(program), argv.pointers, envp.pointers), "start again in a network namespace");
  throw new Error("execve returned");
}

/** Makes a synchronous call in the namespace; what it opens stays there. @throws SystemError, and what the call throws */
export function inNamespace<T>(name: string, call: () => T): T {
  const back = check(libc().open(cString(OWN), O_CLOEXEC, 0), "open the own network namespace");
  try {
    enter(pathOf(name), `enter the network namespace ${name} (needs CAP_SYS_ADMIN)`);
    try {
      return call();
    } finally {
      check(libc().setns(back, CLONE_NEWNET), "come back from a network namespace");
    }
  } finally {
    libc().close(back);
  }
}

function enter(path: string, action: string): void {
  const fd = check(libc().open(cString(path), O_CLOEXEC, 0), action);
  try {
    check(libc().setns(fd, CLONE_NEWNET), action);
  } finally {
    libc().close(fd);
  }
}

/** The name comes from the configuration: it is one file name, as ip-netns(8) has it. */
function pathOf(name: string): string {
  if (name.includes("/") || name === "." || name === "..") {
    throw new Error(`\`${name}\` is no name of a network namespace`);
  }
  return `${FOLDER}/${name}`;
}

/** Strings that each end with a zero byte. */
function splitStrings(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const strings: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    const next = end < 0 ? bytes.length : end + 1;
    strings.push(bytes.slice(start, next));
    start = next;
  }
  return strings;
}

/** A char*[] that ends with NULL; the strings must live as long. */
function pointersTo(
  strings: readonly Uint8Array<ArrayBuffer>[],
): { readonly pointers: Uint8Array<ArrayBuffer>; readonly strings: readonly Uint8Array<ArrayBuffer>[] } {
  const addresses = strings.map((bytes) => BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes))));
  return { pointers: new Uint8Array(new BigUint64Array([...addresses, 0n]).buffer), strings };
}

/** The name of the namespace that this process is in; undefined in the machine's own, and in a container's. */
export function namespaceName(): string | undefined {
  try {
    return [...Deno.readDirSync(FOLDER)].find(({ name }) => isInNamespace(name))?.name;
  } catch {
    return undefined; // no namespace has a name here
  }
}
