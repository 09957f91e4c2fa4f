// Fills a prom-client registry value by value: a family is made at its first value, with the labels of that one.
import { Counter, Gauge, Registry } from "prom-client";

/** Labels of one series. */
export type Labels = Readonly<Record<string, string>>;

/** The families of one scrape. */
export class MetricFamilies {
  readonly registry: Registry;
  readonly #prefix: string;
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();

  /** @param prefix what every name begins with */
  constructor(prefix: string, registry: Registry = new Registry()) {
    this.#prefix = prefix;
    this.registry = registry;
  }

  /** Sets one series of a gauge. `help` counts at the first series of the family. */
  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    let family = this.#gauges.get(name);
    if (family === undefined) {
      family = new Gauge({ ...this.#describe(name, help, labels) });
      this.#gauges.set(name, family);
    }
    family.set(labels, value);
  }

  /** Sets one series of a counter, whose true count is elsewhere. Set each series once. */
  counter(name: string, help: string, value: number, labels: Labels = {}): void {
    let family = this.#counters.get(name);
    if (family === undefined) {
      family = new Counter({ ...this.#describe(name, help, labels) });
      this.#counters.set(name, family);
    }
    family.inc(labels, value);
  }

  #describe(name: string, help: string, labels: Labels): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    return { name: `${this.#prefix}${name}`, help, labelNames: Object.keys(labels), registers: [this.registry] };
  }
}
