// Operations on HAProxy's servers: the same bodies as for those of IPVS. What can be judged by the picture is judged here; the
// supervisor tells HAProxy, or says why not.
import type { z } from "zod";
import type { CommandRequest } from "../../ports/commands.ts";
import type { HaproxySnapshot, Snapshot } from "../../ports/snapshot.ts";
import { type HaproxyProxy, type HaproxyRow, numberIn, proxiesOf } from "../haproxy_rows.ts";
import { haproxyServer, haproxyStatus } from "../haproxy_status.ts";
import { serverOverride } from "../status.ts";
import type { Call, Operation } from "./operation.ts";
import * as schemas from "./schemas.ts";
import * as writeSchemas from "./write_schemas.ts";
import { NOT_FOUND, operationOf, type Planned, type Refused, tagged, terms } from "./write_operations.ts";

const SERVER = "/haproxy/backends/{backend}/servers/{server}";

/** A server with what it is behind. */
export interface FoundHaproxyServer {
  readonly haproxy: HaproxySnapshot;
  readonly proxy: HaproxyProxy;
  readonly row: HaproxyRow;
}

/** The wish of an operator about a server of HAProxy's. */
export type HaproxyWish =
  | { readonly command: "ready" | "drain" | "maint" | "kill-connections" }
  | { readonly command: "weight"; readonly weight?: number | string };

/** All of them, in the order of the description. */
export const HAPROXY_OPERATIONS: readonly Operation[] = [
  {
    id: "getHaproxy",
    method: "get",
    path: "/haproxy",
    role: "reader",
    summary: "HAProxy, where it is configured: its process, proxies and servers",
    reply: schemas.Haproxy,
    mayLack: true,
    run: ({ snapshot }) => {
      const { haproxy } = snapshot();
      return haproxy === undefined ? NOT_FOUND : { status: 200, body: haproxyStatus(haproxy) };
    },
  },
  {
    id: "getHaproxyServer",
    method: "get",
    path: SERVER,
    role: "reader",
    summary: "One server of HAProxy's, by the names of haproxy.cfg",
    reply: schemas.HaproxyServer,
    run: ({ snapshot }, { params }) => {
      const found = findHaproxyServer(snapshot(), params.backend, params.server);
      return found === undefined ? NOT_FOUND : { status: 200, body: haproxyServer(found.row, found.haproxy) };
    },
  },
  {
    id: "getHaproxyServerOverride",
    method: "get",
    path: `${SERVER}/override`,
    role: "reader",
    summary: "What operators have said of a server of HAProxy's, by whatever way; its ETag is for If-Match",
    reply: writeSchemas.ServerOverride,
    hasEtag: true,
    run: ({ snapshot }, { params }) => {
      const found = findHaproxyServer(snapshot(), params.backend, params.server);
      const said = found && haproxyOverride(found);
      return found === undefined ? NOT_FOUND : tagged(serverOverride(said), said);
    },
  },
  ...([
    {
      id: "setHaproxyAdminState",
      method: "put",
      path: `${SERVER}/admin-state`,
      summary: "drain: no new sessions; maint: nothing at all, and no checks; ready: takes everything back",
      body: writeSchemas.AdminStateRequest,
      plan: (snapshot: Snapshot, call: Call) => {
        const { state, ...more } = call.body as z.infer<typeof writeSchemas.AdminStateRequest>;
        return onServer(snapshot, call, { command: state }, more);
      },
    },
    {
      id: "clearHaproxyAdminState",
      method: "delete",
      path: `${SERVER}/admin-state`,
      summary: "As `ready`: takes back all that was said of the server",
      plan: (snapshot: Snapshot, call: Call) => onServer(snapshot, call, { command: "ready" }),
    },
    {
      id: "setHaproxyWeight",
      method: "put",
      path: `${SERVER}/weight`,
      summary: "Another weight than the configured one",
      body: writeSchemas.HaproxyWeightRequest,
      plan: (snapshot: Snapshot, call: Call) => {
        const { weight, ...more } = call.body as z.infer<typeof writeSchemas.HaproxyWeightRequest>;
        return onServer(snapshot, call, { command: "weight", weight }, more);
      },
    },
    {
      id: "clearHaproxyWeight",
      method: "delete",
      path: `${SERVER}/weight`,
      summary: "The configured weight again",
      plan: (snapshot: Snapshot, call: Call) => onServer(snapshot, call, { command: "weight" }),
    },
    {
      id: "killHaproxySessions",
      method: "post",
      path: `${SERVER}:kill-connections`,
      role: "admin",
      summary: "Ends the sessions that the server has; new ones come as before",
      body: writeSchemas.Reason,
      bodyMayMiss: true,
      plan: (snapshot: Snapshot, call: Call) =>
        onServer(snapshot, call, { command: "kill-connections" }, call.body as object),
    },
  ] as const).map(operationOf),
];

/** By HAProxy's names. */
export function findHaproxyServer(
  { haproxy }: Snapshot,
  backend: string | undefined,
  server: string | undefined,
): FoundHaproxyServer | undefined {
  if (haproxy === undefined) return undefined;
  const proxy = proxiesOf(haproxy).find(({ name }) => name === backend);
  const row = proxy?.servers.find(({ svname }) => svname === server);
  return proxy === undefined || row === undefined ? undefined : { haproxy, proxy, row };
}

/** What operators have said of it. */
export function haproxyOverride(
  { haproxy, proxy, row }: FoundHaproxyServer,
): NonNullable<HaproxySnapshot["overrides"]>[number]["override"] | undefined {
  return haproxy.overrides?.find(({ backend, server }) => backend === proxy.name && server === row.svname)?.override;
}

/** Judges what is wished of a server. */
export function planForHaproxyServer(
  found: FoundHaproxyServer,
  wish: HaproxyWish,
  { ttlSeconds, reason, force }: {
    ttlSeconds?: number | undefined;
    reason?: string | undefined;
    force?: boolean | undefined;
  } = {},
): Planned | Refused {
  const { proxy, row } = found;
  const name = `${row.svname} of HAProxy's ${proxy.name}`;
  const isNothing = wish.command === "weight" && (wish.weight === 0 || wish.weight === "0%");
  const takesAway = wish.command === "drain" || wish.command === "maint" || isNothing;
  if (takesAway && force !== true && isLast(proxy, row)) {
    return { status: 409, detail: `${name} is the last one that gets sessions there: \`force\` if you mean it` };
  }
  const lasts = wish.command !== "ready" && wish.command !== "kill-connections";
  const request: CommandRequest = {
    ...wish,
    engine: "haproxy",
    virtualServer: proxy.name,
    realServer: row.svname,
    ...terms(lasts ? ttlSeconds : undefined, reason),
  };
  return { request, would: wouldBe(name, wish), standing: haproxyOverride(found) };
}

function onServer(
  snapshot: Snapshot,
  { params }: Call,
  wish: HaproxyWish,
  more: Parameters<typeof planForHaproxyServer>[2] = {},
): Planned | Refused {
  const found = findHaproxyServer(snapshot, params.backend, params.server);
  return found === undefined ? NOT_FOUND : planForHaproxyServer(found, wish, more);
}

/** No other server gets sessions, nor would as a backup. */
function isLast({ servers }: HaproxyProxy, row: HaproxyRow): boolean {
  return isUsable(row) && !servers.some((other) => other !== row && isUsable(other));
}

function isUsable(row: HaproxyRow): boolean {
  return /^(?:UP|no check)/.test(row.status ?? "") && numberIn(row, "weight") !== 0;
}

function wouldBe(name: string, wish: HaproxyWish): string {
  switch (wish.command) {
    case "ready":
      return `${name} would be as its configuration and its checks say`;
    case "drain":
      return `${name} would get no new sessions`;
    case "maint":
      return `${name} would be in maintenance`;
    case "weight":
      return `${name} would have ${
        wish.weight === undefined ? "the weight of its configuration" : `weight ${wish.weight}`
      }`;
    case "kill-connections":
      return `the sessions of ${name} would end`;
    default:
      return wish satisfies never;
  }
}
