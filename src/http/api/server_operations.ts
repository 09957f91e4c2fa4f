// Operations on whole virtual servers, on connections, and on many servers at a time.
import type { z } from "zod";
import { formatEndpoint } from "../../base/ip.ts";
import type { Snapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { disabledBy, uidOf } from "../status.ts";
import { planBulk, requestsToClear } from "./bulk.ts";
import type { Call, Operation } from "./operation.ts";
import {
  ask,
  findServer,
  NOT_FOUND,
  operationOf,
  planForServer,
  type Planned,
  type Refused,
  tagged,
  terms,
} from "./write_operations.ts";
import * as schemas from "./write_schemas.ts";

const VS = "/virtual-servers/{vs}";

/** All of them, in the order of the description. */
export const SERVER_OPERATIONS: readonly Operation[] = [
  {
    id: "getVirtualServerOverride",
    method: "get",
    path: `${VS}/override`,
    role: "reader",
    summary: "Whether an operator has taken a virtual server out of service; its ETag is for If-Match",
    reply: schemas.VirtualServerOverride,
    hasEtag: true,
    run: ({ snapshot }, { params }) => {
      const found = findVirtual(snapshot(), params.vs);
      return found === undefined ? NOT_FOUND : tagged(disabledBy(found.disabled), found.disabled);
    },
  },
  ...([
    {
      id: "setVirtualServerOverride",
      method: "put",
      path: `${VS}/override`,
      summary: "disabled: out of service, the sorry server stands in; enabled: as its configuration and its checks say",
      body: schemas.VirtualServerRequest,
      plan: (snapshot: Snapshot, call: Call) => {
        const { state, ttlSeconds, reason, force } = call.body as z.infer<typeof schemas.VirtualServerRequest>;
        return onVirtual(snapshot, call, (virtual) => {
          const { name: virtualServer, sorryServer } = virtual;
          const isOut = state === "disabled";
          if (isOut && sorryServer === undefined && force !== true) {
            const detail =
              `${virtualServer} has no sorry server, so that its clients would be refused: \`force\` if you mean it`;
            return { status: 409, detail };
          }
          return {
            request: {
              command: isOut ? "disable" : "enable",
              virtualServer,
              ...terms(isOut ? ttlSeconds : undefined, reason),
              ...(isOut && force === true && { force }),
            },
            would: `${virtualServer} would be ${isOut ? "out of service" : "in service"}`,
            standing: virtual.disabled,
          };
        });
      },
    },
    {
      id: "clearVirtualServerOverride",
      method: "delete",
      path: `${VS}/override`,
      summary: "In service again, as its configuration and its checks say",
      plan: (snapshot: Snapshot, call: Call) =>
        onVirtual(snapshot, call, ({ name: virtualServer, disabled }) => ({
          request: { command: "enable", virtualServer },
          would: `${virtualServer} would be in service`,
          standing: disabled,
        })),
    },
    {
      id: "killConnections",
      method: "post",
      path: `${VS}/real-servers/{rs}:kill-connections`,
      role: "admin",
      summary:
        "Takes it out of the table for a second, so that the kernel ends its connections; new ones come after that",
      body: schemas.KillRequest,
      bodyMayMiss: true,
      plan: (snapshot: Snapshot, { params, body }: Call) => {
        const found = findServer(snapshot, params.vs, params.rs);
        if (found === undefined) return NOT_FOUND;
        // For that second it is as if it were out.
        const { force, reason } = body as z.infer<typeof schemas.KillRequest>;
        const judged = planForServer(found, { command: "maint" }, { force });
        if ("detail" in judged) return judged;
        const { address, port } = found.real;
        const realServer = formatEndpoint(address, port);
        const virtualServer = found.virtual.name;
        return {
          request: { command: "kill-connections", virtualServer, realServer, ...terms(undefined, reason) },
          would: `the connections of ${realServer} of ${virtualServer} would end`,
          standing: found.real.override,
        };
      },
    },
  ] as const).map(operationOf),
  {
    id: "setAdminStateEverywhere",
    method: "put",
    path: "/real-servers/{address}/admin-state",
    role: "operator",
    summary:
      "drain, maint or ready for every server of an address (or `address:port`), HAProxy's too: for all, or for none",
    query: schemas.DryRun,
    body: schemas.AdminStateRequest,
    reply: schemas.BulkDone,
    problems: [409, 412, 503],
    run: async ({ snapshot, command }, call) => {
      const { state, ttlSeconds, force, reason } = call.body as z.infer<typeof schemas.AdminStateRequest>;
      const { address = "" } = call.params;
      const plans = planBulk(snapshot(), address, { command: state }, { ttlSeconds, force, reason });
      if (plans.length === 0) return { status: 404, detail: `no real server has the address \`${address}\`` };
      const refused = plans.flatMap(({ planned }) => "detail" in planned ? [planned.detail] : []);
      if (refused.length > 0) return { status: 409, detail: refused.join("; ") };
      if (call.query.dryRun === "true") {
        const servers = plans.map(({ virtualServer, realServer, planned }) => (
          { virtualServer, realServer, done: false, text: "would" in planned ? planned.would : "" }
        ));
        const text = `${servers.length} ${servers.length === 1 ? "server" : "servers"} would be changed`;
        return { status: 200, body: { done: false, text, warnings: [], servers } };
      }
      const lasts = state === "ready" ? undefined : ttlSeconds;
      const request = {
        command: "everywhere",
        state,
        address,
        ...terms(lasts, reason),
        ...(force === true && { force }),
      };
      const answer = await ask(command, call, request);
      if ("detail" in answer) return answer;
      const { text, servers } = answer.result as { text: string; servers: unknown };
      return { status: 200, body: { done: true, text, warnings: [], servers } };
    },
  },
  {
    id: "clearOverrides",
    method: "delete",
    path: "/overrides",
    role: "operator",
    summary: "Takes back all that operators have said of servers and instances; the maintenance of the node stays",
    query: schemas.DryRun,
    reply: schemas.Done,
    problems: [409, 412, 503],
    run: async ({ snapshot, command }, call) => {
      if (call.query.dryRun === "true") {
        const { length } = requestsToClear(snapshot());
        const text = `${length} ${length === 1 ? "order" : "orders"} would be taken back`;
        return { status: 200, body: { done: false, text, warnings: [] } };
      }
      const answer = await ask(command, call, { command: "clear-overrides" });
      if ("detail" in answer) return answer;
      const { text } = answer.result as { text: string };
      return { status: 200, body: { done: true, text, warnings: [] } };
    },
  },
];

function findVirtual({ virtualServers }: Snapshot, vs: string | undefined): VirtualServerSnapshot | undefined {
  return virtualServers.find(({ name }) => name === vs || uidOf(name) === vs);
}

function onVirtual(
  snapshot: Snapshot,
  { params }: Call,
  plan: (virtual: VirtualServerSnapshot) => Planned | Refused,
): Planned | Refused {
  const found = findVirtual(snapshot, params.vs);
  return found === undefined ? NOT_FOUND : plan(found);
}
