// What a virtual router makes of the things it tracks: its effective priority, the faults, and what it still waits for.
// Knows neither how the things are watched nor the state machine that is told.
import type { ScriptVerdict } from "./script_verdict.ts";

/** What every tracked thing has in common (keepalived.conf(5), `track_interface` and its siblings). */
export interface Tracked {
  /** Interface, or the name of a `vrrp_script`, `track_file`, `vrrp_track_process` or `bfd_instance`. */
  readonly name: string;
  /** Points of priority, -254 to 254. 0: what is bad puts the instance into FAULT. */
  readonly weight: number;
  /** Points change sign; without weight, what is good is the fault. */
  readonly reverse: boolean;
}

/** A tracked thing and how it is. */
export type TrackedItem =
  | Tracked & { readonly kind: "interface" | "process" | "bfd" | "virtual_server"; readonly up: boolean }
  | Tracked & { readonly kind: "script"; readonly verdict: ScriptVerdict }
  | Tracked & { readonly kind: "file"; readonly value: number };

/** What the tracked things come to. */
export interface Tracking {
  /** 1 to 254, or 255 for the address owner. */
  readonly effectivePriority: number;
  /** Why the instance cannot serve, a sentence for each; it leaves FAULT when none is left. */
  readonly faults: readonly string[];
  /** Scripts without weight and without result: until they have one, the instance stays in INIT. */
  readonly waitingFor: readonly string[];
}

/** The priority of an address owner; no tracker changes it. */
const OWNER_PRIORITY = 255;
const LOWEST_PRIORITY = 1;
const HIGHEST_PRIORITY = 254;
/** The value of a file times its weight is limited to these; the lowest means FAULT. */
const FILE_FAULT = -254;
const FILE_HIGHEST = 253;

/**
 * Adds up what is tracked, as keepalived does. With weight w, `reverse` turning w into -w after the choice:
 *
 * | thing | good | bad |
 * |---|---|---|
 * | w > 0 | + w | 0 |
 * | w < 0 | 0 | w |
 * | w = 0 | - | FAULT |
 *
 * A script without a result adds nothing, whether it will have one or cannot be run. A file adds value times w, limited to 253; -254 and less is FAULT and adds
 * nothing; with w = 0 any value but 0 is FAULT.
 *
 * @param basePriority `priority`, 1 to 255
 */
export function track(basePriority: number, items: readonly TrackedItem[]): Tracking {
  let total = basePriority;
  const faults: string[] = [];
  const waitingFor: string[] = [];
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) faults.push(fault);
    else total += pointsOf(item);
    if (item.kind === "script" && item.verdict === "unknown" && item.weight === 0) waitingFor.push(item.name);
  }
  const effectivePriority = basePriority === OWNER_PRIORITY
    ? OWNER_PRIORITY
    : Math.min(Math.max(total, LOWEST_PRIORITY), HIGHEST_PRIORITY);
  return { effectivePriority, faults, waitingFor };
}

/**
 * What a member of a sync group tracks: its own things, and the group's. keepalived leaves out the member's own things
 * that have weights, because members of different priority pull the group apart, unless `sync_group_tracking_weight`
 * is set (2.2.7 says so for interfaces and processes too, but counts them). A thing that both track counts once: with
 * the group's weight, or without weight when the member's has none.
 */
export function trackedByMember(
  own: readonly TrackedItem[],
  group: readonly TrackedItem[],
  syncGroupTrackingWeight: boolean,
): readonly TrackedItem[] {
  const same = (left: TrackedItem, right: TrackedItem): boolean => left.kind === right.kind && left.name === right.name;
  const kept = own.filter((item) =>
    item.weight === 0 || (syncGroupTrackingWeight && !group.some((other) => same(item, other)))
  );
  return [...kept, ...group.filter((item) => !kept.some((other) => same(item, other)))];
}

/** Whether a thing is good; undefined: not known yet. */
function isUp(item: Exclude<TrackedItem, { kind: "file" }>): boolean | undefined {
  if (item.kind !== "script") return item.up;
  return item.verdict === "up" || item.verdict === "down" ? item.verdict === "up" : undefined;
}

function faultOf(item: TrackedItem): string | undefined {
  if (item.kind === "file") return fileFault(item);
  const up = isUp(item);
  if (item.weight !== 0 || up === undefined || up !== item.reverse) return undefined;
  switch (item.kind) {
    case "interface":
      return `interface ${item.name} is ${up ? "up" : "down"}`;
    case "script":
      return `script ${item.name} ${up ? "succeeds" : "fails"}`;
    case "process":
      return `process ${item.name} has ${up ? "quorum" : "no quorum"}`;
    case "bfd":
      return `BFD session ${item.name} is ${up ? "up" : "down"}`;
    case "virtual_server":
      return `virtual server ${item.name} has ${up ? "enough" : "too few"} healthy servers`;
    default:
      return item satisfies never;
  }
}

function fileFault(item: TrackedItem & { kind: "file" }): string | undefined {
  const bad = item.weight === 0 ? (item.value !== 0) !== item.reverse : filePoints(item) <= FILE_FAULT;
  return bad ? `track file ${item.name} has value ${item.value}` : undefined;
}

/** What a thing adds to the priority now; nothing while it is a fault. */
export function pointsOf(item: TrackedItem): number {
  if (item.weight === 0) return 0;
  if (item.kind === "file") return Math.min(filePoints(item), FILE_HIGHEST);
  const up = isUp(item);
  const counts = item.weight > 0 ? up === true : up === false;
  return counts ? signedWeight(item) : 0;
}

function filePoints(item: TrackedItem & { kind: "file" }): number {
  return item.value * signedWeight(item);
}

function signedWeight(item: Tracked): number {
  return item.reverse ? -item.weight : item.weight;
}
