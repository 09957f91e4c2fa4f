// A histogram of fixed buckets, as Prometheus has them: counts what is at most each bound. Plain arithmetic.

/** A histogram at one moment. */
export interface HistogramSnapshot {
  /** Upper ends of the buckets, ascending; the last bucket has none. */
  readonly bounds: readonly number[];
  /** Observations of each bucket alone; one more than `bounds`. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts observations. Observing allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper ends of the buckets, ascending, in the unit of the observations */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Counts one observation. */
  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  /** What was counted so far. */
  snapshot(): HistogramSnapshot {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}

/** Snapshots of histograms by name. */
export function histogramsOf(histograms: ReadonlyMap<string, Histogram>): Record<string, HistogramSnapshot> {
  return Object.fromEntries([...histograms].map(([name, histogram]) => [name, histogram.snapshot()]));
}

/** The histogram of that name, made when there is none yet. */
export function histogramIn(histograms: Map<string, Histogram>, name: string, bounds: readonly number[]): Histogram {
  let histogram = histograms.get(name);
  if (histogram === undefined) {
    histogram = new Histogram(bounds);
    histograms.set(name, histogram);
  }
  return histogram;
}
