// What the api role counts of itself: requests by route, refusals, streams. Labels are routes, never paths.
import { Histogram, histogramIn } from "../base/histogram.ts";
import type { MetricFamilies } from "./metric_families.ts";

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Counters since the api role started. */
export class ApiStatistics {
  /** Streams of events that are open. */
  streams = 0;
  /** Requests refused because there were too many. */
  rateLimited = 0;
  readonly #requests = new Map<string, number>();
  readonly #seconds = new Map<string, Histogram>();
  readonly #authFailures = new Map<string, number>();
  readonly #lag = new Histogram(LAG_SECONDS);

  /** A request was answered. @param route its template, such as `/api/v1/vrrp/instances/:name` */
  request(route: string, method: string, code: number, seconds: number): void {
    count(this.#requests, `${route}\n${method}\n${code}`);
    histogramIn(this.#seconds, `${route}\n${method}`, REQUEST_SECONDS).observe(seconds);
  }

  /** Somebody was not believed. */
  authFailure(scheme: "basic" | "bearer", reason: string): void {
    count(this.#authFailures, `${scheme}\n${reason}`);
  }

  /** How much later than planned the event loop came round. */
  lag(seconds: number): void {
    this.#lag.observe(seconds);
  }

  addTo(families: MetricFamilies): void {
    for (const [key, value] of this.#requests) {
      const [route = "", method = "", code = ""] = key.split("\n");
      families.counter("api_requests_total", "Requests answered", value, { route, method, code });
    }
    for (const [key, histogram] of this.#seconds) {
      const [route = "", method = ""] = key.split("\n");
      const help = "Time until the answer began";
      families.histogram("api_request_duration_seconds", help, histogram.snapshot(), { route, method });
    }
    for (const [key, value] of this.#authFailures) {
      const [scheme = "", reason = ""] = key.split("\n");
      families.counter("api_auth_failures_total", "Callers that were not believed", value, { scheme, reason });
    }
    families.counter("api_rate_limited_total", "Requests refused because there were too many", this.rateLimited);
    families.gauge("api_sse_clients", "Streams of events that are open", this.streams);
    const lag = "How much later than planned the api role's event loop came round";
    families.histogram("event_loop_lag_seconds", lag, this.#lag.snapshot(), { component: "api" });
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
