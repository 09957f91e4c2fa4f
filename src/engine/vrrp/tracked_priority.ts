// The effective priority of an instance, from what it and its sync group track and what operators say; tells what changed it.
import type { VrrpInstance } from "../../config/config.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import { changedItems } from "../../core/tracking/changed_items.ts";
import { track, trackedByMember, type TrackedItem, type Tracking } from "../../core/tracking/effective_priority.ts";
import type { RouterOrders } from "../../core/vrrp/steering.ts";
import type { VirtualRouterPorts } from "./surroundings.ts";
import { NO_TRACKING, trackedItems, type TrackStatus } from "./tracked_items.ts";

/** What it is made from. */
export interface PrioritySources {
  readonly config: VrrpInstance;
  readonly group: SyncGroup | undefined;
  readonly orders: RouterOrders;
  readonly status: TrackStatus;
}

/** Of one instance. */
export class TrackedPriority {
  readonly #ports: VirtualRouterPorts;
  /** What counted at the last look. */
  #items: readonly TrackedItem[] = [];

  constructor(ports: VirtualRouterPorts) {
    this.#ports = ports;
  }

  /** What the tracked things come to now; a priority that they, an operator or a reload changed is told. @param from the one until now */
  compute({ config, group, orders, status }: PrioritySources, from: number): Tracking {
    const { name, tracking } = config;
    const priority = config.priority === 255 ? 255 : orders.priority ?? config.priority;
    const own = trackedItems(tracking, status, this.#ports.network);
    const common = trackedItems(group?.tracking ?? NO_TRACKING, status, this.#ports.network);
    const items = group === undefined ? own : trackedByMember(own, common, group.keepsWeights);
    const result = track(priority, items);
    const { effectivePriority: to } = result;
    if (from !== to) {
      const because = changedItems(this.#items, items).map((item) => ({ kind: item.kind, name: item.name }));
      this.#ports.observe?.({ type: "priority", name, from, to, because });
    }
    this.#items = items;
    return result;
  }
}
