// The stats page: one HTML document in the grammar of HAProxy's, VRRP on top. Works without scripts; holds none.
import type { FC } from "hono/jsx";
import type { NodeSnapshot, Snapshot } from "../ports/snapshot.ts";
import { formatDuration, formatMoment } from "./format.ts";
import { rollUp } from "./roll_up.ts";
import { VirtualServerTable } from "./virtual_server_table.tsx";
import { VrrpTable } from "./vrrp_table.tsx";

/** How the page is asked for. */
export interface StatsPageOptions {
  /** Wall clock in milliseconds since 1970. */
  readonly nowMs: number;
  /** How often the browser loads it again; undefined: only when asked to. */
  readonly refreshSeconds: number | undefined;
}

/** The whole document. Every text of the snapshot is escaped: check results come from the network. */
export function renderStatsPage(snapshot: Snapshot, options: StatsPageOptions): string {
  return `<!DOCTYPE html>${<Document snapshot={snapshot} {...options} />}`;
}

const Document: FC<{ snapshot: Snapshot } & StatsPageOptions> = ({ snapshot, nowMs, refreshSeconds }) => {
  const { node, vrrpInstances, virtualServers } = snapshot;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${summary(snapshot)} - ${node.routerId} - Holdfast`}</title>
        <link rel="stylesheet" href="/stats.css" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the tables</a>
        <Header node={node} nowMs={nowMs} refreshSeconds={refreshSeconds} />
        <main id="main">
          <Warnings node={node} nowMs={nowMs} />
          <Standby snapshot={snapshot} />
          <h2>VRRP instances</h2>
          {vrrpInstances.length > 0
            ? <VrrpTable instances={vrrpInstances} nowMs={nowMs} />
            : <p>No VRRP instance is configured, or the vrrp role is starting.</p>}
          <h2>Virtual servers</h2>
          {virtualServers.length > 0
            ? virtualServers.map((server) => (
              <section>
                <VirtualServerTable server={server} nowMs={nowMs} />
                <br />
              </section>
            ))
            : <p>No virtual server is configured, or the health role is starting.</p>}
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

/** The tab's title tells the worst, so that a page in the background is seen to turn bad. */
function summary({ vrrpInstances, virtualServers }: Snapshot): string {
  const faults = vrrpInstances.filter((instance) => instance.state === "fault").length;
  const down = virtualServers.filter((server) => rollUp(server) === "down").length;
  const degraded = virtualServers.filter((server) => rollUp(server) === "degraded").length;
  const parts = [
    faults > 0 ? `${faults} in fault` : "",
    down > 0 ? `${down} down` : "",
    degraded > 0 ? `${degraded} degraded` : "",
  ].filter((part) => part !== "");
  return parts.join(", ") || "all well";
}

const Header: FC<{ node: NodeSnapshot } & StatsPageOptions> = ({ node, nowMs, refreshSeconds }) => (
  <header>
    <h1>{`Holdfast ${node.version} on ${node.routerId}`}</h1>
    <dl class="facts">
      <Fact name="uptime" value={formatDuration(nowMs - node.startedAtMs)} />
      <Fact name="configuration" value={`#${node.generation}`} />
      {node.roles.map((role) => (
        <Fact
          name={role.name}
          value={`${role.state}${role.pid === undefined ? "" : ` (pid ${role.pid})`}${restarts(role.restarts)}`}
        />
      ))}
    </dl>
    <nav aria-label="page">
      <a href={refreshSeconds === undefined ? "/stats;norefresh" : "/stats"}>Refresh now</a>
      {refreshSeconds === undefined
        ? <a href="/stats">Enable refresh</a>
        : <a href="/stats;norefresh">Disable refresh</a>}
      <a href="/stats;csv;norefresh">CSV</a>
      <a href="/metrics">Metrics</a>
      <a href="/api/v1/status">JSON</a>
    </nav>
  </header>
);

const Fact: FC<{ name: string; value: string }> = ({ name, value }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

function restarts(count: number): string {
  if (count === 0) return "";
  return count === 1 ? ", restarted once" : `, restarted ${count} times`;
}

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

const Standby: FC<{ snapshot: Snapshot }> = ({ snapshot: { vrrpInstances } }) => {
  if (vrrpInstances.length === 0 || vrrpInstances.some((instance) => instance.state === "master")) return <></>;
  return (
    <div class="box">
      <p>Standby: this node is master of no VRRP instance and receives no traffic for its virtual addresses.</p>
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
  ["backup_up", "sorry server in use"],
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
