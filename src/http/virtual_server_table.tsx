// The table of one virtual server: a Frontend row, its real servers, the sorry server, a Backend row, as on HAProxy's page.
import type { FC } from "hono/jsx";
import { formatEndpoint } from "../base/ip.ts";
import type { TrafficCounters } from "../core/ipvs/table.ts";
import type { CheckSnapshot, RealServerSnapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";
import { formatBytes, formatCount, formatDuration, formatMoment } from "./format.ts";
import { rollUp } from "./roll_up.ts";
import { serverClass, serverStatusText, SORRY_SERVER_STATUS } from "./server_status.ts";

/** One virtual server. */
export const VirtualServerTable: FC<{ server: VirtualServerSnapshot; nowMs: number }> = ({ server, nowMs }) => {
  // Replies of dr and tun bypass the director: the kernel counts none, and 0 would be a lie.
  const showOut = server.forwardingMethod === "nat";
  return (
    <div class="scroll" role="region" aria-label={`virtual server ${server.name}`} tabindex={0}>
      <table id={server.name.replaceAll(" ", "-")}>
        <caption>
          <span class={`tab ${rollUp(server)}`}>{server.name}</span>
          <span class="detail">{describe(server)}</span>
        </caption>
        <thead>
          <tr>
            <th rowspan={2} scope="col">Server</th>
            <th colspan={4} scope="colgroup">Status</th>
            <th colspan={2} scope="colgroup">Weight</th>
            <th colspan={4} scope="colgroup">Sessions</th>
            <th colspan={2} scope="colgroup">Bytes</th>
            <th colspan={2} scope="colgroup">Bytes/s</th>
            <th colspan={2} scope="colgroup">Packets</th>
            <th colspan={3} scope="colgroup">Checks</th>
          </tr>
          <tr>{COLUMNS.map((column) => <th scope="col">{column}</th>)}</tr>
        </thead>
        <tbody>
          <FrontendRow server={server} showOut={showOut} />
          {server.realServers.map((entry) => <RealServerRow entry={entry} nowMs={nowMs} />)}
          {server.sorryServer && <SorryServerRow server={server} showOut={showOut} />}
          <BackendRow server={server} nowMs={nowMs} showOut={showOut} />
        </tbody>
      </table>
    </div>
  );
};

const COLUMNS = [
  ...["State", "Since", "LastChk", "Act/Bck"],
  ...["Eff", "Conf"],
  ...["Rate", "Active", "Inact", "Total"],
  ...["In", "Out"],
  ...["In", "Out"],
  ...["In", "Out"],
  ...["Failed", "Downs", "Downtime"],
];

function describe(server: VirtualServerSnapshot): string {
  const persistence = server.persistenceTimeoutSeconds > 0 ? `, persistent ${server.persistenceTimeoutSeconds} s` : "";
  const kernel = server.inKernel ? "" : ", not in the kernel";
  return `${server.forwardingMethod.toUpperCase()}, ${server.scheduler}${persistence}${kernel}`;
}

const FrontendRow: FC<{ server: VirtualServerSnapshot; showOut: boolean }> = ({ server, showOut }) => (
  <tr class="summary">
    <th scope="row">Frontend</th>
    <td class="text">{server.inKernel ? "OPEN" : "STOP"}</td>
    <td></td>
    <td></td>
    <td></td>
    <td></td>
    <td></td>
    <td>{count(server.counters?.connectionsPerSecond)}</td>
    <td></td>
    <td></td>
    <td>{count(server.counters?.connections)}</td>
    <Traffic counters={server.counters} showOut={showOut} />
    <td></td>
    <td></td>
    <td></td>
  </tr>
);

const RealServerRow: FC<{ entry: RealServerSnapshot; nowMs: number }> = ({ entry, nowMs }) => (
  <tr class={serverClass(entry)}>
    <th scope="row">{formatEndpoint(entry.address, entry.port)}</th>
    <td class="text">{serverStatusText(entry)}</td>
    <td>{formatDuration(nowMs - entry.sinceMs)}</td>
    <td class="text">{entry.check && <LastCheck check={entry.check} nowMs={nowMs} />}</td>
    <td>Y/-</td>
    <td>{entry.weight.effective}</td>
    <td>{entry.weight.configured}</td>
    <td>{count(entry.counters?.connectionsPerSecond)}</td>
    <td>{count(entry.activeConnections)}</td>
    <td>{count(entry.inactiveConnections)}</td>
    <td>{count(entry.counters?.connections)}</td>
    <Traffic counters={entry.counters} showOut={entry.forwardingMethod === "nat"} />
    <td>{count(entry.failedChecks)}</td>
    <td>{count(entry.downTransitions)}</td>
    <td>{formatDuration(entry.downtimeMs)}</td>
  </tr>
);

const SorryServerRow: FC<{ server: VirtualServerSnapshot; showOut: boolean }> = ({ server, showOut }) => {
  const { sorryServer: sorry } = server;
  if (sorry === undefined) return <></>;
  return (
    <tr class={sorry.active ? "backup_up" : "backup_no_check"}>
      <th scope="row">{`${formatEndpoint(sorry.address, sorry.port)} (sorry)`}</th>
      <td class="text">{sorry.active ? "ACTIVE" : SORRY_SERVER_STATUS}</td>
      <td></td>
      <td></td>
      <td>-/Y</td>
      <td></td>
      <td></td>
      <td>{count(sorry.counters?.connectionsPerSecond)}</td>
      <td>{count(sorry.activeConnections)}</td>
      <td>{count(sorry.inactiveConnections)}</td>
      <td>{count(sorry.counters?.connections)}</td>
      <Traffic counters={sorry.counters} showOut={showOut} />
      <td></td>
      <td></td>
      <td></td>
    </tr>
  );
};

const BackendRow: FC<{ server: VirtualServerSnapshot; nowMs: number; showOut: boolean }> = (
  { server, nowMs, showOut },
) => {
  const all = [...server.realServers, ...(server.sorryServer ? [server.sorryServer] : [])];
  const sum = (pick: (entry: { activeConnections: number; inactiveConnections: number }) => number): string =>
    formatCount(all.reduce((total, entry) => total + pick(entry), 0));
  const usable = server.realServers.filter((entry) => entry.weight.effective > 0).length;
  return (
    <tr class="summary">
      <th scope="row">Backend</th>
      <td class="text">{server.up ? "UP" : <strong>DOWN</strong>}</td>
      <td>{formatDuration(nowMs - server.sinceMs)}</td>
      <td class="text">{`quorum ${server.quorum.have} of ${server.quorum.need}`}</td>
      <td>{`${usable}/${server.sorryServer?.active ? 1 : 0}`}</td>
      <td>{server.realServers.reduce((total, entry) => total + entry.weight.effective, 0)}</td>
      <td>{server.realServers.reduce((total, entry) => total + entry.weight.configured, 0)}</td>
      <td>{count(server.counters?.connectionsPerSecond)}</td>
      <td>{sum((entry) => entry.activeConnections)}</td>
      <td>{sum((entry) => entry.inactiveConnections)}</td>
      <td>{count(server.counters?.connections)}</td>
      <Traffic counters={server.counters} showOut={showOut} />
      <td>{formatCount(server.realServers.reduce((total, entry) => total + entry.failedChecks, 0))}</td>
      <td>{count(server.downTransitions)}</td>
      <td></td>
    </tr>
  );
};

const LastCheck: FC<{ check: CheckSnapshot; nowMs: number }> = ({ check, nowMs }) => {
  if (check.atMs === 0) return <>{check.status}</>;
  const code = check.code === undefined ? "" : `/${check.code}`;
  const text = `${check.status}${code} in ${(check.durationUs / 1000).toFixed(1)} ms`;
  const ago = `${formatMoment(check.atMs)}, ${formatDuration(nowMs - check.atMs)} ago`;
  const good = check.status.endsWith("OK");
  return <span title={`${check.text} (${ago})`}>{good ? text : `${text}: ${check.text}`}</span>;
};

const Traffic: FC<{ counters: TrafficCounters | undefined; showOut: boolean }> = ({ counters, showOut }) => (
  <>
    <td>{counters && formatBytes(counters.bytesIn)}</td>
    <td>{counters && showOut && formatBytes(counters.bytesOut)}</td>
    <td>{counters && formatBytes(counters.bytesInPerSecond)}</td>
    <td>{counters && showOut && formatBytes(counters.bytesOutPerSecond)}</td>
    <td>{count(counters?.packetsIn)}</td>
    <td>{showOut ? count(counters?.packetsOut) : ""}</td>
  </>
);

/** Empty where nothing is known: HAProxy never writes "n/a", and 0 would say something else. */
function count(value: number | undefined): string {
  return value === undefined ? "" : formatCount(value);
}
