// One Holdfast per network namespace: an abstract Unix socket as a lock that the kernel releases whatever happens.
import { abstractAddress } from "./abstract_socket.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "./constants.ts";
import { errno, libc } from "./libc.ts";
import { check, SystemError } from "./system_error.ts";

const EADDRINUSE = 98;
const NAME = "holdfast";

/**
 * Takes the lock for the life of this process; children do not inherit it. Abstract names are per network namespace
 * (unix(7)), as addresses and the IPVS table are.
 *
 * @returns false when another process has it
 * @throws SystemError
 */
export function takeInstanceLock(): boolean {
  const fd = check(libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open the lock's socket");
  const address = abstractAddress(NAME);
  if (libc().bind(fd, address, address.length) === 0) return true; // the descriptor stays open as long as we live
  const refused = errno();
  libc().close(fd);
  if (refused === EADDRINUSE) return false;
  throw new SystemError("take the lock of this network namespace", refused);
}
