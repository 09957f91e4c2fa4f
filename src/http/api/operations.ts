// The operations of /api/v1: path, role, what goes in and comes out, and what is done. Routes and description are made of
// this one table. Those that change something are in files of their own.
import type { z } from "zod";
import { formatEndpoint } from "../../base/ip.ts";
import type { Diagnostic as FoundDiagnostic } from "../../config/diagnostic.ts";
import { loadConfig } from "../../config/load.ts";
import { redactedText } from "../../config/running_text.ts";
import type { CheckSnapshot, Snapshot } from "../../ports/snapshot.ts";
import { check, checkId, realServer, statusOf, time, uidOf, virtualServer, vrrpInstance } from "../status.ts";
import { CONFIG_OPERATIONS } from "./config_operations.ts";
import { HAPROXY_OPERATIONS } from "./haproxy_operations.ts";
import { MAINTENANCE_OPERATIONS } from "./maintenance_operations.ts";
import type { Call, Operation, Outcome } from "./operation.ts";
import { JOURNAL_OPERATIONS } from "./journal_operations.ts";
import * as schemas from "./schemas.ts";
import { SERVER_OPERATIONS } from "./server_operations.ts";
import { TOKEN_OPERATIONS } from "./token_operations.ts";
import { UPDATE_OPERATIONS } from "./update_operations.ts";
import { WRITE_OPERATIONS } from "./write_operations.ts";

export { ROLES } from "./operation.ts";
export type { ApiSource, Call, Operation, Outcome, Role } from "./operation.ts";

const CONFIG_BYTES = 8 << 20;
const DEFAULT_RESULTS = 20;

/** All of them, in the order of the description. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: "getStatus",
    method: "get",
    path: "/status",
    role: "reader",
    summary: "Everything at one moment",
    reply: schemas.Status,
    run: ({ snapshot, wallMs }) => found(statusOf(snapshot(), wallMs())),
  },
  {
    id: "getNode",
    method: "get",
    path: "/node",
    role: "reader",
    summary: "This node, its roles and what their processes use",
    reply: schemas.Node,
    run: ({ snapshot }) => found(nodeOf(snapshot())),
  },
  {
    id: "listVrrpInstances",
    method: "get",
    path: "/vrrp/instances",
    role: "reader",
    summary: "All VRRP instances",
    reply: schemas.VrrpInstance.array(),
    run: ({ snapshot }) => found(snapshot().vrrpInstances.map(vrrpInstance)),
  },
  {
    id: "getVrrpInstance",
    method: "get",
    path: "/vrrp/instances/{name}",
    role: "reader",
    summary: "One VRRP instance",
    reply: schemas.VrrpInstance,
    run: ({ snapshot }, { params }) =>
      found(first(snapshot().vrrpInstances, ({ name }) => name === params.name, vrrpInstance)),
  },
  {
    id: "listVirtualServers",
    method: "get",
    path: "/virtual-servers",
    role: "reader",
    summary: "All virtual servers with their real servers",
    reply: schemas.VirtualServer.array(),
    run: ({ snapshot }) => found(snapshot().virtualServers.map(virtualServer)),
  },
  {
    id: "getVirtualServer",
    method: "get",
    path: "/virtual-servers/{vs}",
    role: "reader",
    summary: "One virtual server, by its name or uid",
    reply: schemas.VirtualServer,
    run: ({ snapshot }, call) => found(first(snapshot().virtualServers, isServer(call), virtualServer)),
  },
  {
    id: "listRealServers",
    method: "get",
    path: "/virtual-servers/{vs}/real-servers",
    role: "reader",
    summary: "The real servers of one virtual server",
    reply: schemas.RealServer.array(),
    run: ({ snapshot }, call) =>
      found(first(snapshot().virtualServers, isServer(call), ({ realServers }) => realServers.map(realServer))),
  },
  {
    id: "getRealServer",
    method: "get",
    path: "/virtual-servers/{vs}/real-servers/{rs}",
    role: "reader",
    summary: "One real server, by its id `address:port`",
    reply: schemas.RealServer,
    run: ({ snapshot }, call) =>
      found(first(snapshot().virtualServers, isServer(call), ({ realServers }) => {
        return first(realServers, ({ address, port }) => formatEndpoint(address, port) === call.params.rs, realServer);
      })),
  },
  {
    id: "listChecks",
    method: "get",
    path: "/checks",
    role: "reader",
    summary: "The checks that decide, with their last results",
    reply: schemas.CheckEntry.array(),
    run: ({ snapshot }) => found(checksOf(snapshot())),
  },
  {
    id: "getCheckHistory",
    method: "get",
    path: "/checks/{id}/history",
    role: "reader",
    summary: "The last results of one check, the newest first",
    query: schemas.HistoryQuery,
    reply: schemas.CheckResult.array(),
    run: ({ watch }, { params, query }) => {
      const limit = typeof query.limit === "number" ? query.limit : DEFAULT_RESULTS;
      return found(watch.checks.of(params.id ?? "")?.slice(0, limit).map(resultOf));
    },
  },
  ...JOURNAL_OPERATIONS,
  {
    id: "getConfig",
    method: "get",
    path: "/config",
    role: "reader",
    summary: "The configuration that runs, without its secrets",
    reply: schemas.RunningConfig,
    hasEtag: true,
    run: ({ config }) => {
      const running = config();
      if (running === undefined) return { status: 503, detail: "the configuration is not known yet" };
      return { status: 200, body: running, etag: running.etag };
    },
  },
  {
    id: "validateConfig",
    method: "post",
    path: "/config:validate",
    role: "operator",
    summary: "Says what is wrong with a configuration; changes nothing",
    body: schemas.ValidationRequest,
    maxBodyBytes: CONFIG_BYTES,
    reply: schemas.Validation,
    hasEtag: true,
    run: ({ snapshot }, { body }) =>
      found(validate(body as z.infer<typeof schemas.ValidationRequest>, snapshot().node.routerId)),
  },
  ...MAINTENANCE_OPERATIONS,
  ...WRITE_OPERATIONS,
  ...SERVER_OPERATIONS,
  ...HAPROXY_OPERATIONS,
  ...CONFIG_OPERATIONS,
  ...TOKEN_OPERATIONS,
  ...UPDATE_OPERATIONS,
];

/** Nothing found is 404. */
function found(body: unknown): Outcome {
  return body === undefined ? { status: 404, detail: "there is none of that name" } : { status: 200, body };
}

function first<Item, Result>(
  items: readonly Item[],
  wanted: (item: Item) => boolean,
  show: (item: Item) => Result,
): Result | undefined {
  const item = items.find(wanted);
  return item === undefined ? undefined : show(item);
}

function isServer({ params }: Call): (server: { readonly name: string }) => boolean {
  return ({ name }) => name === params.vs || uidOf(name) === params.vs;
}

function nodeOf({ node }: Snapshot): z.infer<typeof schemas.Node> {
  const { reloads } = node;
  return {
    node: node.routerId,
    version: node.version,
    startedAt: time(node.startedAtMs),
    generation: node.generation,
    roles: [...node.roles],
    processes: [...node.processes ?? []],
    ...(reloads && {
      reloads: {
        accepted: reloads.accepted,
        rejected: reloads.rejected,
        lastAcceptedAt: time(reloads.lastAcceptedAtMs),
      },
    }),
  };
}

function checksOf({ virtualServers }: Snapshot): Record<string, unknown>[] {
  return virtualServers.flatMap((server) =>
    server.realServers.flatMap(({ address, port, check: last }) => {
      if (last === undefined) return [];
      const id = formatEndpoint(address, port);
      return [{ id: checkId(server.name, id), virtualServer: server.name, realServer: id, check: check(last) }];
    })
  );
}

function resultOf({ status, code, text, durationUs, atMs }: CheckSnapshot): z.infer<typeof schemas.CheckResult> {
  return {
    status,
    ...(code === undefined ? {} : { code }),
    text,
    durationSeconds: durationUs / 1_000_000,
    at: time(atMs),
  };
}

function validate(
  { text, syntax }: z.infer<typeof schemas.ValidationRequest>,
  hostName: string,
): z.infer<typeof schemas.Validation> {
  const path = syntax === "yaml" ? "request.yaml" : "request.conf";
  const { config, diagnostics } = loadConfig({ path, text, hostName });
  const of = (severity: string): z.infer<typeof schemas.Diagnostic>[] =>
    diagnostics.filter((entry) => entry.severity === severity).map(diagnosticOf);
  return {
    valid: config !== undefined,
    errors: of("error"),
    warnings: of("warning"),
    ...(config && { normalized: redactedText(config).text }),
  };
}

function diagnosticOf(
  { severity, code, message, help, location }: FoundDiagnostic,
): z.infer<typeof schemas.Diagnostic> {
  const { line, column, length } = location;
  return { severity, code, message, line, column, endColumn: column + length, ...(help === undefined ? {} : { help }) };
}
