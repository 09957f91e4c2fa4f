// What a service tells systemd that waits for it: sd_notify(3), datagrams to the socket that NOTIFY_SOCKET names. Decides
// nothing about when.
import { abstractAddress } from "./abstract_socket.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from "./constants.ts";
import { cString, libc } from "./libc.ts";
import { check } from "./system_error.ts";

/** sizeof(sockaddr_un.sun_path): unix(7). */
const MAX_PATH_BYTES = 108;

/** The way to one service manager. */
export class ServiceNotify {
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #fd: number;

  /**
   * @param socket NOTIFY_SOCKET: a path, or an abstract name after `@`
   * @throws TypeError when it is neither; SystemError
   */
  constructor(socket: string) {
    this.#address = addressOf(socket);
    this.#fd = check(libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a socket to the service manager");
  }

  /** Sends `NAME=value` lines and waits for nothing. @returns false when nobody took them */
  send(...lines: readonly string[]): boolean {
    const bytes = new TextEncoder().encode(lines.join("\n"));
    const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    return libc().sendto(this.#fd, bytes, bytes.length, flags, this.#address, this.#address.length) >= 0;
  }

  close(): void {
    libc().close(this.#fd);
  }
}

function addressOf(socket: string): Uint8Array<ArrayBuffer> {
  if (socket.startsWith("@")) return abstractAddress(socket.slice(1));
  const path = cString(socket);
  if (!socket.startsWith("/") || path.length > MAX_PATH_BYTES) {
    throw new TypeError(`Cannot use NOTIFY_SOCKET=${socket}: it is neither a path nor an abstract name`);
  }
  const address = new Uint8Array(2 + path.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(path, 2);
  return address;
}
