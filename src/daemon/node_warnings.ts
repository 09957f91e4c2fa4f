// Warnings of the node that are made from what is known otherwise.
import type { LeftOut } from "../config/carried_out.ts";
import { describeSign } from "../engine/vrrp/split_brain_watch.ts";
import type { VrrpInstanceSnapshot, WarningSnapshot } from "../ports/snapshot.ts";

/** Two masters at a time are the worst that can happen to an address. */
export function splitBrainWarnings(instances: readonly VrrpInstanceSnapshot[]): WarningSnapshot[] {
  return instances.flatMap(({ name, splitBrain = [] }) =>
    splitBrain.map((sign) => {
      return { code: "split-brain", message: `${name}: ${describeSign(sign)}`, sinceMs: sign.sinceMs };
    })
  );
}

/** What is configured but left out. */
export function notStartedWarnings(leftOut: readonly LeftOut[]): WarningSnapshot[] {
  const sinceMs = Date.now();
  return leftOut.map(({ what, why }) => ({ code: "not-started", message: `${what} is not started: ${why}`, sinceMs }));
}
