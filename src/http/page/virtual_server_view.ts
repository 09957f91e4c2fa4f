// The table of one virtual server: a Frontend row, its real servers, the sorry server, a Backend row, in HAProxy's column
// groups. Groups that IPVS never fills (queue, denied, errors, warnings) are left out; status comes first, where a phone
// shows it.
import { formatEndpoint } from "../../base/ip.ts";
import type { TrafficCounters } from "../../core/ipvs/table.ts";
import type { CheckSnapshot, RealServerSnapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { formatBytes, formatCount, formatDuration, formatMoment } from "../format.ts";
import type { History } from "../history.ts";
import { rollUp } from "../roll_up.ts";
import { serverClass, serverStatusText, SORRY_SERVER_STATUS, usableServers } from "../server_status.ts";
import { type Cell, type ColumnGroup, idOf, type Row, type Table, uniqueIds } from "./model.ts";

const GROUPS: readonly ColumnGroup[] = [
  {
    title: "Server",
    columns: [
      { title: "Status", kind: "text" },
      { title: "Since" },
      { title: "LastChk", kind: "text" },
      { title: "Wght" },
      { title: "Act" },
      { title: "Bck" },
      { title: "Chk" },
      { title: "Dwn" },
      { title: "Dwntme" },
    ],
  },
  { title: "History", columns: [{ title: "5 min", kind: "spark" }] },
  { title: "Session rate", columns: [{ title: "Cur" }, { title: "Max" }] },
  {
    title: "Sessions",
    columns: [
      { title: "Cur" },
      { title: "Inact" },
      { title: "Max" },
      { title: "Limit" },
      { title: "Total" },
      { title: "Last" },
    ],
  },
  { title: "Bytes", columns: [{ title: "In" }, { title: "Out" }] },
  { title: "Bytes/s", columns: [{ title: "In" }, { title: "Out" }] },
];

/** One virtual server. */
export function virtualServerTable(server: VirtualServerSnapshot, history: History): Table {
  const rows = [
    frontendRow(server, history),
    ...server.realServers.map((entry) => realServerRow(server, entry, history)),
    ...sorryServerRow(server, history),
    backendRow(server, history),
  ];
  return {
    id: idOf(server.name),
    tab: { text: server.name, className: rollUp(server) },
    detail: describe(server),
    nameTitle: "Name",
    groups: GROUPS,
    rows: uniqueIds(rows),
  };
}

function describe(server: VirtualServerSnapshot): string {
  const persistence = server.persistenceTimeoutSeconds > 0 ? `, persistent ${server.persistenceTimeoutSeconds} s` : "";
  const kernel = server.inKernel ? "" : ", not in the kernel";
  const word = server.disabled === undefined ? "" : `, out of service by ${server.disabled.author}`;
  const why = server.disabled?.reason === undefined ? "" : `: ${server.disabled.reason}`;
  return `ipvs, ${server.forwardingMethod.toUpperCase()}, ${server.scheduler}${persistence}${kernel}${word}${why}`;
}

function frontendRow(server: VirtualServerSnapshot, history: History): Row {
  const id = idOf(server.name, "Frontend");
  const { counters } = server;
  return {
    id,
    className: "summary",
    name: "Frontend",
    cells: [
      server.inKernel ? "OPEN" : "STOP",
      ...["", "", "", "", "", "", "", ""],
      { text: "", line: "bytes/s" },
      count(counters?.connectionsPerSecond),
      count(history.marks(id)?.rateMax),
      ...["", "", "", ""],
      count(counters?.connections),
      "",
      ...traffic(counters, repliesPass(server.forwardingMethod)),
    ],
  };
}

function realServerRow(server: VirtualServerSnapshot, entry: RealServerSnapshot, history: History): Row {
  const endpoint = formatEndpoint(entry.address, entry.port);
  const id = idOf(server.name, endpoint);
  const marks = history.marks(id);
  return {
    id,
    className: serverClass(entry),
    name: endpoint,
    select: endpoint,
    cells: [
      status(entry),
      { text: "", sinceMs: entry.sinceMs },
      entry.check === undefined ? "" : lastCheck(entry.check),
      `${entry.weight.effective}/${entry.weight.configured}`,
      entry.backup ? "-" : "Y",
      entry.backup ? "Y" : "-",
      count(entry.failedChecks),
      count(entry.downTransitions),
      formatDuration(entry.downtimeMs),
      { text: "", line: "ms of the check" },
      count(entry.counters?.connectionsPerSecond),
      count(marks?.rateMax),
      sessions(entry),
      count(entry.inactiveConnections),
      count(marks?.activeMax),
      (entry.thresholds?.upper ?? 0) > 0 ? count(entry.thresholds?.upper) : "-",
      count(entry.counters?.connections),
      marks?.lastSessionMs === undefined ? "" : { text: "", sinceMs: marks.lastSessionMs },
      ...traffic(entry.counters, repliesPass(entry.forwardingMethod)),
    ],
  };
}

function sorryServerRow(server: VirtualServerSnapshot, history: History): Row[] {
  const { sorryServer: sorry } = server;
  if (sorry === undefined) return [];
  const endpoint = formatEndpoint(sorry.address, sorry.port);
  const id = idOf(server.name, endpoint, "sorry");
  return [{
    id,
    className: sorry.active ? "backup_up" : "backup_no_check",
    name: `${endpoint} (sorry)`,
    cells: [
      sorry.active ? "ACTIVE" : SORRY_SERVER_STATUS,
      ...["", "", "", "-", "Y", "", "", "", ""],
      count(sorry.counters?.connectionsPerSecond),
      count(history.marks(id)?.rateMax),
      count(sorry.activeConnections),
      count(sorry.inactiveConnections),
      count(history.marks(id)?.activeMax),
      "-",
      count(sorry.counters?.connections),
      "",
      ...traffic(sorry.counters, repliesPass(server.forwardingMethod)),
    ],
  }];
}

function backendRow(server: VirtualServerSnapshot, history: History): Row {
  const id = idOf(server.name, "Backend");
  const members = [...server.realServers, ...(server.sorryServer ? [server.sorryServer] : [])];
  const active = members.reduce((total, entry) => total + entry.activeConnections, 0);
  const inactive = members.reduce((total, entry) => total + entry.inactiveConnections, 0);
  const sum = (pick: (entry: RealServerSnapshot) => number): number =>
    server.realServers.reduce((total, entry) => total + pick(entry), 0);
  const { active: usable, backup: backups } = usableServers(server);
  return {
    id,
    className: server.up ? "summary" : "summary alarm",
    name: "Backend",
    cells: [
      server.up ? "UP" : "DOWN",
      { text: "", sinceMs: server.sinceMs },
      `quorum ${server.quorum.have} of ${server.quorum.need}`,
      `${sum((entry) => entry.weight.effective)}/${sum((entry) => entry.weight.configured)}`,
      String(usable),
      String(backups),
      count(sum((entry) => entry.failedChecks)),
      count(server.downTransitions),
      "",
      { text: "", line: "connections/s" },
      count(server.counters?.connectionsPerSecond),
      count(history.marks(id)?.rateMax),
      count(active),
      count(inactive),
      count(history.marks(id)?.activeMax),
      "",
      count(server.counters?.connections),
      "",
      ...traffic(server.counters, repliesPass(server.forwardingMethod)),
    ],
  };
}

/** HAProxy's word; pointed at, why it is so and who said so. */
function status(entry: RealServerSnapshot): Cell {
  const { override } = entry;
  const said = override === undefined ? [] : [`${override.author}${override.reason ? `: ${override.reason}` : ""}`];
  const title = [...entry.causes ?? [], ...said].join("; ");
  return title === "" ? serverStatusText(entry) : { text: serverStatusText(entry), title };
}

function sessions({ activeConnections, inactiveConnections, persistentConnections }: RealServerSnapshot): Cell {
  if (persistentConnections === 0) return count(activeConnections);
  const title = `active ${activeConnections}, inactive ${inactiveConnections}, persistent ${persistentConnections}`;
  return { text: count(activeConnections), title };
}

function lastCheck(check: CheckSnapshot): Cell {
  if (check.atMs === 0) return check.status;
  const code = check.code === undefined ? "" : `/${check.code}`;
  const text = `${check.status}${code} in ${(check.durationUs / 1000).toFixed(1)} ms`;
  const title = `${check.type} check: ${check.text} (${formatMoment(check.atMs)})`;
  return { text: check.status.endsWith("OK") ? text : `${text}: ${check.text}`, title };
}

/** Replies of dr and tun bypass the director: the kernel counts none, and 0 would be a lie. */
function repliesPass(forwardingMethod: string): boolean {
  return forwardingMethod === "nat";
}

function traffic(counters: TrafficCounters | undefined, showOut: boolean): string[] {
  if (counters === undefined) return ["", "", "", ""];
  const out = (value: number): string => showOut ? formatBytes(value) : "";
  return [
    formatBytes(counters.bytesIn),
    out(counters.bytesOut),
    formatBytes(counters.bytesInPerSecond),
    out(counters.bytesOutPerSecond),
  ];
}

/** Empty where nothing is known: HAProxy never writes "n/a", and 0 would say something else. */
function count(value: number | undefined): string {
  return value === undefined ? "" : formatCount(value);
}
