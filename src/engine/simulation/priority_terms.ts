// Why an instance has its effective priority, in words: what it tracks, with its points.
import type { VrrpInstance } from "../../config/config.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import { pointsOf, trackedByMember, type TrackedItem } from "../../core/tracking/effective_priority.ts";
import type { NetworkPort } from "../../ports/network.ts";
import { trackedItems, type TrackStatus } from "../vrrp/tracked_items.ts";

/** `base 100`, `script chk fails: -20` ... Things without weight are left out. */
export function priorityTerms(
  instance: VrrpInstance,
  group: SyncGroup | undefined,
  status: TrackStatus,
  network: NetworkPort,
): string[] {
  const own = trackedItems(instance.tracking, status, network);
  const items = group === undefined
    ? own
    : trackedByMember(own, trackedItems(group.tracking, status, network), group.keepsWeights);
  const weighted = items.filter(({ weight }) => weight !== 0);
  return [`base ${instance.priority}`, ...weighted.map((item) => `${describe(item)}: ${signed(pointsOf(item))}`)];
}

function describe(item: TrackedItem): string {
  switch (item.kind) {
    case "script":
      return `script ${item.name} ${
        { up: "succeeds", down: "fails", unknown: "has no result yet", unavailable: "cannot be run" }[item.verdict]
      }`;
    case "file":
      return `file ${item.name} says ${item.value}`;
    default:
      return `${item.kind} ${item.name} is ${item.up ? "up" : "down"}`;
  }
}

function signed(points: number): string {
  return points < 0 ? String(points) : `+${points}`;
}
