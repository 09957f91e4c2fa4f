// /metrics: the snapshot as Prometheus reads it. Our own names for the node; those of VRRP, IPVS and checks, and those
// of other exporters, have files of their own.
import type { Snapshot } from "../ports/snapshot.ts";
import { addCheckMetrics } from "./metrics_checks.ts";
import { addCompatibleMetrics } from "./metrics_compat.ts";
import { addHaproxyMetrics } from "./metrics_haproxy.ts";
import { addVirtualServer } from "./metrics_ipvs.ts";
import { addVrrpMetrics } from "./metrics_vrrp.ts";
import { MetricFamilies, type MetricsFormat } from "./metric_families.ts";

/** What a scrape shows. */
export interface MetricsSource {
  readonly snapshot: Snapshot;
  /** What the api role counts of itself, as text of the same format. */
  readonly api?: string;
}

/** The format that an Accept header asks for: OpenMetrics when it names it at least as high as text. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  const quality = (type: string): number => {
    const entries = (accept ?? "").split(",").map((entry) => entry.trim());
    const found = entries.find((entry) => entry.split(";")[0]?.trim().toLowerCase() === type);
    if (found === undefined) return 0;
    const q = found.match(/;\s*q=([0-9.]+)/i)?.[1];
    return q === undefined ? 1 : Number(q);
  };
  const open = quality("application/openmetrics-text");
  return open > 0 && open >= quality("text/plain") ? "openmetrics" : "text";
}

/** All metrics of one moment, made anew each time: what is gone from the snapshot is gone from here. */
export function renderMetrics({ snapshot, api }: MetricsSource, format: MetricsFormat = "text"): string {
  const families = new MetricFamilies().prefix("holdfast_");
  addNode(families, snapshot);
  addVrrpMetrics(families, snapshot.vrrpInstances);
  for (const server of snapshot.virtualServers) addVirtualServer(families, server, snapshot.vrrpInstances);
  if (snapshot.healthStatistics !== undefined) addCheckMetrics(families, snapshot.healthStatistics);
  if (snapshot.haproxy !== undefined) addHaproxyMetrics(families, snapshot.haproxy);
  addCompatibleMetrics(families, snapshot);
  return families.text(format, api);
}

function addNode(families: MetricFamilies, { node }: Snapshot): void {
  families.gauge("build_info", "Version of this program; always 1", 1, { version: node.version });
  families.gauge("start_time_seconds", "When the supervisor started, Unix time", node.startedAtMs / 1000);
  families.gauge("config_generation", "1 after start, one more with each configuration taken over", node.generation);
  families.gauge("warnings", "Lasting conditions that want attention", node.warnings.length);
  const rejected = node.warnings.some(({ code }) => code === "reload-rejected");
  families.gauge("config_last_reload_success", "0 while the configuration on disk was refused", rejected ? 0 : 1);
  if (node.reloads !== undefined) {
    const { accepted, rejected, lastAcceptedAtMs } = node.reloads;
    const when = "When the configuration in use was taken over, Unix time";
    families.gauge("config_last_reload_success_timestamp_seconds", when, lastAcceptedAtMs / 1000);
    families.counter("config_reloads_total", "Reloads since the start", accepted, { result: "ok" });
    families.counter("config_reloads_total", "", rejected, { result: "rejected" });
  }
  for (const { name: component, state, restarts } of node.roles) {
    families.gauge("component_up", "Whether a role is running", state === "running" ? 1 : 0, { component });
    const help = "How often a role died and was started again";
    families.counter("component_restarts_total", help, restarts, { component });
  }
  for (const { component, cpuSeconds, residentBytes, openFiles } of node.processes ?? []) {
    families.counter("process_cpu_seconds_total", "Processor time used", cpuSeconds, { component });
    families.gauge("process_resident_memory_bytes", "Memory held", residentBytes, { component });
    families.gauge("process_open_fds", "Descriptors open", openFiles, { component });
  }
}
