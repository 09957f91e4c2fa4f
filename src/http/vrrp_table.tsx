// The table of VRRP instances: who is master, since when, and why.
import type { Child, FC } from "hono/jsx";
import type { VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { formatCount, formatDuration, formatMoment } from "./format.ts";

/** All instances of this node. */
export const VrrpTable: FC<{ instances: readonly VrrpInstanceSnapshot[]; nowMs: number }> = ({ instances, nowMs }) => (
  <div class="scroll" role="region" aria-label="VRRP instances" tabindex={0}>
    <table>
      <caption>
        <span class={`tab ${instances.some((instance) => instance.state === "fault") ? "down" : ""}`}>VRRP</span>
      </caption>
      <thead>
        <tr>
          {HEADINGS.map((heading) => <th scope="col">{heading}</th>)}
        </tr>
      </thead>
      <tbody>
        {instances.map((instance) => <InstanceRow instance={instance} nowMs={nowMs} />)}
      </tbody>
    </table>
  </div>
);

const HEADINGS = [
  "Instance",
  "State",
  "Since",
  "Virtual addresses",
  "Priority",
  "Master",
  "Last transition",
  "VRID",
  "Interface",
  "Version",
  "Interval",
  "Adverts in",
  "Adverts out",
  "Discarded",
  "Transitions",
];

const InstanceRow: FC<{ instance: VrrpInstanceSnapshot; nowMs: number }> = ({ instance, nowMs }) => {
  const { counters, lastTransition } = instance;
  return (
    <tr class={`vrrp_${instance.state}`}>
      <th scope="row">{instance.name}</th>
      <td class="text">{instance.state.toUpperCase()}</td>
      <td>{formatDuration(nowMs - instance.sinceMs)}</td>
      <td class="text">
        <ul>{instance.virtualAddresses.map((entry) => <Address entry={entry} state={instance.state} />)}</ul>
      </td>
      <td>{priorities(instance)}</td>
      <td class="text">{instance.master && `${instance.master.address} (${instance.master.priority})`}</td>
      <td class="text wrap">
        {lastTransition && (
          <span title={formatMoment(lastTransition.atMs)}>
            {`${lastTransition.from} → ${lastTransition.to}: ${lastTransition.reason}`}
          </span>
        )}
        {instance.faults.length > 0 && <div>{instance.faults.join(", ")}</div>}
      </td>
      <td>{instance.vrid}</td>
      <td class="text">{instance.interface}</td>
      <td>{instance.version}</td>
      <td>{`${instance.advertisementIntervalUs / 1_000_000} s`}</td>
      <td>{formatCount(counters.advertisementsReceived)}</td>
      <td>{formatCount(counters.advertisementsSent)}</td>
      <td class="text">{discarded(counters.discarded)}</td>
      <td>{formatCount(counters.transitions)}</td>
    </tr>
  );
};

/** An address that is not where the state says it must be is the alarm of this table. */
const Address: FC<{ entry: VrrpInstanceSnapshot["virtualAddresses"][number]; state: string }> = ({ entry, state }) => {
  const text = `${entry.address}/${entry.prefixLength} dev ${entry.device}`;
  const wrong = entry.present !== (state === "master");
  return <li class={wrong ? "missing" : undefined}>{text}: {entry.present ? "here" : "not here"}</li>;
};

function priorities({ effectivePriority, basePriority }: VrrpInstanceSnapshot): string {
  return effectivePriority === basePriority ? String(basePriority) : `${effectivePriority}/${basePriority}`;
}

function discarded(reasons: Readonly<Record<string, number>>): Child {
  return Object.entries(reasons).map(([reason, count]) => `${reason} ${formatCount(count)}`).join(", ");
}
