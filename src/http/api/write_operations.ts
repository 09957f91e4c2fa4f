// Operations on what runs: on instances of VRRP, and on real servers. What can be judged by the picture is judged here (whether
// there is such a thing, whether it is the last one); the supervisor does it, or says why not.
import type { z } from "zod";
import { formatEndpoint } from "../../base/ip.ts";
import type { CommandRequest } from "../../ports/commands.ts";
import type {
  RealServerSnapshot,
  Snapshot,
  VirtualServerSnapshot,
  VrrpInstanceSnapshot,
} from "../../ports/snapshot.ts";
import { tagOf } from "../etag.ts";
import { disabledBy, instanceOverride, maintenanceOf, serverOverride, uidOf } from "../status.ts";
import type { ApiSource, Call, Operation, Outcome } from "./operation.ts";
import * as schemas from "./write_schemas.ts";

/** What is to be done, when nothing stands against it. */
export interface Planned {
  readonly request: CommandRequest;
  /** What would be done, one sentence: for a dry run. */
  readonly would: string;
  /** What operators have said of it so far. */
  readonly standing: object | undefined;
  readonly warnings?: readonly string[];
}

/** Why something is not done. */
export type Refused = Extract<Outcome, { readonly detail: string }>;

type Plan = (snapshot: Snapshot, call: Call) => Planned | Refused;

/** The wish of an operator about a real server. */
export type ServerWish =
  | { readonly command: "ready" }
  | { readonly command: "check-now" }
  | { readonly command: "drain" | "maint" }
  | { readonly command: "weight"; readonly weight?: number | string }
  | { readonly command: "health"; readonly health?: "up" | "down" };

/** There is no such thing. */
export const NOT_FOUND: Refused = { status: 404, detail: "there is none of that name" };
const RS = "/virtual-servers/{vs}/real-servers/{rs}";

/** An operation that asks the supervisor for one thing. */
export type Row =
  & Pick<Operation, "id" | "method" | "path" | "summary">
  & Partial<Pick<Operation, "body" | "bodyMayMiss" | "role">>
  & { readonly plan: Plan };

/** All of them, in the order of the description. */
export const WRITE_OPERATIONS: readonly Operation[] = [
  {
    id: "listOverrides",
    method: "get",
    path: "/overrides",
    role: "reader",
    summary: "All that operators have said and that holds",
    reply: schemas.Overrides,
    run: ({ snapshot }) => ({ status: 200, body: overridesOf(snapshot()) }),
  },
  {
    id: "getInstanceOverride",
    method: "get",
    path: "/vrrp/instances/{name}/override",
    role: "reader",
    summary: "What operators have said of a VRRP instance; its ETag is for If-Match",
    reply: schemas.InstanceOverride,
    hasEtag: true,
    run: ({ snapshot }, { params }) => {
      const found = snapshot().vrrpInstances.find(({ name }) => name === params.name);
      return found === undefined ? NOT_FOUND : tagged(instanceOverride(found.orders), found.orders);
    },
  },
  {
    id: "getServerOverride",
    method: "get",
    path: `${RS}/override`,
    role: "reader",
    summary: "What operators have said of a real server; its ETag is for If-Match",
    reply: schemas.ServerOverride,
    hasEtag: true,
    run: ({ snapshot }, { params }) => {
      const found = findServer(snapshot(), params.vs, params.rs);
      return found === undefined ? NOT_FOUND : tagged(serverOverride(found.real.override), found.real.override);
    },
  },
  ...([
    {
      id: "failover",
      method: "post",
      path: "/vrrp/instances/{name}:failover",
      summary: "Hands a master's addresses over to its peer, with all of its sync group",
      body: schemas.FailoverRequest,
      bodyMayMiss: true,
      plan: (snapshot, call) => {
        const { holdSeconds, force, reason } = call.body as z.infer<typeof schemas.FailoverRequest>;
        return onMembers(snapshot, call, (members, name) => {
          const other = members.find(({ state }) => state !== "master");
          if (other !== undefined) {
            return { status: 409, detail: `${other.name} is not master, it is in ${other.state}` };
          }
          const lonely = members.find(({ peer }) => peer === undefined);
          if (lonely !== undefined && force !== true) {
            return {
              status: 409,
              detail: `no peer of ${lonely.name} has been heard: \`force\` if you know that there is one`,
            };
          }
          return {
            request: { command: "failover", name, ...terms(holdSeconds, reason), ...(force === true && { force }) },
            would: `${names(members)} would resign`,
          };
        });
      },
    },
    {
      id: "hold",
      method: "put",
      path: "/vrrp/instances/{name}/hold",
      summary: "It does not take over from a master that is heard, with all of its sync group",
      body: schemas.HoldRequest,
      bodyMayMiss: true,
      plan: (snapshot, call) => {
        const { ttlSeconds, reason } = call.body as z.infer<typeof schemas.HoldRequest>;
        return onMembers(snapshot, call, (members, name) => ({
          request: { command: "hold", name, ...terms(ttlSeconds, reason) },
          would: `${names(members)} would be held`,
        }));
      },
    },
    {
      id: "release",
      method: "delete",
      path: "/vrrp/instances/{name}/hold",
      summary: "Takes a hold back",
      plan: (snapshot, call) =>
        onMembers(snapshot, call, (members, name) => ({
          request: { command: "release", name },
          would: `${names(members)} would be released`,
        })),
    },
    {
      id: "setPriority",
      method: "put",
      path: "/vrrp/instances/{name}/priority-override",
      summary: "Another priority than the configured one",
      body: schemas.PriorityRequest,
      plan: (snapshot, call) => {
        const { priority, ttlSeconds, reason } = call.body as z.infer<typeof schemas.PriorityRequest>;
        return onInstance(snapshot, call, ({ basePriority }, name) => {
          if (basePriority === 255) {
            return { status: 409, detail: `${name} owns its addresses: its priority does not change` };
          }
          return {
            request: { command: "priority", name, priority, ...terms(ttlSeconds, reason) },
            would: `${name} would have priority ${priority} instead of ${basePriority}`,
          };
        });
      },
    },
    {
      id: "clearPriority",
      method: "delete",
      path: "/vrrp/instances/{name}/priority-override",
      summary: "The configured priority again",
      plan: (snapshot, call) =>
        onInstance(snapshot, call, ({ basePriority }, name) => ({
          request: { command: "clear-priority", name },
          would: `${name} would have the priority of its configuration (${basePriority})`,
        })),
    },
    {
      id: "announce",
      method: "post",
      path: "/vrrp/instances/{name}:announce",
      summary: "Sends a master's gratuitous ARP and neighbor advertisements again",
      body: schemas.Reason,
      bodyMayMiss: true,
      plan: (snapshot, call) => {
        const { reason } = call.body as z.infer<typeof schemas.Reason>;
        return onMembers(snapshot, call, (members, name) => ({
          request: { command: "announce", name, ...terms(undefined, reason) },
          would: `${names(members)} would announce the addresses again`,
        }));
      },
    },
    {
      id: "setAdminState",
      method: "put",
      path: `${RS}/admin-state`,
      summary: "drain: no new connections; maint: out of the table at once; ready: takes everything back",
      body: schemas.AdminStateRequest,
      plan: (snapshot, call) => {
        const { state, ...more } = call.body as z.infer<typeof schemas.AdminStateRequest>;
        return onServer(snapshot, call, { command: state }, more);
      },
    },
    {
      id: "clearAdminState",
      method: "delete",
      path: `${RS}/admin-state`,
      summary: "As `ready`: takes back all that was said of the real server",
      plan: (snapshot, call) => onServer(snapshot, call, { command: "ready" }),
    },
    {
      id: "setWeight",
      method: "put",
      path: `${RS}/weight`,
      summary: "Another weight than configuration and checks say",
      body: schemas.WeightRequest,
      plan: (snapshot, call) => {
        const { weight, ...more } = call.body as z.infer<typeof schemas.WeightRequest>;
        return onServer(snapshot, call, { command: "weight", weight }, more);
      },
    },
    {
      id: "clearWeight",
      method: "delete",
      path: `${RS}/weight`,
      summary: "The weight that configuration and checks say",
      plan: (snapshot, call) => onServer(snapshot, call, { command: "weight" }),
    },
    {
      id: "setHealth",
      method: "put",
      path: `${RS}/health-override`,
      summary: "What the server counts as, whatever its checks say",
      body: schemas.HealthRequest,
      plan: (snapshot, call) => {
        const { state, ...more } = call.body as z.infer<typeof schemas.HealthRequest>;
        return onServer(snapshot, call, { command: "health", health: state }, more);
      },
    },
    {
      id: "clearHealth",
      method: "delete",
      path: `${RS}/health-override`,
      summary: "Its checks decide again",
      plan: (snapshot, call) => onServer(snapshot, call, { command: "health" }),
    },
    {
      id: "checkNow",
      method: "post",
      path: `${RS}:check-now`,
      summary: "Runs its checks at once; their results are in its `check`",
      body: schemas.Reason,
      bodyMayMiss: true,
      plan: (snapshot, call) => onServer(snapshot, call, { command: "check-now" }, call.body as object),
    },
  ] satisfies readonly Row[]).map(operationOf),
];

/** The operation: planned, and then done or, as a dry run, only said. */
export function operationOf({ plan, ...row }: Row): Operation {
  return {
    role: "operator",
    ...row,
    query: schemas.DryRun,
    reply: schemas.Done,
    hasEtag: true,
    problems: [409, 503],
    run: async ({ snapshot, command }, call) => {
      const planned = plan(snapshot(), call);
      if ("detail" in planned) return planned;
      const { request, would, standing, warnings = [] } = planned;
      if (call.query.dryRun === "true") {
        const isStale = call.ifMatch !== undefined &&
          ![tagOf(standing), "*"].some((tag) => call.ifMatch?.includes(tag));
        if (isStale) return { status: 412, detail: "an operator has said something else by now" };
        return { status: 200, body: { done: false, text: would, warnings }, etag: tagOf(standing) };
      }
      const answer = await ask(command, call, request);
      if ("detail" in answer) return answer;
      const { text, etag } = answer.result as { text: string; etag: string };
      return { status: 200, body: { done: true, text, warnings }, etag };
    },
  };
}

/** Asks the supervisor in the caller's name. */
export async function ask(
  command: ApiSource["command"],
  { credential, ifMatch }: Pick<Call, "credential" | "ifMatch">,
  request: CommandRequest,
): Promise<{ readonly result: unknown } | Refused> {
  if (credential === undefined) return { status: 401, detail: "credentials are needed for that" };
  const answer = await command(credential, { ...request, ...(ifMatch && { ifMatch }) });
  return answer.ok ? { result: answer.result } : { status: answer.status, detail: answer.message };
}

/** Judges what is wished of a real server. */
export function planForServer(
  { virtual, real }: FoundServer,
  wish: ServerWish,
  { ttlSeconds, reason, force }: {
    ttlSeconds?: number | undefined;
    reason?: string | undefined;
    force?: boolean | undefined;
  } = {},
): Planned | Refused {
  const realServer = formatEndpoint(real.address, real.port);
  const name = `${realServer} of ${virtual.name}`;
  const weight = wish.command === "weight" ? weightOf(wish.weight, real.weight.configured) : undefined;
  const lasts = wish.command !== "ready" && wish.command !== "check-now";
  const request: CommandRequest = {
    ...wish,
    ...(weight === undefined ? {} : { weight }),
    virtualServer: virtual.name,
    realServer,
    ...terms(lasts ? ttlSeconds : undefined, reason),
  };
  const takesAway = wish.command === "drain" || wish.command === "maint" || weight === 0 ||
    (wish.command === "health" && wish.health === "down");
  if (takesAway && force !== true && isLast(virtual, real)) {
    return { status: 409, detail: `${name} is the last one that gets connections there: \`force\` if you mean it` };
  }
  const persists = wish.command === "drain" && virtual.persistenceTimeoutSeconds > 0;
  const warnings = persists
    ? [`clients that were there within ${virtual.persistenceTimeoutSeconds} s still come (persistence)`]
    : [];
  return { request, would: wouldBe(name, wish, weight), standing: real.override, warnings };
}

/** A real server and what it is behind. */
export interface FoundServer {
  readonly virtual: VirtualServerSnapshot;
  readonly real: RealServerSnapshot;
}

/** By name or uid, and by `address:port`. */
export function findServer(
  { virtualServers }: Snapshot,
  vs: string | undefined,
  rs: string | undefined,
): FoundServer | undefined {
  const virtual = virtualServers.find(({ name }) => name === vs || uidOf(name) === vs);
  const real = virtual?.realServers.find(({ address, port }) => formatEndpoint(address, port) === rs);
  return virtual === undefined || real === undefined ? undefined : { virtual, real };
}

function onServer(
  snapshot: Snapshot,
  { params }: Call,
  wish: ServerWish,
  more: Parameters<typeof planForServer>[2] = {},
): Planned | Refused {
  const found = findServer(snapshot, params.vs, params.rs);
  return found === undefined ? NOT_FOUND : planForServer(found, wish, more);
}

/** No other server gets connections, and nobody stands in. */
function isLast({ realServers, sorryServer }: VirtualServerSnapshot, real: RealServerSnapshot): boolean {
  if (sorryServer !== undefined || real.weight.effective === 0) return false;
  return !realServers.some((other) => other !== real && (other.weight.effective > 0 || standsBy(other)));
}

/** A backup that would come in. */
function standsBy({ backup, state, presence }: RealServerSnapshot): boolean {
  const isUp = state === "up" || state === "going-down" || state === "no-check";
  return backup === true && isUp && (presence ?? "present") === "present";
}

function weightOf(weight: number | string | undefined, configured: number): number | undefined {
  return typeof weight === "string" ? Math.round(configured * Number.parseInt(weight) / 100) : weight;
}

function wouldBe(name: string, wish: ServerWish, weight: number | undefined): string {
  switch (wish.command) {
    case "ready":
      return `${name} would be as its configuration and its checks say`;
    case "drain":
      return `${name} would get no new connections`;
    case "maint":
      return `${name} would be out of the table`;
    case "weight":
      return `${name} would have ${weight === undefined ? "the weight of its configuration" : `weight ${weight}`}`;
    case "health":
      return `${name} would count as ${wish.health ?? "what its checks say"}`;
    case "check-now":
      return `the checks of ${name} would run`;
    default:
      return wish satisfies never;
  }
}

type PlannedPart = Omit<Planned, "standing"> | Refused;

function onInstance(
  { vrrpInstances }: Snapshot,
  { params }: Call,
  plan: (instance: VrrpInstanceSnapshot, name: string) => PlannedPart,
): Planned | Refused {
  const instance = vrrpInstances.find(({ name }) => name === params.name);
  return instance === undefined ? NOT_FOUND : { standing: instance.orders, ...plan(instance, instance.name) };
}

/** An instance with its sync group, or a sync group. */
function onMembers(
  { vrrpInstances }: Snapshot,
  { params }: Call,
  plan: (members: readonly VrrpInstanceSnapshot[], name: string) => PlannedPart,
): Planned | Refused {
  const { name = "" } = params;
  const one = vrrpInstances.find((instance) => instance.name === name);
  const group = one === undefined ? name : one.syncGroup;
  const members = vrrpInstances.filter((instance) =>
    instance === one || (group !== undefined && instance.syncGroup === group)
  );
  return members.length === 0 ? NOT_FOUND : { standing: one?.orders, ...plan(members, name) };
}

function names(members: readonly VrrpInstanceSnapshot[]): string {
  return members.map(({ name }) => name).join(", ");
}

/** Duration and reason, as commands have them. */
export function terms(ttlSeconds: number | undefined, reason: string | undefined): { forMs?: number; reason?: string } {
  return {
    ...(ttlSeconds === undefined ? {} : { forMs: Math.max(1, Math.round(ttlSeconds * 1000)) }),
    ...(reason === undefined || reason.trim() === "" ? {} : { reason }),
  };
}

/** A reply with the tag of what has been said. */
export function tagged(body: object, standing: object | undefined): Outcome {
  return { status: 200, body, etag: tagOf(standing) };
}

/** All that operators have said and that holds. */
export function overridesOf(
  { node, vrrpInstances, virtualServers, haproxy }: Snapshot,
): z.infer<typeof schemas.Overrides> {
  return {
    maintenance: maintenanceOf(node),
    instances: vrrpInstances.flatMap(({ name, orders }) =>
      orders === undefined ? [] : [{ name, etag: tagOf(orders), override: instanceOverride(orders) }]
    ),
    servers: virtualServers.flatMap(({ name: virtualServer, realServers }) =>
      realServers.flatMap(({ address, port, override }) => {
        const realServer = formatEndpoint(address, port);
        return override === undefined
          ? []
          : [{ virtualServer, realServer, etag: tagOf(override), override: serverOverride(override) }];
      })
    ),
    virtualServers: virtualServers.flatMap(({ name, disabled }) =>
      disabled === undefined ? [] : [{ name, etag: tagOf(disabled), override: disabledBy(disabled) }]
    ),
    haproxy: (haproxy?.overrides ?? []).map(({ backend, server, override }) => (
      { backend, server, etag: tagOf(override), override: serverOverride(override) }
    )),
  };
}
