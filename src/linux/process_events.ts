// Events of processes from the kernel's connector. Comes only in the first network, user and process namespace of a host.
import { netlinkMessages, NetlinkWriter, NLMSG_DONE } from "../wire/netlink.ts";
import { CN_IDX_PROC, listenRequest, type ProcessEvent, readProcessEvent } from "../wire/process_events.ts";
import { ENOBUFS, NETLINK_CONNECTOR, NetlinkSocket } from "./netlink_socket.ts";
import { SystemError } from "./system_error.ts";

/** Datagrams read at once, so that others get their turn; the kernel puts one event into each. */
const MAX_DATAGRAMS = 256;

/** An open connector. Whether events come is told by the first, `listening`: in a container none ever does. */
export class ProcessEvents {
  readonly #socket: NetlinkSocket;

  /** Asks for events. @throws SystemError ECONNREFUSED in another network namespace, EPERM without CAP_NET_ADMIN */
  constructor() {
    this.#socket = new NetlinkSocket(NETLINK_CONNECTOR, { groups: CN_IDX_PROC, nonBlocking: true });
    try {
      const writer = new NetlinkWriter(64);
      this.#socket.post(writer.begin(NLMSG_DONE, 0, 1).raw(listenRequest()).end());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Readable when there are events; -1 once closed. */
  get fd(): number {
    return this.#socket.fd;
  }

  /** Hands over what waits, a bounded number. @returns whether events were lost before @throws SystemError */
  receive(hear: (event: ProcessEvent) => void): boolean {
    let lost = false;
    for (let count = 0; count < MAX_DATAGRAMS; count++) {
      try {
        const datagram = this.#socket.receive();
        if (datagram === undefined) return lost;
        for (const { body } of netlinkMessages(datagram)) {
          const event = readProcessEvent(body);
          if (event !== undefined) hear(event);
        }
      } catch (error) {
        if (!(error instanceof SystemError) || error.errno !== ENOBUFS) throw error;
        lost = true;
      }
    }
    return lost;
  }

  close(): void {
    this.#socket.close();
  }
}
