// Adds and removes addresses through rtnetlink. The kernel answers while it handles the request, so nothing waits here.
import type { AddressAssignment } from "../ports/network.ts";
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_NOOP } from "../wire/netlink.ts";
import { writeAddAddress, writeRemoveAddress } from "../wire/rtnetlink.ts";
import type { InterfaceTable } from "./interface_table.ts";
import { NetlinkRequests } from "./netlink_requests.ts";
import { describeErrno, errnoName, SystemError } from "./system_error.ts";

/** Removing what is gone: ENODEV with the interface, EADDRNOTAVAIL without the address. */
const GONE = new Set(["ENODEV", "EADDRNOTAVAIL"]);

/** Changes addresses of interfaces. */
export class AddressEditor {
  readonly #table: InterfaceTable;
  readonly #requests = new NetlinkRequests(256);

  constructor(table: InterfaceTable) {
    this.#table = table;
  }

  /** Adds; an address that is there already is no error. @throws SystemError, or Error when there is no such device */
  add(assignment: AddressAssignment): void {
    const { address, prefixLength, device } = assignment;
    const action = `add ${address}/${prefixLength} to ${device}`;
    const interfaceIndex = this.#table.indexOf(device);
    if (interfaceIndex === undefined) throw new Error(`Cannot ${action}: there is no such interface`);
    const refused = this.#requests.send((sequence) =>
      writeAddAddress(this.#requests.writer, { ...assignment, interfaceIndex }, sequence)
    );
    if (refused !== 0) throw new SystemError(action, refused);
    this.#table.noteAddress(device, address, prefixLength);
  }

  /** Removes; an address that is gone already is no error. @throws SystemError */
  remove(assignment: AddressAssignment): void {
    const { address, prefixLength, device } = assignment;
    const interfaceIndex = this.#table.indexOf(device);
    if (interfaceIndex === undefined) return;
    const refused = this.#requests.send((sequence) =>
      writeRemoveAddress(this.#requests.writer, { ...assignment, interfaceIndex }, sequence)
    );
    if (refused !== 0 && !GONE.has(errnoName(refused))) {
      throw new Error(`Cannot remove ${address}/${prefixLength} from ${device}: ${describeErrno(refused)}`);
    }
    this.#table.noteAddress(device, address, undefined);
  }

  /**
   * Makes the first real change as fast as later ones: writes requests that are not sent, and sends control messages that
   * the kernel answers without doing anything.
   */
  warmUp(rounds: number): void {
    const request = { interfaceIndex: 1, address: "192.0.2.1", prefixLength: 32, scope: 0 };
    for (let round = 0; round < rounds; round++) {
      writeAddAddress(this.#requests.writer.reset(), request, 0);
      this.#requests.send((sequence) =>
        this.#requests.writer.begin(NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, sequence).end()
      );
    }
  }

  close(): void {
    this.#requests.close();
  }
}
