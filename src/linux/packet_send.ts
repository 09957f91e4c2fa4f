// Sends one packet on a raw or packet socket, without waiting.
import { MSG_DONTWAIT } from "./constants.ts";
import { isDryRun, sendingOn } from "./dry_run.ts";
import { errno, libc } from "./libc.ts";
import { describeErrno } from "./system_error.ts";

/** @param destination sockaddr @returns undefined, or why it could not be sent; in a dry run nothing is, without a reason */
export function sendPacket(
  fd: number,
  packet: Uint8Array<ArrayBuffer>,
  destination: Uint8Array<ArrayBuffer>,
): string | undefined {
  const sent = libc().sendto(sendingOn(fd), packet, packet.length, MSG_DONTWAIT, destination, destination.length);
  return sent < 0 && !isDryRun() ? describeErrno(errno()) : undefined;
}
