// Refuses packets to virtual addresses that this host may hold but not answer for (`no_accept`, strict mode), with
// a table of nftables of our own.
import { parseIp } from "../base/ip.ts";
import { NetlinkWriter } from "../wire/netlink.ts";
import { writeFilterTable, writeNoFilterTable, writeRefused } from "../wire/nftables.ts";
import { NetlinkSocket } from "./netlink_socket.ts";
import { errnoName, SystemError } from "./system_error.ts";

/** Protocol of AF_NETLINK for the packet filter (linux/netlink.h). */
const NETLINK_NETFILTER = 12;

/** The table, made when the first address is refused. */
export class AddressFilter {
  readonly #writer = new NetlinkWriter(4096);
  #exists = false;

  /** @throws SystemError, for a kernel without nftables among others */
  refuse(address: string): void {
    if (!this.#exists) {
      this.#request("refuse packets to virtual addresses", (first) => writeFilterTable(this.#writer, first));
    }
    this.#exists = true;
    this.#change(address, true);
  }

  /** One that is not refused is no error. @throws SystemError */
  accept(address: string): void {
    if (this.#exists) this.#change(address, false);
  }

  /** Removes the table, if there is one. */
  close(): void {
    if (!this.#exists) return;
    this.#exists = false;
    try {
      this.#request("remove our nftables table", (first) => writeNoFilterTable(this.#writer, first), "ENOENT");
    } catch {
      // What is left holds no address that this host has.
    }
  }

  #change(address: string, refused: boolean): void {
    const bytes = parseIp(address);
    if (bytes === undefined) return;
    const action = `${refused ? "refuse" : "accept"} packets to ${address}`;
    this.#request(
      action,
      (first) => writeRefused(this.#writer, [bytes], refused, first),
      refused ? undefined : "ENOENT",
    );
  }

  /** @param write returns the number of the last message @param ignored name of an errno that is as good as done */
  #request(action: string, write: (first: number) => number, ignored?: string): void {
    const socket = new NetlinkSocket(NETLINK_NETFILTER);
    try {
      this.#writer.reset();
      const last = write(socket.nextSequence());
      socket.transact(this.#writer, last, (_sequence, errno) => {
        // A batch that is refused as a whole has no other answer.
        if (errnoName(errno) !== ignored) throw new SystemError(action, errno);
      });
    } finally {
      socket.close();
    }
  }
}
