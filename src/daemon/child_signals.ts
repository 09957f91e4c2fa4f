// Signals of child roles. The supervisor alone answers to TERM, INT and HUP: Ctrl-C and systemd's stop reach every process
// of the group at once, and a child that obeyed would be gone before the supervisor could end things in order.
import { outliveDumpSignals } from "./signals.ts";

/** Makes this process outlive TERM, INT, HUP and the signals that ask for dumps; the closed link ends it when the supervisor is gone. */
export function ignoreTerminalSignals(): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
  outliveDumpSignals();
}
