// Starts the processes of roles. One whose role the configuration will want may be started before that is read: its runtime starts
// on another processor meanwhile. It waits for its configuration, and is ended if nobody hands it one: nothing is seen of it.
import { libc } from "../linux/libc.ts";
import { seqpacketPair } from "../linux/seqpacket.ts";

/** A process in a role. */
export interface Spawned {
  readonly child: Deno.ChildProcess;
  /** Our end of the link, open. */
  readonly fd: number;
}

/** Asked for once: when an upgrade has replaced the file, the kernel calls the one that runs deleted. */
const PROGRAM = Deno.execPath();
/** What the service manager has told us alone: children are not to speak for us. */
const NOT_FOR_CHILDREN = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];
/** A first look: who has this, and nothing of the other, is not started in vain. */
const VIRTUAL_SERVER = /^\s*virtual_servers?\b/m;
/** Where more is read, and what a process gets from the one that starts it. */
const NOT_EARLY = /\b(?:include\w*|net_namespace\w*|umask|startup_script)\b/;

let early: Spawned | undefined;

/** Starts this same program in a role. @throws when it cannot be started */
export function spawnRole(role: string): Spawned {
  const [fd, theirs] = seqpacketPair();
  const env = Deno.env.toObject();
  for (const name of NOT_FOR_CHILDREN) delete env[name];
  try {
    const child = new Deno.Command(PROGRAM, {
      args: [...selfArguments(), role, "--link", String(theirs)],
      clearEnv: true,
      env,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    return { child, fd };
  } catch (error) {
    libc().close(fd);
    throw error;
  } finally {
    libc().close(theirs);
  }
}

/** Starts the health role, if the configuration in that file seems to want it. What goes wrong is said later, by who reads it. */
export function spawnHealthEarly(path: string): void {
  try {
    const text = path === "-" ? "" : Deno.readTextFileSync(path);
    if (VIRTUAL_SERVER.test(text) && !NOT_EARLY.test(text)) early = spawnRole("health");
  } catch {
    early = undefined;
  }
}

/** The process that was started early, once. */
export function takeEarly(role: string): Spawned | undefined {
  if (role !== "health") return undefined;
  const taken = early;
  early = undefined;
  return taken;
}

/** Ends it, if nobody has taken it. */
export function endEarly(): void {
  if (early === undefined) return;
  early.child.kill("SIGKILL");
  libc().close(early.fd);
  early = undefined;
}

/** What comes before the role's name: nothing for the compiled program, `run -A main.ts` from source. */
function selfArguments(): string[] {
  return Deno.build.standalone ? [] : ["run", "--quiet", "--allow-all", Deno.mainModule];
}
