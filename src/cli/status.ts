// `holdfast status` and `holdfast vrrp`: what the running daemon says of itself, as tables or as the API's JSON.
import { formatDuration } from "../base/duration.ts";
import { formatEndpoint } from "../base/ip.ts";
import { haproxyLine } from "../http/haproxy_status.ts";
import { statusOf } from "../http/status.ts";
import { serverStatusText } from "../http/server_status.ts";
import type { RealServerSnapshot, Snapshot, VirtualServerSnapshot, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { ask } from "./ask.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { table } from "./table.ts";

/** `holdfast status`. @returns the exit status */
export async function status(
  { json, watch }: { readonly json: boolean; readonly watch?: number },
): Promise<number> {
  for (;;) {
    const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
    if (snapshot === undefined) return EXIT_FAILURE;
    const nowMs = Date.now();
    const isWatching = watch !== undefined;
    if (json) console.log(JSON.stringify(statusOf(snapshot, nowMs), undefined, isWatching ? 0 : 2));
    else {
      const [clear, end] = !isWatching ? ["", ""] : Deno.stdout.isTerminal() ? [CLEAR, ""] : ["", "\n"];
      console.log(clear + statusText(snapshot, nowMs).join("\n") + end);
    }
    if (!isWatching) return EXIT_OK;
    await new Promise((resolve) => setTimeout(resolve, watch));
  }
}

/** The cursor to the top, and nothing below it. */
const CLEAR = "\x1b[H\x1b[2J";

/** `holdfast vrrp`. @returns the exit status: failure when there is no such instance, too */
export async function vrrp(
  name: string | undefined,
  { json, names }: { readonly json: boolean; readonly names: boolean },
): Promise<number> {
  const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
  if (snapshot === undefined) return EXIT_FAILURE;
  const wanted = snapshot.vrrpInstances.filter((instance) =>
    name === undefined || instance.name === name || instance.syncGroup === name
  );
  if (name !== undefined && wanted.length === 0) {
    console.error(`error: there is no instance or sync group \`${name}\``);
    return EXIT_FAILURE;
  }
  const nowMs = Date.now();
  if (names) console.log(namesOf(wanted).join("\n"));
  else if (json) {
    const document = statusOf({ ...snapshot, vrrpInstances: wanted }, nowMs);
    console.log(JSON.stringify(document.vrrpInstances, undefined, 2));
  } else console.log((name === undefined ? vrrpTable(wanted, nowMs) : wanted.flatMap(details(nowMs))).join("\n"));
  return EXIT_OK;
}

/** The lines of `holdfast status`. */
export function statusText({ node, vrrpInstances, virtualServers, haproxy }: Snapshot, nowMs: number): string[] {
  const up = formatDuration(nowMs - node.startedAtMs);
  const lines = [`${node.routerId}: Holdfast ${node.version}, up for ${up}, configuration ${node.generation}`];
  const roles = node.roles.filter(({ state, restarts }) => state !== "stopped" || restarts > 0);
  const again = (restarts: number): string => restarts === 0 ? "" : ` (started again ${restarts} times)`;
  lines.push(`roles: ${roles.map(({ name, state, restarts }) => `${name} ${state}${again(restarts)}`).join(", ")}`);
  if (haproxy !== undefined) lines.push(haproxyLine(haproxy));
  for (const { message } of node.warnings) lines.push(`warning: ${message}`);
  if (vrrpInstances.length > 0) lines.push("", ...vrrpTable(vrrpInstances, nowMs));
  if (virtualServers.length > 0) lines.push("", ...serverTable(virtualServers, nowMs));
  return lines;
}

/** The lines of `holdfast vrrp`. */
export function vrrpTable(instances: readonly VrrpInstanceSnapshot[], nowMs: number): string[] {
  const rows = instances.map((instance) => [
    instance.name,
    instance.state.toUpperCase(),
    formatDuration(Math.max(0, nowMs - instance.sinceMs)),
    priorityText(instance),
    instance.master === undefined ? "-" : `${instance.master.address} (${instance.master.priority})`,
    instance.interface,
    String(instance.vrid),
    instance.virtualAddresses.map(({ address, present }) => `${present ? "" : "-"}${address}`).join(" "),
    [...noteOf(instance, nowMs), ...instance.faults].join("; "),
  ]);
  const heading = ["INSTANCE", "STATE", "FOR", "PRIORITY", "MASTER", "INTERFACE", "VRID", "ADDRESSES", "NOTE"];
  return table(heading, rows);
}

function details(nowMs: number): (instance: VrrpInstanceSnapshot) => string[] {
  return (instance) => {
    const { lastTransition, peer, counters } = instance;
    const ago = (ms: number): string => `${formatDuration(Math.max(0, nowMs - ms))} ago`;
    return [
      ...vrrpTable([instance], nowMs),
      ...(lastTransition === undefined ? [] : [
        `  last change: ${lastTransition.from} to ${lastTransition.to} ${
          ago(lastTransition.atMs)
        }: ${lastTransition.reason}`,
      ]),
      ...(peer === undefined ? ["  no peer has been heard"] : [
        `  last heard: ${peer.address}, priority ${peer.priority}, ${ago(peer.heardMs)}`,
      ]),
      `  version ${instance.version}, advertisements every ${instance.advertisementIntervalUs / 1_000_000} s, ` +
      `${counters.advertisementsSent} sent, ${counters.advertisementsReceived} received`,
      "",
    ];
  };
}

function priorityText({ basePriority, effectivePriority, orders }: VrrpInstanceSnapshot): string {
  const base = orders?.priority?.value ?? basePriority;
  const text = base === effectivePriority ? String(base) : `${effectivePriority} (${base})`;
  return orders?.priority === undefined ? text : `${text}*`;
}

function noteOf({ basePriority, orders, takeoverForbidden }: VrrpInstanceSnapshot, nowMs: number): string[] {
  const left = (untilMs?: number): string =>
    untilMs === undefined ? "" : ` for ${formatDuration(Math.max(0, untilMs - nowMs))}`;
  const notes: string[] = [];
  if (orders?.held !== undefined) notes.push(`held${left(orders.held.untilMs)}`);
  if (orders?.priority !== undefined) notes.push(`* instead of ${basePriority}${left(orders.priority.untilMs)}`);
  if (takeoverForbidden?.reason !== undefined) notes.push(`must not become master: ${takeoverForbidden.reason}`);
  return notes;
}

/** One word for how a virtual server is. */
export function stateOf({ up, disabled }: VirtualServerSnapshot): string {
  return disabled !== undefined ? "DISABLED" : up ? "UP" : "DOWN";
}

/** The lines of `holdfast vs`. */
export function serverTable(servers: readonly VirtualServerSnapshot[], nowMs: number): string[] {
  const rows = servers.map((server) => {
    const isDown = ({ state }: RealServerSnapshot): boolean => state === "down" || state === "going-up";
    const isAway = ({ presence = "present" }: RealServerSnapshot): boolean => presence !== "present";
    const live = server.realServers.filter((real) => !isDown(real) && !isAway(real)).length;
    const down = server.realServers.filter((real) => isDown(real) || isAway(real));
    return [
      server.name,
      stateOf(server),
      formatDuration(Math.max(0, nowMs - server.sinceMs)),
      `${live}/${server.realServers.length}`,
      `${server.scheduler} ${server.forwardingMethod}`,
      down.map((real) => {
        const why = isAway(real) ? serverStatusText(real) : real.check?.status ?? "down";
        return `${formatEndpoint(real.address, real.port)} ${why}`;
      }).join("; "),
    ];
  });
  return table(["VIRTUAL SERVER", "STATE", "FOR", "LIVE", "METHOD", "DOWN"], rows);
}

/** Names of instances and sync groups, for completion. */
function namesOf(instances: readonly VrrpInstanceSnapshot[]): string[] {
  return [...new Set(instances.flatMap(({ name, syncGroup }) => syncGroup === undefined ? [name] : [name, syncGroup]))];
}
