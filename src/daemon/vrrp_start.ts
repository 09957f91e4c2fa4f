// When VRRP may begin: some switches and bonds need a while before they carry what peers say (keepalived.conf(5),
// vrrp_startup_delay and vrrp_delay_after_boot).
import type { GlobalDefs } from "../config/global_defs.ts";
import { SystemClock } from "../linux/monotonic_clock.ts";

/**
 * The monotonic time in microseconds before which no instance starts, for a daemon that starts now; the later of both
 * delays counts. A role that has to start again later does not wait anew.
 *
 * @param nowUs the monotonic clock begins when the system does
 */
export function vrrpStart(
  { startupDelayUs = 0, delayAfterBootUs = 0 }: Pick<GlobalDefs, "startupDelayUs" | "delayAfterBootUs">,
  nowUs: number = new SystemClock().nowUs(),
): number {
  return Math.max(nowUs + startupDelayUs, delayAfterBootUs);
}

/** How long until a monotonic time, milliseconds; 0 when it has passed. */
export function waitMsUntil(atUs: number): number {
  return Math.max(0, (atUs - new SystemClock().nowUs()) / 1000);
}
