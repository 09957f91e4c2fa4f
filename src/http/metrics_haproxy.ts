// The metrics of HAProxy and of its proxies, under our own names. What it said before it fell silent is left out.
import type { HaproxySnapshot } from "../ports/snapshot.ts";
import { type HaproxyProxy, type HaproxyRow, isCurrent, numberIn, proxiesOf } from "./haproxy_rows.ts";
import type { Labels, MetricFamilies } from "./metric_families.ts";

/** Counters and gauges of every row: our name, HAProxy's column, and what it is. */
const COUNTERS = [
  ["haproxy_sessions_total", "stot", "Sessions"],
  ["haproxy_bytes_in_total", "bin", "Bytes of requests"],
  ["haproxy_bytes_out_total", "bout", "Bytes of responses"],
  ["haproxy_requests_denied_total", "dreq", "Requests denied"],
  ["haproxy_request_errors_total", "ereq", "Requests that were wrong"],
  ["haproxy_connection_errors_total", "econ", "Connections to servers that failed"],
  ["haproxy_response_errors_total", "eresp", "Responses that were wrong"],
  ["haproxy_retries_total", "wretr", "Connections to servers that were tried again"],
  ["haproxy_http_requests_total", "req_tot", "HTTP requests"],
  ["haproxy_check_failures_total", "chkfail", "Checks that failed while up"],
  ["haproxy_check_up_down_total", "chkdown", "Changes from up to down"],
] as const;
const GAUGES = [
  ["haproxy_sessions", "scur", "Sessions now"],
  ["haproxy_queue", "qcur", "Requests that wait for a server"],
  ["haproxy_weight", "weight", "Weight in use"],
] as const;
const CODES = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"] as const;

/** Everything about it. */
export function addHaproxyMetrics(families: MetricFamilies, haproxy: HaproxySnapshot): void {
  families.gauge("haproxy_up", "Whether HAProxy serves, as instances that track it are told", haproxy.up ? 1 : 0);
  families.counter("haproxy_restarts_total", "How often it ended and was started again", haproxy.restarts);
  const reloads = "Configurations of HAProxy taken over and refused";
  families.counter("haproxy_reloads_total", reloads, haproxy.reloads.accepted, { result: "ok" });
  families.counter("haproxy_reloads_total", reloads, haproxy.reloads.rejected, { result: "rejected" });
  families.gauge("haproxy_old_workers", "Workers of earlier configurations with connections", haproxy.oldWorkers);
  const { worker } = haproxy;
  if (worker !== undefined) {
    families.gauge("haproxy_info", "Its version; always 1", 1, { version: worker.version });
    const when = "When its worker started, Unix time";
    families.gauge("haproxy_start_time_seconds", when, Math.round(worker.startedAtMs / 1000));
  }
  if (!isCurrent(haproxy)) return;
  for (const proxy of proxiesOf(haproxy)) addProxy(families, proxy);
}

function addProxy(families: MetricFamilies, { name: proxy, frontend, servers, backend }: HaproxyProxy): void {
  if (frontend !== undefined) addRow(families, frontend, { proxy, kind: "frontend", server: "" });
  if (backend !== undefined) addRow(families, backend, { proxy, kind: "backend", server: "" });
  for (const row of servers) addRow(families, row, { proxy, kind: "server", server: row.svname ?? "" });
}

function addRow(families: MetricFamilies, row: HaproxyRow, labels: Labels): void {
  const isUp = /^(?:UP|OPEN|no check|DRAIN|NOLB)/.test(row.status ?? "");
  families.gauge("haproxy_status", "Whether a frontend, backend or server is up", isUp ? 1 : 0, labels);
  for (const [name, column, help] of GAUGES) add("gauge", name, help, numberIn(row, column));
  for (const [name, column, help] of COUNTERS) add("counter", name, help, numberIn(row, column));
  for (const code of CODES) {
    const value = numberIn(row, `hrsp_${code}`);
    if (value !== undefined) {
      families.counter("haproxy_http_responses_total", "HTTP responses", value, { ...labels, code });
    }
  }

  function add(kind: "gauge" | "counter", name: string, help: string, value: number | undefined): void {
    if (value !== undefined) families[kind](name, help, value, labels);
  }
}
