// What an instance tracks, with how it is now: the configuration and what is known, joined for the core. No state.
import type { TrackedItem as Configured, Tracking } from "../../config/config_vrrp.ts";
import type { TrackedItem } from "../../core/tracking/effective_priority.ts";
import type { ScriptVerdict } from "../../core/tracking/script_verdict.ts";
import { isEnough, type ServerWord, trackedName } from "../../core/tracking/server_word.ts";
import type { NetworkPort } from "../../ports/network.ts";
import type { TrackedSnapshot } from "../../ports/snapshot.ts";

/** What others find out about tracked things: it travels from the supervisor as JSON. */
export interface TrackStatus {
  /** Verdicts of scripts by name; one that is missing has none yet. */
  readonly scripts: Readonly<Record<string, ScriptVerdict>>;
  /** Numbers in tracked files by name; one that is missing is 0. */
  readonly files: Readonly<Record<string, number>>;
  /** Whether there are enough processes, by name of the `vrrp_track_process`; one that is missing is not known yet. */
  readonly processes: Readonly<Record<string, boolean>>;
  /** Whether BFD sessions are up, by name; one that is missing is not known yet. */
  readonly bfd: Readonly<Record<string, boolean>>;
  /** How virtual servers are, by name; one that is missing is not known yet. */
  readonly virtualServers?: Readonly<Record<string, ServerWord>>;
}

/** Nothing is known. */
export const NO_STATUS: TrackStatus = { scripts: {}, files: {}, processes: {}, bfd: {} };

/** Nothing is tracked. */
export const NO_TRACKING: Tracking = { interfaces: [], scripts: [], files: [], processes: [], bfd: [] };

/** All that is tracked and not unknown; weights must have been filled in (`config/carried_out.ts`). */
export function trackedItems(tracking: Tracking, status: TrackStatus, network: NetworkPort): TrackedItem[] {
  const common = ({ name, weight = 0, reverse }: Configured): { name: string; weight: number; reverse: boolean } => {
    return { name, weight, reverse };
  };
  return [
    ...tracking.interfaces.map((item) => {
      const up = network.interface(item.name)?.up === true;
      return { kind: "interface" as const, ...common(item), up };
    }),
    ...tracking.scripts.map((item) => {
      return { kind: "script" as const, ...common(item), verdict: status.scripts[item.name] ?? "unknown" as const };
    }),
    ...tracking.files.map((item) => ({ kind: "file" as const, ...common(item), value: status.files[item.name] ?? 0 })),
    // What a reload brings is known a moment later.
    ...tracking.processes.flatMap((item) => {
      const up = status.processes[item.name];
      return up === undefined ? [] : [{ kind: "process" as const, ...common(item), up }];
    }),
    ...tracking.bfd.flatMap((item) => {
      const up = status.bfd[item.name];
      return up === undefined ? [] : [{ kind: "bfd" as const, ...common(item), up }];
    }),
    ...(tracking.virtualServers ?? []).flatMap((item) => {
      const word = status.virtualServers?.[item.name];
      if (word === undefined) return [];
      return [{ kind: "virtual_server" as const, ...common(item), name: trackedName(item), up: isEnough(word, item) }];
    }),
  ];
}

/** The same for the eyes of people: an instance's own, then its group's. */
export function trackedSnapshot(
  trackings: readonly (Tracking | undefined)[],
  status: TrackStatus,
  network: NetworkPort,
): TrackedSnapshot[] {
  const items = trackings.flatMap((tracking) => tracking === undefined ? [] : trackedItems(tracking, status, network));
  return items.map((item) => ({ kind: item.kind, name: item.name, weight: item.weight, up: isUp(item) }));
}

function isUp(item: TrackedItem): boolean {
  if (item.kind === "script") return item.verdict === "up";
  if (item.kind === "file") return item.weight !== 0 || item.value === 0;
  return item.up;
}
