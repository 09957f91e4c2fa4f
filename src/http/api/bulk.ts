// One order for every server of an address, behind whatever virtual server or backend of HAProxy's it stands: who is meant, and
// where it would take away the last one. Also what there is to be taken back of all that operators have said.
import { formatEndpoint } from "../../base/ip.ts";
import type { CommandRequest } from "../../ports/commands.ts";
import type { Snapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { type HaproxyProxy, proxiesOf } from "../haproxy_rows.ts";
import { planForHaproxyServer } from "./haproxy_operations.ts";
import { planForServer, type Planned, type Refused } from "./write_operations.ts";

/** The wish. */
export interface BulkWish {
  readonly command: "ready" | "drain" | "maint";
}

/** One server that is meant. */
export interface BulkPlan {
  /** Or `haproxy/BACKEND`. */
  readonly virtualServer: string;
  readonly realServer: string;
  readonly planned: Planned | Refused;
}

type Terms = Parameters<typeof planForServer>[2];

/** All that are meant, in the order of the picture. @param address an address, or an address with its port */
export function planBulk(snapshot: Snapshot, address: string, wish: BulkWish, terms: Terms = {}): BulkPlan[] {
  return [
    ...snapshot.virtualServers.flatMap((server) => planInVirtualServer(server, address, wish, terms)),
    ...proxiesOf(snapshot.haproxy).flatMap((proxy) => planInBackend(snapshot, proxy, address, wish, terms)),
  ];
}

/** What takes back what operators have said of servers and instances. The maintenance of the node is no part of it. */
export function requestsToClear({ vrrpInstances, virtualServers, haproxy }: Snapshot): CommandRequest[] {
  return [
    ...vrrpInstances.flatMap(({ name, orders }) => [
      ...(orders?.held === undefined ? [] : [{ command: "release", name }]),
      ...(orders?.priority === undefined ? [] : [{ command: "clear-priority", name }]),
    ]),
    ...virtualServers.flatMap(({ name: virtualServer, disabled, realServers }) => [
      ...(disabled === undefined ? [] : [{ command: "enable", virtualServer }]),
      ...realServers.filter(({ override }) => override !== undefined).map(({ address, port }) => (
        { command: "ready", virtualServer, realServer: formatEndpoint(address, port) }
      )),
    ]),
    ...(haproxy?.overrides ?? []).map(({ backend, server }) => (
      { command: "ready", engine: "haproxy", virtualServer: backend, realServer: server }
    )),
  ];
}

/** What is taken away first counts as gone for what comes after it. */
function planInVirtualServer(
  server: VirtualServerSnapshot,
  wanted: string,
  wish: BulkWish,
  terms: Terms,
): BulkPlan[] {
  let virtual = server;
  return server.realServers.flatMap((real) => {
    const realServer = formatEndpoint(real.address, real.port);
    if (real.address !== wanted && realServer !== wanted) return [];
    const planned = planForServer({ virtual, real }, wish, terms);
    if (wish.command !== "ready") {
      const gone = { ...real, weight: { ...real.weight, effective: 0 }, presence: "out" as const };
      virtual = { ...virtual, realServers: virtual.realServers.map((one) => one === real ? gone : one) };
    }
    return [{ virtualServer: server.name, realServer, planned }];
  });
}

function planInBackend(
  { haproxy }: Snapshot,
  proxy: HaproxyProxy,
  wanted: string,
  wish: BulkWish,
  terms: Terms,
): BulkPlan[] {
  if (haproxy === undefined) return [];
  let { servers } = proxy;
  return proxy.servers.flatMap((row) => {
    const { addr = "", svname = "" } = row;
    const address = addr.replace(/:\d+$/, "");
    if (![addr, address, address.replace(/^\[(.*)\]$/, "$1")].includes(wanted)) return [];
    const planned = planForHaproxyServer({ haproxy, proxy: { ...proxy, servers }, row }, wish, terms);
    if (wish.command !== "ready") servers = servers.map((one) => one === row ? { ...row, weight: "0" } : one);
    return [{ virtualServer: `haproxy/${proxy.name}`, realServer: svname, planned }];
  });
}
