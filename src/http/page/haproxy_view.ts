// The tables of HAProxy's proxies, in its own column groups: a Frontend row, listeners, servers, a Backend row.
import type { Override } from "../../core/health/presence.ts";
import type { HaproxySnapshot } from "../../ports/snapshot.ts";
import { formatBytes, formatCount, formatDuration, formatMoment } from "../format.ts";
import { type HaproxyProxy, type HaproxyRow, isCurrent, isDown, numberIn, proxiesOf } from "../haproxy_rows.ts";
import { type Cell, type ColumnGroup, idOf, type Row, type Table, uniqueIds } from "./model.ts";

/** Before the name of a backend in the form, to tell it from a virtual server. */
export const HAPROXY_FORM = "haproxy/";

const columns = (...titles: string[]): ColumnGroup["columns"] => titles.map((title) => ({ title }));

const GROUPS: readonly ColumnGroup[] = [
  {
    title: "Server",
    columns: [
      { title: "Status", kind: "text" },
      { title: "Since" },
      { title: "LastChk", kind: "text" },
      ...columns("Wght", "Act", "Bck", "Chk", "Dwn", "Dwntme"),
    ],
  },
  { title: "Queue", columns: columns("Cur", "Max", "Limit") },
  { title: "Session rate", columns: columns("Cur", "Max", "Limit") },
  { title: "Sessions", columns: columns("Cur", "Max", "Limit", "Total", "LbTot", "Last") },
  { title: "Bytes", columns: columns("In", "Out") },
  { title: "Denied", columns: columns("Req", "Resp") },
  { title: "Errors", columns: columns("Req", "Conn", "Resp") },
  { title: "Warnings", columns: columns("Retr", "Redis") },
];

/** One table for each proxy. */
export function haproxyTables(haproxy: HaproxySnapshot | undefined): Table[] {
  if (haproxy === undefined) return [];
  return proxiesOf(haproxy).map((proxy) => tableOf(proxy, haproxy));
}

function tableOf(proxy: HaproxyProxy, haproxy: HaproxySnapshot): Table {
  const { name, frontend, listeners, servers, backend } = proxy;
  const rows = [
    ...(frontend ? [rowOf(proxy, frontend, "Frontend")] : []),
    ...listeners.map((row) => rowOf(proxy, row, `+${row.svname ?? ""}`)),
    ...servers.map((row) => {
      const said = haproxy.overrides?.find(({ backend, server }) => backend === name && server === row.svname);
      return { ...rowOf(proxy, row, row.svname ?? "", said?.override), select: row.svname ?? "" };
    }),
    ...(backend ? [rowOf(proxy, backend, "Backend")] : []),
  ];
  const age = isCurrent(haproxy) ? "" : `, as it was before HAProxy was ${haproxy.state}`;
  const scheduler = backend?.algo === undefined ? "" : `, ${backend.algo}`;
  return {
    id: idOf(name),
    tab: { text: name, className: isCurrent(haproxy) ? rollUp(proxy) : "down" },
    detail: `haproxy, ${proxy.mode}${scheduler}${age}`,
    nameTitle: "Name",
    formName: `${HAPROXY_FORM}${name}`,
    groups: GROUPS,
    rows: uniqueIds(rows),
  };
}

/** The worst that has to be said of a proxy. */
export function rollUp({ servers, backend, frontend }: HaproxyProxy): "up" | "degraded" | "down" {
  if (backend !== undefined && !(backend.status ?? "UP").startsWith("UP")) return "down";
  if (frontend?.status !== undefined && frontend.status === "STOP") return "down";
  return servers.some(isDown) ? "degraded" : "up";
}

function rowOf(proxy: HaproxyProxy, row: HaproxyRow, name: string, said?: Override): Row {
  const isServer = row.type === "2";
  const isSummary = row.type === "0" || row.type === "1";
  const number = (column: string): string => count(numberIn(row, column));
  const seconds = (column: string): string => duration(numberIn(row, column));
  const limit = (column: string): string => number(column) || (isServer ? "-" : "");
  return {
    id: idOf(proxy.name, name),
    className: isServer ? serverClass(row) : isSummary && isDown(row) ? "summary alarm" : "summary",
    name: row.addr === undefined ? name : { text: name, title: row.addr },
    cells: [
      said === undefined ? row.status ?? "" : { text: row.status ?? "", title: wordOf(said) },
      seconds("lastchg"),
      lastCheck(row),
      row.weight === undefined ? "" : `${row.weight}/${row.uweight ?? row.weight}`,
      isServer ? yes(row.act) : number("act"),
      isServer ? yes(row.bck) : number("bck"),
      number("chkfail"),
      number("chkdown"),
      seconds("downtime"),
      number("qcur"),
      number("qmax"),
      isServer ? limit("qlimit") : "",
      number("rate"),
      number("rate_max"),
      number("rate_lim"),
      number("scur"),
      number("smax"),
      limit("slim"),
      number("stot"),
      number("lbtot"),
      seconds("lastsess"),
      bytes(row, "bin"),
      bytes(row, "bout"),
      number("dreq"),
      number("dresp"),
      number("ereq"),
      number("econ"),
      number("eresp"),
      number("wretr"),
      number("wredis"),
    ],
  };
}

/** Whose word it is, and why. */
function wordOf({ author, reason, untilMs }: Override): string {
  const until = untilMs === undefined ? "" : `, until ${formatMoment(untilMs)}`;
  return `by ${author}${reason === undefined ? "" : `: ${reason}`}${until}`;
}

/** HAProxy's classes of rows, by its words and the weight. */
function serverClass(row: HaproxyRow): string {
  const { status = "", weight } = row;
  const isBackup = row.bck === "1";
  if (status.startsWith("MAINT")) return "maintain";
  if (status.startsWith("NOLB") || status.startsWith("DRAIN")) return "active_draining";
  if (status.startsWith("no check")) return isBackup ? "backup_no_check" : "active_no_check";
  if (status.startsWith("DOWN")) return status.includes("/") ? "active_going_up" : "active_down";
  if (weight === "0") return "active_draining";
  if (status.includes("/")) return "active_going_down";
  return isBackup ? "backup_up" : "active_up";
}

function lastCheck(row: HaproxyRow): Cell {
  const { check_status: word, check_code: code, last_chk: last, check_desc: description } = row;
  if (word === undefined) return "";
  const took = row.check_duration === undefined ? "" : ` in ${row.check_duration} ms`;
  const text = `${word.replace(/^\* /, "")}${code === undefined ? "" : `/${code}`}${took}`;
  const title = [description, last].filter((part) => part !== undefined).join(": ");
  return title === "" ? text : { text, title };
}

function yes(value: string | undefined): string {
  return value === undefined ? "" : value === "1" ? "Y" : "-";
}

function bytes(row: HaproxyRow, column: string): string {
  const value = numberIn(row, column);
  return value === undefined ? "" : formatBytes(value);
}

function count(value: number | undefined): string {
  return value === undefined ? "" : formatCount(value);
}

/** Seconds; HAProxy says -1 for never. */
function duration(value: number | undefined): string {
  return value === undefined || value < 0 ? "" : formatDuration(value * 1000);
}
