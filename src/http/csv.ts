// /stats;csv: HAProxy 2.6's columns in its order, filled as far as IPVS has the numbers; our own columns after its `-`.
import { formatEndpoint } from "../base/ip.ts";
import type { TrafficCounters } from "../core/ipvs/table.ts";
import { rowOf as fieldsOf, type StatTable } from "../core/haproxy/stats_csv.ts";
import { isCurrent } from "./haproxy_rows.ts";
import type { RealServerSnapshot, Snapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";
import type { History } from "./history.ts";
import { idOf } from "./page/model.ts";
import { serverStatusText, SORRY_SERVER_STATUS, usableServers } from "./server_status.ts";

/** HAProxy 2.6's header. Tools read by name, old ones by position: neither names nor order may change. */
export const HAPROXY_COLUMNS: readonly string[] = (
  "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck," +
  "chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status," +
  "check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max," +
  "req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime," +
  "agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall," +
  "agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse," +
  "cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur," +
  "used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status"
).split(",");

/** Ours, after HAProxy's and a column named `-`. */
export const OWN_COLUMNS: readonly string[] =
  "ipvs_active,ipvs_inactive,ipvs_persistent,ipvs_inpkts,ipvs_outpkts,ipvs_cps,ipvs_inpps,ipvs_outpps,ipvs_inbps,ipvs_outbps,ipvs_fwd"
    .split(",");

const COLUMNS = [...HAPROXY_COLUMNS, "-", ...OWN_COLUMNS];

/** HAProxy's `type` column. */
const TYPE_FRONTEND = 0;
const TYPE_BACKEND = 1;
const TYPE_SERVER = 2;

type Row = Readonly<Record<string, string | number | undefined>>;

/** The same rows as objects: `/stats;json`. Columns that a row does not fill are left out. */
export function statsRows(snapshot: Snapshot, nowMs: number, history: History): Row[] {
  const rows = rowsOf(snapshot, nowMs, history);
  return rows.map((row) =>
    Object.fromEntries(COLUMNS.flatMap((name) => row[name] === undefined || name === "-" ? [] : [[name, row[name]]]))
  );
}

/** The whole export: a header and a line each, every line ended by a comma as HAProxy does. */
export function renderCsv(snapshot: Snapshot, nowMs: number, history: History): string {
  const rows = rowsOf(snapshot, nowMs, history);
  const lines = rows.map((row) => COLUMNS.map((column) => field(row[column])).join(",") + ",");
  return [`# ${COLUMNS.join(",")},`, ...lines, ""].join("\n");
}

/** Ours, and HAProxy's as it wrote them, as far as it has columns of that name in 2.6. */
function rowsOf(snapshot: Snapshot, nowMs: number, history: History): Row[] {
  const ours = snapshot.virtualServers.flatMap((server, at) => virtualServerRows(server, at + 1, nowMs, history));
  const { haproxy } = snapshot;
  if (!isCurrent(haproxy)) return ours;
  const { statistics } = haproxy ?? {};
  return [...ours, ...(statistics?.rows ?? []).map((fields) => haproxyRow(statistics, fields))];
}

function haproxyRow(table: StatTable | undefined, fields: readonly string[]): Row {
  const row: Record<string, string | number> = { "-": "-" };
  for (const [name, value] of Object.entries(table === undefined ? {} : fieldsOf(table, fields))) {
    row[name] = /^-?\d{1,15}$/.test(value) && !NAMES.has(name) ? Number(value) : value;
  }
  return row;
}

/** Columns that are texts, even where one looks like a number. */
const NAMES: ReadonlySet<string> = new Set(["pxname", "svname", "addr", "cookie", "last_chk"]);

function virtualServerRows(server: VirtualServerSnapshot, id: number, nowMs: number, history: History): Row[] {
  const common = { pxname: server.name, pid: 1, iid: id, mode: server.protocol, "-": "-" };
  const servers = server.realServers.map((entry, index) => realServerRow(entry, index + 1, nowMs));
  const sorry = server.sorryServer ? [sorryServerRow(server, server.realServers.length + 1)] : [];
  const rows = [frontendRow(server), ...servers, ...sorry, backendRow(server, nowMs)];
  return rows.map((row) => ({ ...common, ...row, ...highWater(server, row, nowMs, history) }));
}

/** High-water marks of our own samples. HAProxy has them since its start, we since the api role's. */
function highWater(server: VirtualServerSnapshot, { svname, type }: Row, nowMs: number, history: History): Row {
  const name = svname === "FRONTEND" ? "Frontend" : svname === "BACKEND" ? "Backend" : String(svname);
  const marks = history.marks(idOf(server.name, name));
  if (marks === undefined) return {};
  return {
    smax: marks.activeMax,
    rate_max: marks.rateMax,
    ...(type === TYPE_FRONTEND ? { conn_rate_max: marks.rateMax } : {}),
    lastsess: marks.lastSessionMs === undefined ? undefined : seconds(nowMs - marks.lastSessionMs),
  };
}

function frontendRow(server: VirtualServerSnapshot): Row {
  return {
    svname: "FRONTEND",
    status: server.inKernel ? "OPEN" : "STOP",
    type: TYPE_FRONTEND,
    sid: 0,
    rate: server.counters?.connectionsPerSecond,
    conn_rate: server.counters?.connectionsPerSecond,
    conn_tot: server.counters?.connections,
    scur: sum(members(server), (entry) => entry.activeConnections),
    ...traffic(server.counters, server.forwardingMethod),
  };
}

/** Everything that may have connections: the real servers and the sorry server. */
function members(server: VirtualServerSnapshot): { activeConnections: number; inactiveConnections: number }[] {
  return [...server.realServers, ...(server.sorryServer ? [server.sorryServer] : [])];
}

function realServerRow(entry: RealServerSnapshot, id: number, nowMs: number): Row {
  const { check, weight } = entry;
  return {
    svname: formatEndpoint(entry.address, entry.port),
    addr: formatEndpoint(entry.address, entry.port),
    status: serverStatusText(entry),
    type: TYPE_SERVER,
    sid: id,
    weight: weight.kernel ?? weight.effective,
    uweight: weight.configured,
    act: entry.backup ? 0 : 1,
    bck: entry.backup ? 1 : 0,
    scur: entry.activeConnections,
    slim: (entry.thresholds?.upper ?? 0) > 0 ? entry.thresholds?.upper : undefined,
    used_conn_cur: entry.activeConnections,
    rate: entry.counters?.connectionsPerSecond,
    lbtot: entry.counters?.connections,
    chkfail: entry.failedChecks,
    chkdown: entry.downTransitions,
    lastchg: seconds(nowMs - entry.sinceMs),
    downtime: seconds(entry.downtimeMs),
    ...(check && {
      check_status: check.status,
      check_code: check.code,
      check_duration: check.atMs === 0 ? undefined : Math.round(check.durationUs / 1000),
      check_desc: check.text,
      last_chk: check.text,
      check_rise: check.rise,
      check_fall: check.fall,
      check_health: health(entry),
    }),
    ipvs_active: entry.activeConnections,
    ipvs_inactive: entry.inactiveConnections,
    ipvs_persistent: entry.persistentConnections,
    ...traffic(entry.counters, entry.forwardingMethod),
  };
}

/** HAProxy counts from 0 to rise + fall - 1; from `rise` on the server is up. */
function health({ state, check }: RealServerSnapshot): number | undefined {
  if (check === undefined) return undefined;
  const isUp = state === "up" || state === "going-down";
  return isUp ? check.rise + check.fall - 1 - Math.min(check.consecutiveFailures, check.fall - 1) : 0;
}

function sorryServerRow(server: VirtualServerSnapshot, id: number): Row {
  const { sorryServer: sorry } = server;
  if (sorry === undefined) return {};
  return {
    svname: formatEndpoint(sorry.address, sorry.port),
    addr: formatEndpoint(sorry.address, sorry.port),
    status: SORRY_SERVER_STATUS,
    type: TYPE_SERVER,
    sid: id,
    weight: sorry.active ? 1 : 0,
    act: 0,
    bck: 1,
    scur: sorry.activeConnections,
    ipvs_active: sorry.activeConnections,
    ipvs_inactive: sorry.inactiveConnections,
    lbtot: sorry.counters?.connections,
    ...traffic(sorry.counters, server.forwardingMethod),
  };
}

function backendRow(server: VirtualServerSnapshot, nowMs: number): Row {
  const usable = server.realServers.filter((entry) => entry.weight.effective > 0);
  return {
    svname: "BACKEND",
    status: server.up ? "UP" : "DOWN",
    type: TYPE_BACKEND,
    sid: 0,
    weight: sum(usable, (entry) => entry.weight.effective),
    uweight: sum(server.realServers, (entry) => entry.weight.configured),
    act: usableServers(server).active,
    bck: usableServers(server).backup,
    scur: sum(members(server), (entry) => entry.activeConnections),
    chkdown: server.downTransitions,
    lastchg: seconds(nowMs - server.sinceMs),
    algo: server.scheduler,
    rate: server.counters?.connectionsPerSecond,
    lbtot: server.counters?.connections,
    ipvs_active: sum(members(server), (entry) => entry.activeConnections),
    ipvs_inactive: sum(members(server), (entry) => entry.inactiveConnections),
    ipvs_persistent: sum(server.realServers, (entry) => entry.persistentConnections),
    ...traffic(server.counters, server.forwardingMethod),
  };
}

/** What goes out is left empty where replies bypass the director: the kernel's 0 would be read as a number. */
function traffic(counters: TrafficCounters | undefined, forwardingMethod: string): Row {
  if (counters === undefined) return { ipvs_fwd: forwardingMethod };
  const out = forwardingMethod === "nat";
  return {
    stot: counters.connections,
    bin: counters.bytesIn,
    bout: out ? counters.bytesOut : undefined,
    ipvs_inpkts: counters.packetsIn,
    ipvs_outpkts: out ? counters.packetsOut : undefined,
    ipvs_cps: counters.connectionsPerSecond,
    ipvs_inpps: counters.packetsInPerSecond,
    ipvs_outpps: out ? counters.packetsOutPerSecond : undefined,
    ipvs_inbps: counters.bytesInPerSecond,
    ipvs_outbps: out ? counters.bytesOutPerSecond : undefined,
    ipvs_fwd: forwardingMethod,
  };
}

function sum<Item>(items: readonly Item[], pick: (item: Item) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

/** Quoted when it has to be; control characters, line ends among them, become spaces. */
function field(value: string | number | undefined): string {
  if (value === undefined) return "";
  // deno-lint-ignore no-control-regex -- removing them is the point
  const text = String(value).replace(/[\x00-\x1f\x7f]+/g, " ");
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
