// The families of one scrape for prom-client's registry, from values whose true count is elsewhere. A family begins at its
// first value. prom-client's own counters and gauges would look up every series again; these hand it the finished list.
import { type Metric, Registry } from "prom-client";
import type { HistogramSnapshot } from "../base/histogram.ts";

/** Labels of one series. */
export type Labels = Readonly<Record<string, string>>;

/** The text format that every Prometheus reads, and OpenMetrics. */
export type MetricsFormat = "text" | "openmetrics";

/** Content types of both. */
export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

type FamilyType = "counter" | "gauge" | "histogram";

/** One line of a family, as prom-client writes it. */
interface Series {
  readonly labels: Labels;
  readonly value: number;
  /** Where it is not that of the family. */
  readonly metricName?: string;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** By labels: two series of the same would make the whole scrape invalid. */
  readonly known: Set<string>;
  readonly series: Series[];
}

/** The families of one scrape. */
export class MetricFamilies {
  readonly #families = new Map<string, Family>();
  #prefix = "";

  /** From now on every name begins with this. */
  prefix(prefix: string): this {
    this.#prefix = prefix;
    return this;
  }

  /** Sets one series of a gauge. `help` counts at the first series of the family. */
  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#add("gauge", name, help, labels, value);
  }

  /** Sets one series of a counter; the name ends in `_total`. */
  counter(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#add("counter", name, help, labels, value);
  }

  /** A gauge that is 1 for the state that something is in and 0 for the others. */
  states(name: string, help: string, labels: Labels, states: readonly string[], state: string): void {
    for (const other of states) this.gauge(name, help, other === state ? 1 : 0, { ...labels, state: other });
  }

  /** Sets one histogram. */
  histogram(name: string, help: string, { bounds, counts, sum }: HistogramSnapshot, labels: Labels = {}): void {
    const family = this.#family("histogram", name, help);
    const clean = this.#newSeries(family, labels);
    if (clean === undefined) return;
    let total = 0;
    for (const [at, count] of counts.entries()) {
      total += count;
      const le = String(bounds[at] ?? "+Inf");
      family.series.push({ metricName: `${family.name}_bucket`, labels: { ...clean, le }, value: total });
    }
    family.series.push({ metricName: `${family.name}_sum`, labels: clean, value: sum });
    family.series.push({ metricName: `${family.name}_count`, labels: clean, value: total });
  }

  /** Everything, as it is served. */
  async text(format: MetricsFormat): Promise<string> {
    const registry = new Registry();
    if (format === "openmetrics") registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    for (const { name, help, type, series } of this.#families.values()) {
      // In OpenMetrics the family of a counter is named without the suffix, which prom-client adds to each series.
      const title = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
      const values = { name: title, help, type, values: series, aggregator: "sum" };
      registry.registerMetric({ name, get: () => Promise.resolve(values) } as unknown as Metric);
    }
    const text = await registry.metrics();
    return format === "openmetrics" ? text : `${text.trimEnd()}\n`;
  }

  #add(type: FamilyType, name: string, help: string, labels: Labels, value: number): void {
    if (!Number.isFinite(value)) return; // better no series than one that is not a number
    const family = this.#family(type, name, help);
    const clean = this.#newSeries(family, labels);
    if (clean !== undefined) family.series.push({ labels: clean, value });
  }

  /** Labels that can be written, or undefined when the family has a series of them already. */
  #newSeries(family: Family, labels: Labels): Labels | undefined {
    const clean: Record<string, string> = {};
    let key = "";
    for (const name in labels) {
      const value = printable(labels[name] ?? "");
      clean[name] = value;
      key += `${name}=${value}\n`;
    }
    if (family.known.has(key)) return undefined;
    family.known.add(key);
    return clean;
  }

  #family(type: FamilyType, name: string, help: string): Family {
    const full = this.#prefix + name;
    let family = this.#families.get(full);
    if (family === undefined) {
      family = { name: full, help, type, known: new Set(), series: [] };
      this.#families.set(full, family);
    }
    return family;
  }
}

/** Control characters, which no parser wants, become question marks; prom-client escapes the rest. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- finding them is the point
  return /[\x00-\x09\x0b-\x1f\x7f]/.test(text) ? text.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, "?") : text;
}
