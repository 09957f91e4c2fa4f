// `holdfast servers`: every real server of the running daemon with the causes of its state, as a table.
import { formatDuration } from "../base/duration.ts";
import { formatEndpoint } from "../base/ip.ts";
import { serverStatusText } from "../http/server_status.ts";
import { virtualServer } from "../http/status.ts";
import type { RealServerSnapshot, Snapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";
import { ask } from "./ask.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { table } from "./table.ts";

/** @returns the exit status: failure when there is no such virtual server, too */
export async function servers(
  wanted: string | undefined,
  { json }: { readonly json: boolean },
): Promise<number> {
  const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
  if (snapshot === undefined) return EXIT_FAILURE;
  const chosen = snapshot.virtualServers.filter((server) => wanted === undefined || namesOf(server).includes(wanted));
  if (wanted !== undefined && chosen.length === 0) {
    console.error(`error: there is no virtual server \`${wanted}\``);
    return EXIT_FAILURE;
  }
  if (json) console.log(JSON.stringify(chosen.map(virtualServer), undefined, 2));
  else console.log(chosen.map((server) => serverText(server, Date.now()).join("\n")).join("\n\n"));
  return EXIT_OK;
}

/** The lines of one virtual server. */
export function serverText(server: VirtualServerSnapshot, nowMs: number): string[] {
  const { name, up, quorum, realServers } = server;
  const rows = realServers.map((real) => [
    `  ${formatEndpoint(real.address, real.port)}`,
    serverStatusText(real),
    formatDuration(Math.max(0, nowMs - real.sinceMs)),
    weightText(real),
    String(real.activeConnections),
    String(real.inactiveConnections),
    (real.causes ?? []).join("; "),
  ]);
  return [
    `${name} ${up ? "UP" : "DOWN"}, live weight ${quorum.have}, quorum ${quorum.need}`,
    ...table(["  REAL SERVER", "STATE", "FOR", "WEIGHT", "ACTIVE", "INACTIVE", "WHY"], rows),
  ];
}

function weightText({ weight: { configured, effective } }: RealServerSnapshot): string {
  return configured === effective ? String(configured) : `${effective} (${configured})`;
}

function namesOf({ name, address, port }: VirtualServerSnapshot): string[] {
  const group = address.startsWith("group ") ? [address, address.slice("group ".length)] : [];
  return [name, address, formatEndpoint(address, port), ...group];
}
