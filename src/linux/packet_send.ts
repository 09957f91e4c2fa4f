// Sends one packet on a raw or packet socket, without waiting.
import { MSG_DONTWAIT } from "./constants.ts";
import { isDryRun } from "./dry_run.ts";
import { errno, libc } from "./libc.ts";
import { describeErrno } from "./system_error.ts";

/** The kernel refuses it. */
const NO_DESCRIPTOR = -1;

/** @param destination sockaddr @returns undefined, or why it could not be sent; in a dry run nothing is, without a reason */
export function sendPacket(
  fd: number,
  packet: Uint8Array<ArrayBuffer>,
  destination: Uint8Array<ArrayBuffer>,
): string | undefined {
  const isDry = isDryRun();
  const descriptor = isDry ? NO_DESCRIPTOR : fd;
  const sent = libc().sendto(descriptor, packet, packet.length, MSG_DONTWAIT, destination, destination.length);
  return sent < 0 && !isDry ? describeErrno(errno()) : undefined;
}
