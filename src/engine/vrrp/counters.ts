// The counters of one virtual router while they are counted.
import type { VrrpCounters } from "../../ports/snapshot.ts";

/** As in the snapshot, but to be changed. */
export type MutableCounters = { -readonly [Name in keyof VrrpCounters]: VrrpCounters[Name] } & {
  discarded: Record<string, number>;
};

/** Nothing counted yet. */
export function newCounters(): MutableCounters {
  return {
    advertisementsReceived: 0,
    advertisementsSent: 0,
    becameMaster: 0,
    releasedMaster: 0,
    priorityZeroReceived: 0,
    priorityZeroSent: 0,
    gratuitousArpSent: 0,
    transitions: 0,
    rivalSigns: 0,
    discarded: {},
  };
}
