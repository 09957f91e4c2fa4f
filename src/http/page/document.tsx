// The stats page: one HTML document in the grammar of HAProxy's, VRRP on top. Whole without scripts; with one it is kept up
// to date in place.
import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import type { HaproxySnapshot, NodeSnapshot, Snapshot } from "../../ports/snapshot.ts";
import { formatDuration, formatMoment } from "../format.ts";
import { AdminForm, HAPROXY_VERBS, ResultBanner, type ResultCode, VERBS } from "./admin_form.tsx";
import { tableHtml } from "./markup.ts";
import type { Table } from "./model.ts";
import { filtered, isStandby, type PageFilter, type PageModel, pageModel, type PageSource } from "./page_model.ts";

/** How the page is asked for. */
export interface StatsPageOptions {
  /** Wall clock in milliseconds since 1970. */
  readonly nowMs: number;
  readonly filter: PageFilter;
  /** How often a browser without scripts loads it again; undefined: only when asked to, with scripts too. */
  readonly refreshSeconds: number | undefined;
  /** Who looks at it, where that is somebody. */
  readonly viewer?: string | undefined;
  /** The token of the form, for those who may use it. */
  readonly formToken?: string | undefined;
  /** Somebody could become known here. */
  readonly mayLogIn?: boolean;
  /** What came of a form. */
  readonly result?: ResultCode | undefined;
}

/** The whole document. Every text of the snapshot is escaped: check results come from the network. */
export function renderStatsPage(source: PageSource, options: StatsPageOptions): string {
  return `<!DOCTYPE html>${<Document source={source} {...options} />}`;
}

const Document: FC<{ source: PageSource } & StatsPageOptions> = ({ source, ...options }) => {
  const { snapshot } = source;
  const { nowMs, filter, refreshSeconds, formToken, result } = options;
  const whole = pageModel(source);
  const { title, layout, facts } = whole;
  const wanted = filtered(snapshot, filter);
  const shown = wanted === snapshot ? whole : pageModel({ ...source, snapshot: wanted });
  const live = refreshSeconds === undefined ? "no" : "yes";
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/stats.css" />
        <script src="/stats.js" defer></script>
        {/* What is checked would be lost. */}
        {refreshSeconds !== undefined && formToken === undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshSeconds)} />
          </noscript>
        )}
      </head>
      <body data-now={String(nowMs)} data-layout={layout} data-live={live}>
        <a class="skip" href="#main">Skip to the tables</a>
        <header>
          <Header node={snapshot.node} haproxy={snapshot.haproxy} facts={facts} {...options} />
        </header>
        <main id="main">
          {result !== undefined && <ResultBanner code={result} />}
          <Warnings node={snapshot.node} nowMs={nowMs} />
          {isStandby(snapshot) && (
            <div class="box">
              <p>Standby: this node is master of no VRRP instance and receives no traffic for its virtual addresses.</p>
            </div>
          )}
          <h2>VRRP instances</h2>
          {shown.vrrp.rows.length > 0
            ? <View table={shown.vrrp} nowMs={nowMs} />
            : <p>No VRRP instance is configured, or the vrrp role is starting.</p>}
          <h2>Virtual servers</h2>
          <Options filter={filter} live={live} />
          {shown.virtualServers.map((table) => (
            <section>
              {formToken === undefined || table.rows.every(({ select }) => select === undefined)
                ? <View table={table} nowMs={nowMs} />
                : (
                  <AdminForm
                    id={table.id}
                    backend={table.formName ?? table.tab.text}
                    verbs={table.formName === undefined ? VERBS : HAPROXY_VERBS}
                    action={pageUrl(filter, live === "yes")}
                    token={formToken}
                  >
                    <View table={table} nowMs={nowMs} selects />
                  </AdminForm>
                )}
            </section>
          ))}
          {shown.virtualServers.length === 0 && <p>{whyNoServers(snapshot)}</p>}
          <h2>Last transitions</h2>
          <View table={shown.timeline} nowMs={nowMs} />
          <Legend />
        </main>
        <footer>
          {`${
            formatMoment(nowMs)
          }. Counters and sessions are the kernel's; bytes out are blank where replies bypass the director.`}
        </footer>
      </body>
    </html>
  );
};

function whyNoServers({ virtualServers, haproxy }: Snapshot): string {
  if (virtualServers.length > 0 || (haproxy?.statistics?.rows.length ?? 0) > 0) {
    return "No virtual server has that in its name, or all that do are hidden.";
  }
  return "No virtual server is configured, or the health role is starting.";
}

const View: FC<{ table: Table; nowMs: number; selects?: boolean }> = ({ table, nowMs, selects }) => (
  <>{raw(tableHtml(table, nowMs, selects))}</>
);

/** The address of the page with its options, in HAProxy's grammar. */
export function pageUrl(
  { hidesDown, hidesMaintenance, scope }: PageFilter,
  isLive: boolean,
  result?: ResultCode,
): string {
  const parts = [
    "/stats",
    ...(hidesDown ? ["up"] : []),
    ...(hidesMaintenance ? ["no-maint"] : []),
    ...(isLive ? [] : ["norefresh"]),
    ...(result === undefined ? [] : [`st=${result}`]),
  ];
  return parts.join(";") + (scope === "" ? "" : `?scope=${encodeURIComponent(scope)}`);
}

type HeaderFacts =
  & { node: NodeSnapshot; haproxy: HaproxySnapshot | undefined; facts: PageModel["facts"] }
  & StatsPageOptions;

const Header: FC<HeaderFacts> = ({ node, haproxy, facts, nowMs, filter, refreshSeconds, viewer, mayLogIn }) => (
  <>
    <h1>{`Holdfast ${node.version} on ${node.routerId}`}</h1>
    <dl class="facts">
      <div>
        <dt>uptime</dt>
        <dd>
          <time data-since={String(node.startedAtMs)}>{formatDuration(nowMs - node.startedAtMs)}</time>
        </dd>
      </div>
      <Fact name="configuration" value={`#${node.generation}`} />
      {node.roles.map((role) => (
        <Fact
          name={role.name}
          value={`${role.state}${role.pid === undefined ? "" : ` (pid ${role.pid})`}${restarts(role.restarts)}`}
        />
      ))}
      {haproxy !== undefined && <Fact name="haproxy" value={haproxyFact(haproxy)} />}
      {facts.map((fact) => <Fact {...fact} />)}
    </dl>
    <nav aria-label="page">
      <span id="live" role="status"></span>
      <a href={pageUrl(filter, refreshSeconds !== undefined)}>Refresh now</a>
      {refreshSeconds === undefined
        ? <a href={pageUrl(filter, true)}>Enable refresh</a>
        : <a href={pageUrl(filter, false)}>Disable refresh</a>}
      <a href="/stats;csv;norefresh">CSV</a>
      <a href="/stats;json;norefresh">JSON</a>
      <a href="/metrics">Metrics</a>
      <a href="/api/v1/status">API</a>
      {viewer !== undefined && <span>{viewer}</span>}
      {mayLogIn && <a href="/login">Log in</a>}
    </nav>
  </>
);

const Fact: FC<{ name: string; value: string }> = ({ name, value }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

function haproxyFact({ state, worker, pid, restarts: count, oldWorkers }: HaproxySnapshot): string {
  const version = worker === undefined ? "" : `${worker.version} `;
  const old = oldWorkers === 0 ? "" : `, ${oldWorkers} old workers`;
  return `${version}${state}${pid === undefined ? "" : ` (pid ${pid})`}${old}${restarts(count)}`;
}

function restarts(count: number): string {
  if (count === 0) return "";
  return count === 1 ? ", restarted once" : `, restarted ${count} times`;
}

/** HAProxy's display options: scope, and whether servers that are down are shown. */
const Options: FC<{ filter: PageFilter; live: string }> = ({ filter, live }) => (
  <form class="options" method="get" action={pageUrl({ ...filter, scope: "" }, live === "yes")}>
    <label>
      Scope <input name="scope" maxlength={64} value={filter.scope} autocomplete="off" />
    </label>
    <button type="submit">Filter</button>
    {filter.scope !== "" && <a href={pageUrl({ ...filter, scope: "" }, live === "yes")}>Show all</a>}
    {filter.hidesDown
      ? <a href={pageUrl({ ...filter, hidesDown: false }, live === "yes")}>Show all servers</a>
      : <a href={pageUrl({ ...filter, hidesDown: true }, live === "yes")}>Hide 'DOWN' servers</a>}
  </form>
);

const Warnings: FC<{ node: NodeSnapshot; nowMs: number }> = ({ node, nowMs }) => {
  if (node.warnings.length === 0) return <></>;
  return (
    <div class="box" role="alert">
      <ul>
        {node.warnings.map((warning) => <li>{`${warning.message} (for ${formatDuration(nowMs - warning.sinceMs)})`}
        </li>)}
      </ul>
    </div>
  );
};

const LEGEND = [
  ["active_up", "UP"],
  ["active_going_down", "UP, going down"],
  ["active_going_up", "DOWN, going up"],
  ["active_down", "DOWN"],
  ["active_draining", "DRAIN (weight 0)"],
  ["active_no_check", "not checked"],
  ["maintain", "MAINT"],
  ["backup_up", "backup UP, or sorry server in use"],
] as const;

const Legend: FC = () => (
  <ul class="legend" aria-label="colours">
    {LEGEND.map(([name, text]) => (
      <li class={name}>
        <span>{text}</span>
      </li>
    ))}
  </ul>
);
