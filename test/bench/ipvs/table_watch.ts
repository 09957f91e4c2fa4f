// Looks at one virtual server of the kernel's table, cheaply enough to do so all the time.
import type { RealServerRow, VirtualServerKey } from "../../../src/core/ipvs/table.ts";
import { NETLINK_GENERIC, NetlinkSocket } from "../../../src/linux/netlink_socket.ts";
import { SystemError } from "../../../src/linux/system_error.ts";
import { decodeFamilyId, writeFamilyRequest } from "../../../src/wire/genetlink.ts";
import { IPVS_FAMILY_NAME, writeRealServerDump } from "../../../src/wire/ipvs.ts";
import { decodeRealServer } from "../../../src/wire/ipvs_rows.ts";
import { NetlinkWriter } from "../../../src/wire/netlink.ts";

/** A socket of its own to IPVS; the module has to be loaded. */
export class TableWatch {
  readonly #socket = new NetlinkSocket(NETLINK_GENERIC);
  readonly #writer = new NetlinkWriter(4096);
  readonly #family: number;

  constructor() {
    const sequence = this.#socket.nextSequence();
    writeFamilyRequest(this.#writer.reset(), IPVS_FAMILY_NAME, sequence);
    let family = 0;
    this.#socket.dump(this.#writer, sequence, (message) => family = decodeFamilyId(message) ?? family);
    this.#family = family;
  }

  /** The real servers behind one virtual server; none when it is not there. */
  realServers(key: VirtualServerKey): RealServerRow[] {
    const rows: RealServerRow[] = [];
    const sequence = this.#socket.nextSequence();
    writeRealServerDump(this.#writer.reset(), { family: this.#family, sequence }, key);
    try {
      this.#socket.dump(this.#writer, sequence, (message) => {
        const row = decodeRealServer(message.body, 4);
        if (row !== undefined) rows.push(row);
      });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error; // no such virtual server (ESRCH)
    }
    return rows;
  }
}
