// The routes of the HTTP interface: health, API, metrics, page and its exports. Renders nothing itself.
import { Hono, type MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { RunningConfig, Snapshot } from "../ports/snapshot.ts";
import { accessGuard, type AccessPolicy, isStatsPage, LOGIN_PATH, READ_ONLY } from "./access.ts";
import { callerOf } from "./caller.ts";
import { NO_OPERATIONS, type ShownToken } from "../ports/commands.ts";
import { bodyDrain, concurrencyGuard, hostGuard, securityHeaders, writeGuard } from "./guards.ts";
import { addEventStream } from "./api/journal_operations.ts";
import { API_BASE } from "./api/openapi.ts";
import type { ApiSource } from "./api/operation.ts";
import { addApiRoutes, operationAt } from "./api/routes.ts";
import { ApiStatistics } from "./api_statistics.ts";
import { METRICS_CONTENT_TYPES } from "./metric_families.ts";
import { metricsFormat, renderMetrics } from "./metrics.ts";
import { addStatsPage } from "./page/routes.ts";
import { STATS_JS } from "./page/script.ts";
import { problem } from "./problem.ts";
import { STATS_CSS } from "./page/styles.ts";
import { Watch } from "./watch.ts";

/** Requests answered at a time. */
const MAX_REQUESTS = 256;

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
  /** Who may do what; default: anybody may read. */
  readonly access?: AccessPolicy;
  /** The running configuration, once the supervisor has said it. */
  readonly config?: () => RunningConfig | undefined;
  /** What operators did; default: nothing. */
  readonly operations?: ApiSource["operations"];
  /** The tokens that there are; default: none. */
  readonly tokens?: () => readonly ShownToken[];
  /** Asks the supervisor; default: nobody is there to be asked. */
  readonly command?: ApiSource["command"];
  /** What sees the pictures go by; default: one that sees none. */
  readonly watch?: Watch;
}

/** The application; `fetch(request)` answers any request and never rejects. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const statistics = options.statistics ?? new ApiStatistics();
  const watch = options.watch ?? new Watch(options.snapshot, statistics);
  app.use(countRequests(statistics));
  app.use(securityHeaders(), bodyDrain(), concurrencyGuard(MAX_REQUESTS, () => statistics.rateLimited++));
  app.use(
    hostGuard(options.allowedHosts),
    accessGuard(options.access ?? READ_ONLY),
    writeGuard(isStatsPage, (method, path) => operationAt(method, path)?.takesBytes === true),
  );

  app.get("/", (context) => context.redirect("/stats", 302));
  app.get("/healthz", (context) => context.text("ok"));
  app.get("/livez", (context) => context.text("ok"));
  app.get("/readyz", (context) => {
    const { vrrpInstances, node } = options.snapshot();
    const isMaster = vrrpInstances.some(({ state }) => state === "master");
    const runs = node.roles.every(({ name, state }) => state === "running" || (name !== "api" && state === "stopped"));
    const isReady = runs && node.roles.length > 0 && (context.req.query("role") !== "master" || isMaster);
    return isReady ? context.text("ok") : context.text("no", 503);
  });
  addEventStream(app, API_BASE, watch);
  app.get(LOGIN_PATH, (context) => context.redirect("/stats", 302));
  const source: ApiSource = {
    ...options,
    watch,
    config: options.config ?? (() => undefined),
    operations: options.operations ?? (() => NO_OPERATIONS),
    tokens: options.tokens ?? (() => []),
    command: options.command ?? NOBODY,
  };
  addApiRoutes(app, source);
  app.get("/metrics", async (context) => {
    const format = metricsFormat(context.req.header("accept"));
    const api = await statistics.text(format);
    const text = renderMetrics({ snapshot: options.snapshot(), api }, format);
    return context.body(text, 200, { "Content-Type": METRICS_CONTENT_TYPES[format] });
  });
  app.get("/stats.css", (context) => context.body(STATS_CSS, 200, { "Content-Type": "text/css; charset=utf-8" }));
  app.get("/stats.js", (context) => context.body(STATS_JS, 200, { "Content-Type": "text/javascript; charset=utf-8" }));
  app.get("/stats/history", (context) => context.json(watch.history.all()));
  app.get("/stats/live", (context) => {
    // Nobody would ever read, nor close, the stream of a HEAD.
    if (context.req.method === "HEAD") return context.body(null);
    const stream = watch.live.connect(watch.leashes.of(callerOf(context)));
    if (stream === undefined) return problem(context, 503, "too many pages are open");
    return context.body(stream, 200, { "Content-Type": "text/event-stream; charset=utf-8" });
  });
  addStatsPage(app, source, options.access ?? READ_ONLY);

  app.notFound((context) => problem(context, 404, "there is nothing under this path"));
  app.onError((error, context) => {
    console.error(`api: ${context.req.path}:`, error);
    return problem(context, 500, "the log of the api role says more");
  });
  return app;
}

const NOBODY: ApiSource["command"] = () =>
  Promise.resolve({ ok: false, status: 503, message: "nobody is there to carry it out" });

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
