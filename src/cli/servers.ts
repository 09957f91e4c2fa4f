// `holdfast servers` and `holdfast vs`: the virtual servers of the running daemon, and every real server with the causes of its
// state, as tables; HAProxy's with them.
import { formatDuration } from "../base/duration.ts";
import { formatEndpoint } from "../base/ip.ts";
import { serverStatusText } from "../http/server_status.ts";
import { virtualServer } from "../http/status.ts";
import { HAPROXY_PREFIX } from "../daemon/haproxy/server_orders.ts";
import { type HaproxyProxy, numberIn, proxiesOf } from "../http/haproxy_rows.ts";
import { haproxyServer } from "../http/haproxy_status.ts";
import type { HaproxySnapshot, RealServerSnapshot, Snapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";
import { ask } from "./ask.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { serverTable, stateOf } from "./status.ts";
import { table } from "./table.ts";

/** `holdfast servers`. @returns the exit status: failure when there is no such virtual server, too */
export async function servers(wanted: string | undefined, { json }: { readonly json: boolean }): Promise<number> {
  const chosen = await choose(wanted);
  if (chosen === undefined) return EXIT_FAILURE;
  const { virtualServers, proxies, haproxy } = chosen;
  if (json) {
    // Both have `servers` of their own: what stands there was asked for by name, or is of IPVS.
    const found = virtualServers.length > 0 || proxies.length === 0 || haproxy === undefined || wanted === undefined;
    console.log(
      JSON.stringify(found ? virtualServers.map(virtualServer) : proxies.map(proxyIn(haproxy)), undefined, 2),
    );
    return EXIT_OK;
  }
  const blocks = [
    ...virtualServers.map((server) => serverText(server, Date.now())),
    ...proxies.map((proxy) => haproxyText(proxy, haproxy)),
  ];
  console.log(
    blocks.map((lines) => lines.join("\n")).join("\n\n") || "no virtual server is configured, or health is starting",
  );
  return EXIT_OK;
}

/** `holdfast vs`. @returns the exit status: failure when there is no such virtual server, too */
export async function virtualServers(
  wanted: string | undefined,
  { json }: { readonly json: boolean },
): Promise<number> {
  const chosen = await choose(wanted);
  if (chosen === undefined) return EXIT_FAILURE;
  const found = chosen.virtualServers;
  if (wanted !== undefined && found.length === 0) {
    console.error(`error: \`${wanted}\` is a backend of HAProxy's: \`holdfast servers ${wanted}\` shows its servers`);
    return EXIT_FAILURE;
  }
  if (json) console.log(JSON.stringify(found.map(virtualServer), undefined, 2));
  else if (wanted !== undefined) {
    console.log(found.map((server) => serverText(server, Date.now()).join("\n")).join("\n\n"));
  } else {
    const lines = found.length === 0
      ? ["no virtual server is configured, or health is starting"]
      : serverTable(found, Date.now());
    console.log(lines.join("\n"));
  }
  return EXIT_OK;
}

interface Chosen {
  readonly virtualServers: readonly VirtualServerSnapshot[];
  readonly proxies: readonly HaproxyProxy[];
  readonly haproxy: HaproxySnapshot | undefined;
}

/** What is there of that name; undefined: the reason has been printed. */
async function choose(wanted: string | undefined): Promise<Chosen | undefined> {
  const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
  if (snapshot === undefined) return undefined;
  const virtualServers = snapshot.virtualServers.filter((server) =>
    wanted === undefined || namesOf(server).includes(wanted)
  );
  const backends = proxiesOf(snapshot.haproxy).filter(({ servers }) => servers.length > 0);
  const backend = wanted?.startsWith(HAPROXY_PREFIX) ? wanted.slice(HAPROXY_PREFIX.length) : wanted;
  const proxies = virtualServers.length > 0 && wanted !== undefined
    ? []
    : backends.filter(({ name }) => backend === undefined || name === backend);
  if (wanted === undefined || virtualServers.length + proxies.length > 0) {
    return { virtualServers, proxies, haproxy: snapshot.haproxy };
  }
  const names = [...snapshot.virtualServers, ...backends].map(({ name }) => `\`${name}\``);
  const some = names.length === 0 ? "there is none" : `there is ${names.slice(0, 8).join(", ")}`;
  console.error(`error: there is no virtual server \`${wanted}\`; ${some}`);
  return undefined;
}

function proxyIn(haproxy: HaproxySnapshot): (proxy: HaproxyProxy) => Record<string, unknown> {
  return ({ name, servers }) => ({
    name,
    engine: "haproxy",
    servers: servers.map((row) => haproxyServer(row, haproxy)),
  });
}

/** The servers of one backend of HAProxy's. */
function haproxyText({ name, servers, backend }: HaproxyProxy, haproxy: HaproxySnapshot | undefined): string[] {
  const rows = servers.map((row) => {
    const said = haproxy?.overrides?.find((one) => one.backend === name && one.server === row.svname)?.override;
    const seconds = numberIn(row, "lastchg");
    return [
      `  ${row.svname ?? ""}`,
      row.status ?? "",
      seconds === undefined ? "" : formatDuration(seconds * 1000),
      row.weight ?? "",
      row.scur ?? "",
      said === undefined
        ? row.last_chk ?? ""
        : `operator ${said.author}${said.reason === undefined ? "" : `: ${said.reason}`}`,
    ];
  });
  return [
    `haproxy/${name} ${backend?.status ?? ""}`.trimEnd(),
    ...table(["  SERVER", "STATE", "FOR", "WEIGHT", "SESSIONS", "WHY"], rows),
  ];
}

/** The lines of one virtual server. */
export function serverText(server: VirtualServerSnapshot, nowMs: number): string[] {
  const { name, quorum, realServers } = server;
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
    `${name} ${stateOf(server)}, live weight ${quorum.have}, quorum ${quorum.need}`,
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
