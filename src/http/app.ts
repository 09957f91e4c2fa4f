// The routes of the read-only HTTP interface: health, status, metrics, page and its exports. Renders nothing itself.
import { Hono, type MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Snapshot } from "../ports/snapshot.ts";
import { renderCsv } from "./csv.ts";
import { hostGuard, problem, readOnlyGuard, securityHeaders } from "./guards.ts";
import { ApiStatistics } from "./api_statistics.ts";
import { METRICS_CONTENT_TYPES } from "./metric_families.ts";
import { metricsFormat, renderMetrics } from "./metrics.ts";
import { renderStatsPage } from "./stats_page.tsx";
import { statusOf } from "./status.ts";
import { STATS_CSS } from "./styles.ts";

/** How often a browser reloads the page; HAProxy's `stats refresh`. */
const REFRESH_SECONDS = 5;

/** What the application needs from its process. */
export interface AppOptions {
  /** The newest picture; asked once per request. */
  readonly snapshot: () => Snapshot;
  /** Wall clock in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Host names or addresses, beside the loopback ones, under which we may be asked. */
  readonly allowedHosts: readonly string[];
  /** Where requests are counted; default: in one of its own. */
  readonly statistics?: ApiStatistics;
}

/** The application; `fetch(request)` answers any request and never rejects. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const statistics = options.statistics ?? new ApiStatistics();
  app.use(countRequests(statistics));
  app.use(securityHeaders(), hostGuard(options.allowedHosts), readOnlyGuard());

  app.get("/", (context) => context.redirect("/stats", 302));
  app.get("/healthz", (context) => context.text("ok"));
  app.get("/api/v1/status", (context) => context.json(statusOf(options.snapshot(), options.wallMs())));
  app.get("/metrics", async (context) => {
    const format = metricsFormat(context.req.header("accept"));
    const text = await renderMetrics({ snapshot: options.snapshot(), api: statistics }, format);
    return context.body(text, 200, { "Content-Type": METRICS_CONTENT_TYPES[format] });
  });
  app.get("/stats.css", (context) => context.body(STATS_CSS, 200, { "Content-Type": "text/css; charset=utf-8" }));
  // HAProxy's page takes its options after semicolons, in any order, and ignores those that it does not know.
  app.get("/:page{stats(?:;.*)?}", (context) => {
    const pageOptions = context.req.param("page").split(";").slice(1);
    const nowMs = options.wallMs();
    if (pageOptions.includes("csv")) {
      const csv = renderCsv(options.snapshot(), nowMs);
      return context.body(csv, 200, { "Content-Type": "text/csv; charset=utf-8" });
    }
    const refreshSeconds = pageOptions.includes("norefresh") ? undefined : REFRESH_SECONDS;
    if (refreshSeconds !== undefined) context.header("Refresh", String(refreshSeconds));
    return context.html(renderStatsPage(options.snapshot(), { nowMs, refreshSeconds }));
  });

  app.notFound((context) => problem(context, 404, "Not Found", "there is nothing under this path"));
  app.onError((error, context) => {
    console.error(`api: ${context.req.path}:`, error);
    return problem(context, 500, "Internal Server Error", "the log of the api role says more");
  });
  return app;
}

/** Counts every reply by its route's template: paths of others' invention make no series. */
function countRequests(statistics: ApiStatistics): MiddlewareHandler {
  return async (context, next) => {
    const startMs = performance.now();
    await next();
    const template = matchedRoutes(context).findLast(({ path }) => path !== "/*")?.path ?? "other";
    const method = METHODS.has(context.req.method) ? context.req.method : "other";
    statistics.request(template, method, context.res.status, (performance.now() - startMs) / 1000);
  };
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
