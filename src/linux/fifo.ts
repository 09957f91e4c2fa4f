// A named pipe that lines are written to. Opened for both directions, so that nobody has to be there to read: the kernel
// keeps 64 KiB, and a write never waits. Knows nothing of what the lines say.
import { cString, errno, libc } from "./libc.ts";
import { check, EAGAIN, EINTR, SystemError } from "./system_error.ts";

const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const EACCES = 13;
const EEXIST = 17;
/** Up to this length a line is written as a whole or not at all (PIPE_BUF, limits.h). */
const MAX_LINE_BYTES = 4096;

/** A FIFO of ours or of somebody else's making. */
export class Fifo {
  readonly path: string;
  /** To watch for room. */
  readonly fd: number;
  readonly #isOurs: boolean;

  /**
   * Opens a FIFO; makes it when it is not there, for its owner alone.
   *
   * @throws SystemError, or Error when something else is at that path
   */
  constructor(path: string, { uid, gid }: { readonly uid?: number; readonly gid?: number }) {
    this.path = path;
    let isOurs = make(path);
    // What is not a FIFO must not even be opened for writing.
    if (!Deno.statSync(path).isFifo) throw new Error(`Cannot use ${path} as a FIFO: it is something else`);
    let fd = open(path);
    if (fd < 0 && errno() === EACCES && !isOurs) {
      // Left over from a predecessor that died, and given away by it; who may not write to it makes it anew.
      Deno.removeSync(path);
      isOurs = make(path);
      fd = open(path);
    }
    this.fd = check(fd, `open the FIFO ${path}`);
    this.#isOurs = isOurs;
    if (!isOurs || (uid === undefined && gid === undefined)) return;
    try {
      // Not before it is open: even root needs a capability for what is somebody else's.
      Deno.chownSync(path, uid ?? null, gid ?? null);
    } catch (error) {
      this.close(); // one that its reader could not open is better not there
      this.remove();
      throw error;
    }
  }

  /**
   * Writes one line as a whole.
   *
   * @returns `full`: there is no room now; `refused`: there never will be for this line
   */
  write(line: Uint8Array): "written" | "full" | "refused" {
    if (line.length > MAX_LINE_BYTES) return "refused";
    for (;;) {
      if (libc().write(this.fd, line as Uint8Array<ArrayBuffer>, line.length) >= 0) return "written";
      if (errno() === EINTR) continue;
      return errno() === EAGAIN ? "full" : "refused";
    }
  }

  /** Readers see the end once they have read everything. */
  close(): void {
    libc().close(this.fd);
  }

  /** Removes it from its folder if we made it. */
  remove(): void {
    if (!this.#isOurs) return;
    try {
      Deno.removeSync(this.path);
    } catch {
      // somebody else has
    }
  }
}

/** @returns whether it was not there before */
function make(path: string): boolean {
  if (libc().mkfifo(cString(path), 0o600) === 0) return true;
  if (errno() !== EEXIST) throw new SystemError(`make the FIFO ${path}`, errno());
  return false;
}

function open(path: string): number {
  return libc().open(cString(path), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
}
