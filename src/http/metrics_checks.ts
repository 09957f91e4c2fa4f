// The metrics of checks and of the kernel's table, under our own names.
import type { CheckSeries, HealthStatistics } from "../ports/snapshot.ts";
import type { Labels, MetricFamilies } from "./metric_families.ts";

/** What the health role counts beside its servers. */
export function addCheckMetrics(families: MetricFamilies, statistics: HealthStatistics): void {
  for (const series of statistics.checks) addSeries(families, series);
  for (const { vs, to, histogram } of statistics.reactions) {
    const help = "From the first result against the state to the changed table";
    families.histogram("check_reaction_seconds", help, histogram, { vs, to });
  }
  const delay = "From when a check was due to when it began";
  families.histogram("check_schedule_delay_seconds", delay, statistics.scheduleDelay);
  families.gauge("check_inflight", "Checks that run now", statistics.inFlight);
  families.counter("check_overruns_total", "Checks cut off at their limit", statistics.overruns);
  for (const [op, histogram] of Object.entries(statistics.table)) {
    families.histogram("ipvs_apply_seconds", "Time to read or change the kernel's table", histogram, { op });
  }
  const drift = "Times that others had changed the table and it was put right";
  families.counter("ipvs_drift_total", drift, statistics.drifts);
}

/** Without `rs` where there are so many real servers that they are counted together. */
function addSeries(families: MetricFamilies, { vs, rs, type, results, durations }: CheckSeries): void {
  const labels: Labels = { vs, ...(rs === undefined ? {} : { rs }), type };
  for (const [reason, count] of Object.entries(results)) {
    const result = reason.endsWith("OK") ? "ok" : reason.endsWith("TOUT") ? "timeout" : "fail";
    families.counter("check_results_total", "Results of checks, in HAProxy's words", count, {
      ...labels,
      result,
      reason,
    });
  }
  for (const [result, histogram] of Object.entries(durations)) {
    families.histogram("check_duration_seconds", "How long checks took", histogram, { ...labels, result });
  }
}
