// What a service tells systemd that waits for it: sd_notify(3), datagrams to the socket that NOTIFY_SOCKET names. Decides
// nothing about when.
import { UnixDatagrams } from "./unix_datagrams.ts";

/** The way to one service manager. */
export class ServiceNotify {
  readonly #socket: UnixDatagrams;

  /**
   * @param socket NOTIFY_SOCKET: a path, or an abstract name after `@`
   * @throws TypeError when it is neither; SystemError
   */
  constructor(socket: string) {
    this.#socket = new UnixDatagrams(socket);
  }

  /** Sends `NAME=value` lines and waits for nothing. @returns false when nobody took them */
  send(...lines: readonly string[]): boolean {
    return this.#socket.send(new TextEncoder().encode(lines.join("\n")) as Uint8Array<ArrayBuffer>);
  }

  close(): void {
    this.#socket.close();
  }
}
