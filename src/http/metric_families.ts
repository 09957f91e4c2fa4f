// The families of one scrape as Prometheus's text format or OpenMetrics. A family begins at its first value. With thousands of
// real servers there are tens of thousands of series: each is written once, as text, when it is told.
import type { HistogramSnapshot } from "../base/histogram.ts";

/** Labels of one series. */
export type Labels = Readonly<Record<string, string>>;

/** The text format that every Prometheus reads, and OpenMetrics. */
export type MetricsFormat = "text" | "openmetrics";

/** Content types of both. */
export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

type FamilyType = "counter" | "gauge" | "histogram";

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** By labels: two series of the same would make the whole scrape invalid. */
  readonly known: Set<string>;
  text: string;
}

/** The families of one scrape. */
export class MetricFamilies {
  readonly #families = new Map<string, Family>();
  /** By the name without prefix, which is what is looked up tens of thousands of times. */
  #byName = new Map<string, Family>();
  /** Values of labels as they are written: there are few, and each is written often. */
  readonly #escaped = new Map<string, string>();
  readonly #rows = new Set<string>();
  #prefix = "";

  /** From now on every name begins with this. */
  prefix(prefix: string): this {
    this.#prefix = prefix;
    this.#byName = new Map();
    return this;
  }

  /** Sets one series of a gauge. `help` counts at the first series of the family. */
  gauge(name: string, help: string, value: number, labels?: Labels): void {
    this.#add("gauge", name, help, labels, value);
  }

  /** Sets one series of a counter; the name ends in `_total`. */
  counter(name: string, help: string, value: number, labels?: Labels): void {
    this.#add("counter", name, help, labels, value);
  }

  /** A gauge that is 1 for the state that something is in and 0 for the others. */
  states(name: string, help: string, labels: Labels, states: readonly string[], state: string): void {
    for (const other of states) this.gauge(name, help, other === state ? 1 : 0, { ...labels, state: other });
  }

  /**
   * The series of one thing, whose labels are the same in all its families; undefined when it was told already.
   *
   * @param kind what is told in these families and in no other way
   */
  row(kind: string, labels: Labels): MetricRow | undefined {
    const text = this.#textOf(labels);
    const key = `${kind} ${text}`;
    if (this.#rows.has(key)) return undefined;
    this.#rows.add(key);
    return new MetricRow((type, name, help, value, more) => {
      if (!Number.isFinite(value)) return;
      const family = this.#family(type, name, help);
      let labels = text;
      for (let at = 0; at < more.length; at += 2) labels += `,${more[at]}="${this.#escape(more[at + 1] ?? "")}"`;
      family.text += `${family.name}{${labels}} ${value}\n`;
    });
  }

  /** Sets one histogram. */
  histogram(name: string, help: string, { bounds, counts, sum }: HistogramSnapshot, labels?: Labels): void {
    const family = this.#family("histogram", name, help);
    const common = this.#newSeries(family, labels);
    if (common === undefined) return;
    let total = 0;
    const before = common === "" ? "" : `${common},`;
    for (const [at, count] of counts.entries()) {
      total += count;
      family.text += `${family.name}_bucket{${before}le="${bounds[at] ?? "+Inf"}"} ${total}\n`;
    }
    const braced = common === "" ? "" : `{${common}}`;
    family.text += `${family.name}_sum${braced} ${sum}\n${family.name}_count${braced} ${total}\n`;
  }

  /** Everything, as it is served. @param more further families, written already */
  text(format: MetricsFormat, more = ""): string {
    const isOpen = format === "openmetrics";
    let all = "";
    for (const { name, help, type, text } of this.#families.values()) {
      // In OpenMetrics the family of a counter is named without the suffix that its series have.
      const title = isOpen && type === "counter" ? name.replace(/_total$/, "") : name;
      const line = help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
      all += `# HELP ${title} ${line}\n# TYPE ${title} ${type}\n${text}${isOpen ? "" : "\n"}`;
    }
    all += more;
    return isOpen ? `${all}# EOF\n` : `${all.trimEnd()}\n`;
  }

  #add(type: FamilyType, name: string, help: string, labels: Labels | undefined, value: number): void {
    if (!Number.isFinite(value)) return; // better no series than one that is not a number
    const family = this.#family(type, name, help);
    const text = this.#newSeries(family, labels);
    if (text !== undefined) {
      family.text += text === "" ? `${family.name} ${value}\n` : `${family.name}{${text}} ${value}\n`;
    }
  }

  /** The labels as they are written, or undefined when the family has a series of them already. */
  #newSeries(family: Family, labels: Labels | undefined): string | undefined {
    const text = labels === undefined ? "" : this.#textOf(labels);
    if (family.known.has(text)) return undefined;
    family.known.add(text);
    return text;
  }

  #textOf(labels: Labels): string {
    let text = "";
    for (const name in labels) {
      const label = `${name}="${this.#escape(labels[name] ?? "")}"`;
      text = text === "" ? label : `${text},${label}`;
    }
    return text;
  }

  #escape(value: string): string {
    let escaped = this.#escaped.get(value);
    if (escaped === undefined) this.#escaped.set(value, escaped = escapeLabel(value));
    return escaped;
  }

  #family(type: FamilyType, name: string, help: string): Family {
    let family = this.#byName.get(name);
    if (family !== undefined) return family;
    const full = this.#prefix + name;
    family = this.#families.get(full);
    if (family === undefined) {
      family = { name: full, help, type, known: new Set(), text: "" };
      this.#families.set(full, family);
    }
    this.#byName.set(name, family);
    return family;
  }
}

type Write = (type: FamilyType, name: string, help: string, value: number, more: readonly string[]) => void;

/** Writes the series of one thing: no two of the same name and labels. */
export class MetricRow {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Sets a gauge. @param more names and values of further labels, in turn */
  gauge(name: string, help: string, value: number, ...more: readonly string[]): void {
    this.#write("gauge", name, help, value, more);
  }

  /** Sets a counter; the name ends in `_total`. @param more as above */
  counter(name: string, help: string, value: number, ...more: readonly string[]): void {
    this.#write("counter", name, help, value, more);
  }
}

/** As both formats want it. Control characters, which no parser wants, become question marks. */
function escapeLabel(text: string): string {
  // deno-lint-ignore no-control-regex -- finding them is the point
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, "?").replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(
    /\n/g,
    "\\n",
  );
}
