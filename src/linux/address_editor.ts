// Adds and removes addresses through rtnetlink. The kernel answers while it handles the request, so nothing waits here.
import type { AddressAssignment } from "../ports/network.ts";
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

  close(): void {
    this.#requests.close();
  }
}
