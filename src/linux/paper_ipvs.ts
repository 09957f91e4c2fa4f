// An IPVS table on paper: the way to the kernel's, but for the socket. For rehearsals (`src/engine/health/rehearsal.ts`).
import type { NetlinkMessage, NetlinkWriter } from "../wire/netlink.ts";
import { LinuxIpvs, type NetlinkTransport } from "./ipvs.ts";

/** Any number but those that are the kernel's own. */
const FAMILY = 16_384;
/** struct nlattr of CTRL_ATTR_FAMILY_ID behind the header of four bytes; see `genetlink.ts`. */
const FAMILY_ANSWER = new Uint8Array([1, 2, 0, 0, 6, 0, 1, 0, FAMILY & 255, FAMILY >> 8, 0, 0]);

/** A table that is empty, and takes every command. */
export function paperIpvs(): LinuxIpvs {
  return new LinuxIpvs({ openSocket: () => new PaperSocket(), loadModule: () => false });
}

class PaperSocket implements NetlinkTransport {
  #sequence = 0;
  #isKnown = false;

  nextSequence(): number {
    return ++this.#sequence;
  }

  transact(): void {}

  /** Says what the family is, at first; there is nothing else to tell. */
  dump(_writer: NetlinkWriter, sequence: number, onMessage: (message: NetlinkMessage) => void): boolean {
    if (!this.#isKnown) onMessage({ type: 16, flags: 0, sequence, body: new DataView(FAMILY_ANSWER.buffer) });
    this.#isKnown = true;
    return false;
  }

  close(): void {}
}
