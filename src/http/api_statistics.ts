// What the api role counts of itself: requests by route, refusals, streams. Labels are routes, never paths. These few are kept by
// prom-client; the tens of thousands of series about servers, whose true counts are elsewhere, are written by MetricFamilies.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MetricsFormat } from "./metric_families.ts";

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Counters since the api role started. */
export class ApiStatistics {
  /** Streams of events that are open. */
  streams = 0;
  /** Requests refused because there were too many. */
  rateLimited = 0;
  readonly #registry = new Registry();
  readonly #requests: Counter<"route" | "method" | "code">;
  readonly #seconds: Histogram<"route" | "method">;
  readonly #authFailures: Counter<"scheme" | "reason">;
  readonly #lag: Histogram<"component">;

  constructor() {
    const registers = [this.#registry];
    const common = (name: string, help: string): { name: string; help: string; registers: Registry[] } => {
      return { name: `holdfast_${name}`, help, registers };
    };
    this.#requests = new Counter({
      ...common("api_requests_total", "Requests answered"),
      labelNames: ["route", "method", "code"],
    });
    this.#seconds = new Histogram({
      ...common("api_request_duration_seconds", "Time until the answer began"),
      labelNames: ["route", "method"],
      buckets: REQUEST_SECONDS,
    });
    this.#authFailures = new Counter({
      ...common("api_auth_failures_total", "Callers that were not believed"),
      labelNames: ["scheme", "reason"],
    });
    this.#lag = new Histogram({
      ...common("event_loop_lag_seconds", "How much later than planned the api role's event loop came round"),
      labelNames: ["component"],
      buckets: LAG_SECONDS,
    });
    const now = { rateLimited: () => this.rateLimited, streams: () => this.streams };
    new Counter({
      ...common("api_rate_limited_total", "Requests refused because there were too many"),
      collect(): void {
        this.reset();
        this.inc(now.rateLimited());
      },
    });
    new Gauge({
      ...common("api_sse_clients", "Streams of events that are open"),
      collect(): void {
        this.set(now.streams());
      },
    });
  }

  /** A request was answered. @param route its template, such as `/api/v1/vrrp/instances/:name` */
  request(route: string, method: string, code: number, seconds: number): void {
    this.#requests.inc({ route, method, code });
    this.#seconds.observe({ route, method }, seconds);
  }

  /** Somebody was not believed. */
  authFailure(scheme: "basic" | "bearer" | "certificate", reason: string): void {
    this.#authFailures.inc({ scheme, reason });
  }

  /** How much later than planned the event loop came round. */
  lag(seconds: number): void {
    this.#lag.observe({ component: "api" }, seconds);
  }

  /** All of it as a part of a scrape, without the end of one. */
  async text(format: MetricsFormat): Promise<string> {
    const text = await this.#registry.metrics();
    if (format === "text") return text;
    // Asked for OpenMetrics, prom-client would rename its counters for good: in heads, their families have no suffix there.
    return text.replace(/^(# (?:HELP|TYPE) \S+)_total /gm, "$1 ").replace(/\n\n+/g, "\n");
  }
}
