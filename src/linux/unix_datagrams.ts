// Datagrams to a local socket that has a name: unix(7). Nothing waits, and nothing stays connected: whoever has the name gets
// them, also after he was started again.
import { abstractAddress } from "./abstract_socket.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from "./constants.ts";
import { cString, libc } from "./libc.ts";
import { check } from "./system_error.ts";

/** sizeof(sockaddr_un.sun_path): unix(7). */
const MAX_PATH_BYTES = 108;

/** The way to one socket. */
export class UnixDatagrams {
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #fd: number;

  /**
   * @param name a path, or an abstract name after `@`
   * @throws TypeError when it is neither; SystemError
   */
  constructor(name: string) {
    this.#address = addressOf(name);
    this.#fd = check(libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), `open a socket to ${name}`);
  }

  /** @returns false when nobody took it: nobody is there, or he has no room */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    return libc().sendto(this.#fd, bytes, bytes.length, flags, this.#address, this.#address.length) >= 0;
  }

  close(): void {
    libc().close(this.#fd);
  }
}

function addressOf(name: string): Uint8Array<ArrayBuffer> {
  if (name.startsWith("@")) return abstractAddress(name.slice(1));
  const path = cString(name);
  if (!name.startsWith("/") || path.length > MAX_PATH_BYTES) {
    throw new TypeError(`Cannot use the socket ${name}: it is neither a path nor an abstract name`);
  }
  const address = new Uint8Array(2 + path.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(path, 2);
  return address;
}
