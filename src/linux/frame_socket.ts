// Sends Ethernet frames, such as gratuitous ARP, on any interface. Receives nothing.
import { AF_PACKET, SOCK_CLOEXEC, SOCK_RAW } from "./constants.ts";
import { libc } from "./libc.ts";
import { sendPacket } from "./packet_send.ts";
import { check } from "./system_error.ts";

const SOCKADDR_LL_BYTES = 20;

/** One packet socket for sending. */
export class FrameSocket {
  /** Protocol 0: the socket is handed no received frame at all. */
  readonly #fd = check(
    libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0),
    "open a packet socket for gratuitous ARP (needs CAP_NET_RAW)",
  );
  readonly #address = new Uint8Array(SOCKADDR_LL_BYTES);
  readonly #view = new DataView(this.#address.buffer);

  /** Sends a whole frame to the destination that its first 6 bytes name. @returns undefined, or why it could not be sent */
  send(interfaceIndex: number, frame: Uint8Array<ArrayBuffer>): string | undefined {
    this.#view.setUint16(0, AF_PACKET, true);
    this.#address.set(frame.subarray(12, 14), 2); // sll_protocol, network order
    this.#view.setInt32(4, interfaceIndex, true);
    this.#address[11] = 6;
    this.#address.set(frame.subarray(0, 6), 12);
    return sendPacket(this.#fd, frame, this.#address);
  }

  close(): void {
    libc().close(this.#fd);
  }
}
