// The routes of the read-only HTTP interface: health, status, metrics, page and its exports. Renders nothing itself.
import { Hono } from "hono";
import type { Snapshot } from "../ports/snapshot.ts";
import { renderCsv } from "./csv.ts";
import { hostGuard, problem, readOnlyGuard, securityHeaders } from "./guards.ts";
import { METRICS_CONTENT_TYPE, renderMetrics } from "./metrics.ts";
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
}

/** The application; `fetch(request)` answers any request and never rejects. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  app.use(securityHeaders(), hostGuard(options.allowedHosts), readOnlyGuard());

  app.get("/", (context) => context.redirect("/stats", 302));
  app.get("/healthz", (context) => context.text("ok"));
  app.get("/api/v1/status", (context) => context.json(statusOf(options.snapshot(), options.wallMs())));
  app.get("/metrics", async (context) => {
    const text = await renderMetrics(options.snapshot());
    return context.body(text, 200, { "Content-Type": METRICS_CONTENT_TYPE });
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
