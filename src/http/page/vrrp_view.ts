// The tables of VRRP: who is master, since when, and why; and what changed last.
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { formatCount, formatMoment } from "../format.ts";
import type { TimelineEntry } from "../journal_view.ts";
import { type Cell, idOf, type Row, type Table, uniqueIds } from "./model.ts";

/** All instances of this node. */
export function vrrpTable(instances: readonly VrrpInstanceSnapshot[]): Table {
  return {
    id: "vrrp",
    tab: { text: "VRRP", className: instances.some(({ state }) => state === "fault") ? "down" : "up" },
    detail: "",
    nameTitle: "Instance",
    groups: [{
      title: "",
      columns: [
        { title: "State", kind: "text" },
        { title: "Since" },
        { title: "Virtual addresses", kind: "wrap" },
        { title: "Priority" },
        { title: "Master", kind: "text" },
        { title: "Last transition", kind: "wrap" },
        { title: "Tracked", kind: "wrap" },
        { title: "VRID" },
        { title: "Interface", kind: "text" },
        { title: "Version" },
        { title: "Interval" },
        { title: "Adverts in" },
        { title: "Adverts out" },
        { title: "Discarded", kind: "text" },
        { title: "Transitions" },
      ],
    }],
    rows: uniqueIds(instances.map(instanceRow)),
  };
}

function instanceRow(instance: VrrpInstanceSnapshot): Row {
  const { counters, master } = instance;
  return {
    id: idOf("vrrp", instance.name),
    className: `vrrp_${instance.state}${instance.virtualAddresses.some(isWrong(instance)) ? " missing" : ""}`,
    name: instance.syncGroup === undefined ? instance.name : {
      text: instance.name,
      title: `member of the sync group ${instance.syncGroup}`,
    },
    cells: [
      instance.state.toUpperCase(),
      { text: "", sinceMs: instance.sinceMs },
      addresses(instance),
      priorities(instance),
      master === undefined ? "" : `${master.address} (${master.priority})`,
      lastTransition(instance),
      tracked(instance),
      String(instance.vrid),
      instance.interface,
      String(instance.version),
      `${instance.advertisementIntervalUs / 1_000_000} s`,
      formatCount(counters.advertisementsReceived),
      formatCount(counters.advertisementsSent),
      Object.entries(counters.discarded).map(([reason, count]) => `${reason} ${formatCount(count)}`).join(", "),
      formatCount(counters.transitions),
    ],
  };
}

/** An address that is not where the state says it must be is the alarm of this table. */
function isWrong({ state }: VrrpInstanceSnapshot): (entry: { readonly present: boolean }) => boolean {
  return ({ present }) => present !== (state === "master");
}

function addresses(instance: VrrpInstanceSnapshot): Cell {
  const wrong = isWrong(instance);
  return instance.virtualAddresses.map((entry) => {
    const where = entry.present ? "here" : "not here";
    const text = `${entry.address}/${entry.prefixLength} dev ${entry.device}: ${where}`;
    return wrong(entry) ? `${text}, and should${entry.present ? " not" : ""} be` : text;
  }).join("\n");
}

function priorities({ effectivePriority, basePriority }: VrrpInstanceSnapshot): string {
  return effectivePriority === basePriority ? String(basePriority) : `${effectivePriority}/${basePriority}`;
}

function lastTransition({ lastTransition: last, faults }: VrrpInstanceSnapshot): Cell {
  const lines = [...(last === undefined ? [] : [`${last.from} → ${last.to}: ${last.reason}`]), ...faults];
  const text = [...new Set(lines)].join("\n");
  return last === undefined ? text : { text, title: formatMoment(last.atMs) };
}

function tracked({ tracked: items = [] }: VrrpInstanceSnapshot): string {
  return items.map(({ kind, name, weight, up }) => {
    return `${kind} ${name}${weight === 0 ? "" : ` (${weight > 0 ? "+" : ""}${weight})`}: ${up ? "up" : "DOWN"}`;
  }).join("\n");
}

/** What changed last, the newest first; each with its story to open. */
export function timelineTable(entries: readonly TimelineEntry[]): Table {
  return {
    id: "timeline",
    tab: { text: "Last transitions", className: "neutral" },
    detail: entries.length === 0 ? "the journal knows none" : "newest first",
    nameTitle: "When (UTC)",
    groups: [{ title: "", columns: [{ title: "Ago" }, { title: "What, and why", kind: "wrap" }] }],
    rows: entries.map(({ id, atMs, text, steps, className }, at) => ({
      id: `timeline/${at}`,
      className,
      name: formatMoment(atMs).replace(" UTC", ""),
      cells: [{ text: "", sinceMs: atMs }, steps.length === 0 ? text : { text, steps, key: String(id) }],
    })),
  };
}
