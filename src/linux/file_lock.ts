// A lock on a file, against a second process that would write to the same thing. The kernel releases it with the process.
import { F_SETFD, FD_CLOEXEC } from "./constants.ts";
import { cString, errno, libc } from "./libc.ts";
import { check, EAGAIN, SystemError } from "./system_error.ts";

// sys/file.h
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the lock, and makes its file, which is empty.
 *
 * @returns the descriptor that holds it until it is closed; undefined when another process, or this one, has it
 * @throws SystemError when the file cannot be made
 */
export function lockFile(path: string): number | undefined {
  const fd = check(libc().creat(cString(path), 0o600), `make ${path}`);
  // Scripts that are started in the same moment do not keep it.
  libc().fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return fd;
  const refused = errno();
  libc().close(fd);
  if (refused === EAGAIN) return undefined;
  throw new SystemError(`lock ${path}`, refused);
}
