// Everything that the page shows, of one picture: its tables, its title, and what it looks like as a whole.
import type { OperationsSnapshot } from "../../ports/commands.ts";
import type { Snapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import type { History } from "../history.ts";
import type { JournalView } from "../journal_view.ts";
import { filteredHaproxy, isCurrent, isDown, proxiesOf } from "../haproxy_rows.ts";
import { rollUp } from "../roll_up.ts";
import type { Table } from "./model.ts";
import { applianceFacts } from "./appliance_facts.ts";
import { haproxyTables, rollUp as rollUpProxy } from "./haproxy_view.ts";
import { virtualServerTable } from "./virtual_server_view.ts";
import { timelineTable, vrrpTable } from "./vrrp_view.ts";

/** What the page is made of. */
export interface PageSource {
  readonly snapshot: Snapshot;
  readonly history: History;
  readonly journal: JournalView;
  readonly operations: Pick<OperationsSnapshot, "appliance" | "tasks">;
}

/** The page, before it is markup. */
export interface PageModel {
  readonly title: string;
  /** Changes when rows come or go, and with everything that is not in a row: then the page has to be read again. */
  readonly layout: string;
  /** Of the appliance, with their names. */
  readonly facts: ReturnType<typeof applianceFacts>;
  readonly vrrp: Table;
  readonly timeline: Table;
  readonly virtualServers: readonly Table[];
}

/** What to leave out, in HAProxy's words: `;up`, `;no-maint`, `;scope=`. */
export interface PageFilter {
  readonly hidesDown: boolean;
  /** Servers that an operator took out. */
  readonly hidesMaintenance: boolean;
  /** Part of the name of a virtual server, or of one of its real servers; empty: all. */
  readonly scope: string;
}

/** Everything is shown. */
export const NO_FILTER: PageFilter = { hidesDown: false, hidesMaintenance: false, scope: "" };

/** The model of a picture. */
export function pageModel({ snapshot, history, journal, operations }: PageSource): PageModel {
  const virtualServers = [
    ...snapshot.virtualServers.map((server) => virtualServerTable(server, history)),
    ...haproxyTables(snapshot.haproxy),
  ];
  const vrrp = vrrpTable(snapshot.vrrpInstances);
  const last = timelineTable(journal.timeline);
  const facts = applianceFacts(operations);
  return {
    title: `${summary(snapshot)} - ${snapshot.node.routerId} - Holdfast`,
    layout: layoutOf(snapshot, facts, [vrrp, last, ...virtualServers]),
    facts,
    vrrp,
    timeline: last,
    virtualServers,
  };
}

/** The picture without what is filtered out. */
export function filtered(snapshot: Snapshot, { hidesDown, hidesMaintenance, scope }: PageFilter): Snapshot {
  if (!hidesDown && !hidesMaintenance && scope === "") return snapshot;
  const wanted = scope.toLowerCase();
  const virtualServers = snapshot.virtualServers.flatMap((server): VirtualServerSnapshot[] => {
    const byName = server.name.toLowerCase().includes(wanted);
    const realServers = server.realServers.filter((entry) => {
      if (hidesDown && (entry.state === "down" || entry.state === "going-up")) return false;
      if (hidesMaintenance && entry.presence === "out") return false;
      return byName || `${entry.address}:${entry.port}`.includes(wanted);
    });
    return byName || realServers.length > 0 ? [{ ...server, realServers }] : [];
  });
  const haproxy = snapshot.haproxy && filteredHaproxy(snapshot.haproxy, (proxy, row) => {
    if (row !== undefined && hidesDown && isDown(row)) return false;
    if (row !== undefined && hidesMaintenance && row.status?.startsWith("MAINT")) return false;
    return [proxy, row?.svname, row?.addr].some((name) => name?.toLowerCase().includes(wanted));
  });
  return { ...snapshot, virtualServers, ...(haproxy && { haproxy }) };
}

/** Whether this node gets no traffic for its addresses. */
export function isStandby({ vrrpInstances }: Snapshot): boolean {
  return vrrpInstances.length > 0 && vrrpInstances.every(({ state }) => state !== "master");
}

/** The tab's title tells the worst, so that a page in the background is seen to turn bad. */
function summary({ vrrpInstances, virtualServers, haproxy }: Snapshot): string {
  const faults = vrrpInstances.filter((instance) => instance.state === "fault").length;
  const states = [
    ...virtualServers.map(rollUp),
    ...proxiesOf(isCurrent(haproxy) ? haproxy : undefined).map(rollUpProxy),
  ];
  const down = states.filter((state) => state === "down").length;
  const degraded = states.filter((state) => state === "degraded").length;
  const parts = [
    haproxy !== undefined && !haproxy.up ? "HAProxy down" : "",
    faults > 0 ? `${faults} in fault` : "",
    down > 0 ? `${down} down` : "",
    degraded > 0 ? `${degraded} degraded` : "",
  ].filter((part) => part !== "");
  return parts.join(", ") || "all well";
}

/** A number of everything whose change a row cannot tell (FNV-1a). */
function layoutOf(snapshot: Snapshot, facts: PageModel["facts"], tables: readonly Table[]): string {
  const { node } = snapshot;
  let hash = 0x811c9dc5;
  const add = (text: string): void => {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  };
  add(`${node.startedAtMs} ${node.generation} ${isStandby(snapshot)}`);
  for (const { name, state, pid } of node.roles) add(`${name} ${state} ${pid}`);
  const { state, pid, worker, oldWorkers, restarts } = snapshot.haproxy ?? {};
  add(`${state} ${pid} ${worker?.pid} ${oldWorkers} ${restarts}`);
  for (const { name, value } of facts) add(`${name} ${value}`);
  for (const { code, message } of node.warnings) add(`${code} ${message}`);
  for (const { id, detail, rows } of tables) {
    add(`${id} ${detail}`);
    for (const row of rows) add(row.id);
  }
  return (hash >>> 0).toString(36);
}
