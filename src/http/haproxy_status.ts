// HAProxy in the API's words.
import { formatCount } from "./format.ts";
import { type HaproxyRow, isCurrent, numberIn, proxiesOf } from "./haproxy_rows.ts";
import type { HaproxySnapshot } from "../ports/snapshot.ts";
import { serverOverride } from "./status.ts";

/** What `/api/v1/status` says of it. */
export function haproxyStatus(haproxy: HaproxySnapshot): Record<string, unknown> {
  const { worker, statistics } = haproxy;
  return {
    state: haproxy.state,
    up: haproxy.up,
    ...(haproxy.pid !== undefined && { pid: haproxy.pid }),
    ...(worker && {
      worker: { pid: worker.pid, version: worker.version, startedAt: new Date(worker.startedAtMs).toISOString() },
    }),
    oldWorkers: haproxy.oldWorkers,
    restarts: haproxy.restarts,
    reloads: haproxy.reloads,
    current: isCurrent(haproxy),
    ...(statistics && { statisticsAt: new Date(statistics.atMs).toISOString() }),
    proxies: proxiesOf(haproxy).map(({ name, mode, frontend, servers, backend }) => ({
      name,
      engine: "haproxy",
      mode,
      ...(frontend && { frontend: { status: frontend.status ?? "", ...numbers(frontend) } }),
      ...(backend && {
        backend: {
          status: backend.status ?? "",
          ...(backend.algo && { scheduler: backend.algo }),
          ...numbers(backend),
        },
      }),
      servers: servers.map((row) => haproxyServer(row, haproxy)),
    })),
  };
}

/** One server. */
export function haproxyServer(row: HaproxyRow, { overrides }: HaproxySnapshot): Record<string, unknown> {
  const said = overrides?.find(({ backend, server }) => backend === row.pxname && server === row.svname);
  return {
    name: row.svname ?? "",
    ...(row.addr && { address: row.addr }),
    status: row.status ?? "",
    backup: row.bck === "1",
    ...(numberIn(row, "weight") !== undefined && { weight: numberIn(row, "weight") }),
    ...(row.check_status && { check: row.check_status.replace(/^\* /, "") }),
    ...(row.last_chk && { lastCheck: row.last_chk }),
    ...(said && { override: serverOverride(said.override) }),
    ...numbers(row),
  };
}

/** Names of the API for columns of HAProxy's. */
const NUMBERS = {
  sessions: "scur",
  sessionsTotal: "stot",
  bytesIn: "bin",
  bytesOut: "bout",
  queued: "qcur",
  connectionErrors: "econ",
  responseErrors: "eresp",
} as const;

function numbers(row: HaproxyRow): Record<string, number> {
  return Object.fromEntries(
    Object.entries(NUMBERS).flatMap(([name, column]) => {
      const value = numberIn(row, column);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** One line for people: `HAProxy 2.6.12 running (pid 12), 2 proxies, 3 of 4 servers up`. */
export function haproxyLine(haproxy: HaproxySnapshot): string {
  const proxies = proxiesOf(haproxy);
  const servers = proxies.flatMap((proxy) => proxy.servers);
  const up = servers.filter(({ status = "" }) => /^(?:UP|no check)/.test(status)).length;
  const version = haproxy.worker === undefined ? "" : ` ${haproxy.worker.version}`;
  const again = haproxy.restarts === 0 ? "" : `, started again ${haproxy.restarts} times`;
  const old = haproxy.oldWorkers === 0 ? "" : `, ${haproxy.oldWorkers} old workers`;
  return `HAProxy${version}: ${haproxy.state}${again}${old}, ${formatCount(proxies.length)} proxies, ` +
    `${formatCount(up)} of ${formatCount(servers.length)} servers up`;
}
