// Requests that change links, addresses or routes, one at a time. The kernel answers while it handles the request, so nothing
// waits here.
import { NetlinkWriter, NLMSG_NOOP } from "../wire/netlink.ts";
import { isDryRun } from "./dry_run.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "./netlink_socket.ts";
import { errnoName, SystemError } from "./system_error.ts";

/** Keeps a socket for requests that are made again and again. */
export class NetlinkRequests {
  /** What the next request is written with. */
  readonly writer: NetlinkWriter;
  #socket = new NetlinkSocket(NETLINK_ROUTE);

  /** @param capacityBytes first size of the writer's buffer @throws SystemError */
  constructor(capacityBytes: number) {
    this.writer = new NetlinkWriter(capacityBytes);
  }

  /** Sends what `write` writes. @returns 0, or the errno that the kernel answered @throws SystemError when it did not answer */
  send(write: (sequence: number) => void): number {
    let refused = 0;
    const sequence = this.#socket.nextSequence();
    this.writer.reset();
    write(sequence);
    if (isDryRun()) this.writer.retype(NLMSG_NOOP);
    try {
      this.#socket.transact(this.writer, sequence, (_sequence, errno) => refused = errno);
    } catch (error) {
      // An answer may still be under way on the old socket; the next request must not read it as its own.
      this.#socket.close();
      this.#socket = new NetlinkSocket(NETLINK_ROUTE);
      throw error;
    }
    return refused;
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * Makes one request on a socket of its own.
 *
 * @param action what is being done, for the error
 * @param ignored name of an errno that is as good as done
 * @throws SystemError
 */
export function requestOnce(
  action: string,
  write: (writer: NetlinkWriter, sequence: number) => void,
  ignored?: string,
): void {
  const requests = new NetlinkRequests(512);
  try {
    const refused = requests.send((sequence) => write(requests.writer, sequence));
    if (refused !== 0 && errnoName(refused) !== ignored) throw new SystemError(action, refused);
  } finally {
    requests.close();
  }
}
