// A rehearsal for people: one line for each thing that happened, then who was master when. Writes nowhere.
import type { Play } from "../engine/simulation/play.ts";
import type { TimelineEvent, VirtualRouterSummary } from "../engine/simulation/timeline.ts";

/** A node and where its configuration is. */
export interface NamedNode {
  readonly name: string;
  readonly file: string;
}

const TIME_WIDTH = 11;
/** Two masters for less than this are a hand-over: the packet is on its way. Microseconds. */
const HAND_OVER_US = 1000;

/** The whole story. */
export function timelineText(nodes: readonly NamedNode[], { events, summary, endUs }: Play): string {
  const width = Math.max(0, ...events.map((event) => "instance" in event ? event.instance.length : 0));
  return [
    ...nodes.map(({ name, file }) => `node ${name}: ${file}`),
    "",
    ...events.map((event) => `${time(event.atUs).padStart(TIME_WIDTH)}  ${describe(event, width)}`),
    "",
    `after ${time(endUs).trim()} s:`,
    ...summary.flatMap(describeRouter),
  ].join("\n") + "\n";
}

function describe(event: TimelineEvent, width: number): string {
  switch (event.type) {
    case "step":
      return `-- ${event.text}`;
    case "state": {
      const { node, instance, to, reason, effectivePriority, addresses } = event;
      const state = to === "master" ? "MASTER" : to === "init" ? "stopped" : to;
      const holds = addresses.length > 0 ? `, holds ${list(addresses)}` : "";
      const about = to === "init" ? "" : `  priority ${effectivePriority}${holds}: ${reason}`;
      return `${node}  ${instance.padEnd(width)}  ${`${state.padEnd(7)}${about}`.trimEnd()}`;
    }
    case "priority": {
      const { node, instance, from, to, terms } = event;
      return `${node}  ${instance.padEnd(width)}  priority ${from} -> ${to}: ${terms.join(", ")}`;
    }
    case "script":
      return `${event.node}  script ${event.script} ${event.verdict === "up" ? "succeeds" : "fails"}`;
    case "note":
      return `${event.node}  ${event.text}`;
    default:
      return event satisfies never;
  }
}

/** Many addresses are named by the first ones. */
function list(addresses: readonly string[]): string {
  const shown = addresses.slice(0, 4).join(" ");
  return addresses.length > 4 ? `${shown} and ${addresses.length - 4} more` : shown;
}

function describeRouter({ instance, vrid, family, masters, nobody, several }: VirtualRouterSummary): string[] {
  const lines = masters.map(({ node, fromUs, toUs }) => `  ${node} is master from ${time(fromUs)} to ${time(toUs)}`);
  if (masters.length === 0) lines.push("  nobody ever is master");
  for (const { fromUs, toUs } of nobody) {
    lines.push(`  nobody is master for ${time(toUs - fromUs)} s, from ${time(fromUs)} to ${time(toUs)}`);
  }
  for (const { fromUs, toUs, nodes } of several) {
    if (toUs - fromUs < HAND_OVER_US) continue;
    lines.push(
      `  ${nodes.join(" and ")} are both master for ${time(toUs - fromUs)} s, from ${time(fromUs)} to ${time(toUs)}`,
    );
  }
  return [`${instance} (VRID ${vrid}${family === 6 ? ", IPv6" : ""})`, ...lines];
}

/** Seconds, to the microsecond where that says more than the millisecond. */
function time(us: number): string {
  return (us / 1_000_000).toFixed(us % 1000 === 0 ? 3 : 6);
}
