// Operations on the configuration, and what was done: differences, taking one over on trial or for good, going back; history,
// tasks and audit.
import type { z } from "zod";
import { isYaml } from "../../config/yaml_shape.ts";
import type { AuditEntry, GenerationEntry, TaskEntry } from "../../ports/commands.ts";
import { time } from "../status.ts";
import type { ApiSource, Call, Operation, Outcome } from "./operation.ts";
import { ask, type Refused } from "./write_operations.ts";
import * as schemas from "./write_schemas.ts";

/** A configuration as it comes, escaped. */
const CONFIG_BYTES = 2 << 20;

/** All of them, in the order of the description. */
export const CONFIG_OPERATIONS: readonly Operation[] = [
  {
    id: "diffConfig",
    method: "post",
    path: "/config:diff",
    role: "operator",
    summary: "What a configuration would change, object by object; changes nothing",
    body: schemas.DifferenceRequest,
    maxBodyBytes: CONFIG_BYTES,
    reply: schemas.Difference,
    hasEtag: true,
    problems: [503],
    run: async (source, call) => {
      const { text, syntax } = call.body as z.infer<typeof schemas.DifferenceRequest>;
      const refused = otherSyntax(source, syntax);
      if (refused !== undefined) return refused;
      const answer = await ask(source.command, call, { command: "config-diff", text });
      return "detail" in answer ? answer : { status: 200, body: answer.result };
    },
  },
  {
    id: "applyConfig",
    method: "put",
    path: "/config",
    role: "admin",
    summary: "Takes a configuration over as a reload does, as a whole or not at all",
    query: schemas.DryRun,
    body: schemas.ApplyRequest,
    maxBodyBytes: CONFIG_BYTES,
    reply: schemas.ConfigChange,
    hasEtag: true,
    mayTakeLonger: true,
    problems: [409, 503],
    run: async (source, call) => {
      const { text, syntax, comment, confirmWithinSeconds, save } = call.body as z.infer<typeof schemas.ApplyRequest>;
      const refused = otherSyntax(source, syntax);
      if (refused !== undefined) return refused;
      if (call.query.dryRun === "true") return await rehearsed(source, call, text);
      return await changed(source, call, {
        command: "config-apply",
        text,
        ...(comment === undefined ? {} : { comment }),
        ...(confirmWithinSeconds === undefined ? {} : { confirmMs: Math.round(confirmWithinSeconds * 1000) }),
        ...(save === undefined ? {} : { save }),
      });
    },
  },
  {
    id: "confirmConfig",
    method: "post",
    path: "/config:confirm",
    role: "admin",
    summary: "What is on trial stays",
    body: schemas.Reason,
    bodyMayMiss: true,
    reply: schemas.ConfigChange,
    hasEtag: true,
    problems: [409, 503],
    run: (source, call) => changed(source, call, { command: "config-confirm", ...reasonOf(call) }),
  },
  {
    id: "rollbackConfig",
    method: "post",
    path: "/config:rollback",
    role: "admin",
    summary: "Goes back: from what is on trial, or to an earlier generation",
    body: schemas.RollbackRequest,
    bodyMayMiss: true,
    reply: schemas.ConfigChange,
    hasEtag: true,
    problems: [409, 503],
    run: (source, call) => {
      const { to } = call.body as z.infer<typeof schemas.RollbackRequest>;
      return changed(source, call, {
        command: "config-rollback",
        ...reasonOf(call),
        ...(to === undefined ? {} : { to }),
      });
    },
  },
  {
    id: "reloadConfig",
    method: "post",
    path: "/config:reload",
    role: "operator",
    summary: "Reads the file again",
    body: schemas.Reason,
    bodyMayMiss: true,
    reply: schemas.ConfigChange,
    hasEtag: true,
    problems: [409, 503],
    run: async (source, call) => {
      const answer = await ask(source.command, call, { command: "reload", ...reasonOf(call) });
      if ("detail" in answer) return answer;
      const { accepted, generation, report, problem, changes } = answer.result as {
        accepted: boolean;
        generation: number;
        report: string;
        problem?: string;
        changes: unknown;
      };
      if (!accepted) {
        return { status: 409, detail: [problem ?? "it was refused", report.trimEnd()].join("\n").trimEnd() };
      }
      return { status: 200, body: { done: true, text: `configuration ${generation} is in use`, generation, changes } };
    },
  },
  {
    id: "listGenerations",
    method: "get",
    path: "/config/history",
    role: "reader",
    summary: "The configurations that were in use since the start, the newest first",
    reply: schemas.Generation.array(),
    run: ({ operations }) => ({ status: 200, body: operations().history.map(generationOf) }),
  },
  {
    id: "listTasks",
    method: "get",
    path: "/tasks",
    role: "reader",
    summary: "Changes of the configuration, and updates, over the API, the newest first",
    reply: schemas.Task.array(),
    run: ({ operations }) => ({ status: 200, body: operations().tasks.map(taskOf) }),
  },
  {
    id: "getTask",
    method: "get",
    path: "/tasks/{id}",
    role: "reader",
    summary: "One of them",
    reply: schemas.Task,
    run: ({ operations }, { params }) => {
      const found = operations().tasks.find(({ id }) => id === params.id);
      return found === undefined
        ? { status: 404, detail: "there is none of that name" }
        : { status: 200, body: taskOf(found) };
    },
  },
  {
    id: "listAudit",
    method: "get",
    path: "/audit",
    role: "admin",
    summary: "Who did what, and who tried, the newest first",
    query: schemas.AuditQuery,
    reply: schemas.AuditEntry.array(),
    run: ({ operations }, { query }) => {
      const since = typeof query.since === "number" ? query.since : 0;
      return { status: 200, body: operations().audit.filter(({ id }) => id > since).map(auditOf) };
    },
  },
];

/** What comes goes into the file that the configuration was read from. */
function otherSyntax({ config }: ApiSource, syntax: string | undefined): Refused | undefined {
  const running = config();
  if (running === undefined) return { status: 503, detail: "the configuration is not known yet" };
  const expected = isYaml(running.source) ? "yaml" : "keepalived";
  if (syntax === undefined || syntax === expected) return undefined;
  return { status: 422, detail: `the file is in the syntax \`${expected}\`` };
}

async function rehearsed(source: ApiSource, call: Call, text: string): Promise<Outcome> {
  const answer = await ask(source.command, call, { command: "config-diff", text });
  if ("detail" in answer) return answer;
  const { acceptable, problem, report, changes } = answer.result as z.infer<typeof schemas.Difference>;
  if (!acceptable) return { status: 409, detail: [problem ?? "", report.trimEnd()].join("\n").trim() };
  const { generation = 0, etag } = source.config() ?? {};
  const body = { done: false, text: "it would be taken over", generation, changes };
  return { status: 200, body, ...(etag === undefined ? {} : { etag }) };
}

async function changed(
  { command }: ApiSource,
  call: Call,
  request: { readonly command: string; readonly [field: string]: unknown },
): Promise<Outcome> {
  const answer = await ask(command, call, request);
  if ("detail" in answer) return answer;
  const { task, generation, etag, text, changes, confirmByMs } = answer.result as {
    task: string;
    generation: number;
    etag: string;
    text: string;
    changes: unknown;
    confirmByMs?: number;
  };
  const body = { done: true, text, task, generation, changes };
  if (confirmByMs === undefined) return { status: 200, body, etag };
  return { status: 202, body: { ...body, confirmBy: time(confirmByMs) }, etag, location: `/api/v1/tasks/${task}` };
}

function reasonOf({ body }: Call): { reason?: string } {
  const { reason } = body as { reason?: string };
  return reason === undefined ? {} : { reason };
}

function generationOf({ atMs, ...entry }: GenerationEntry): z.infer<typeof schemas.Generation> {
  return { ...entry, at: time(atMs) };
}

function taskOf({ startedAtMs, endedAtMs, ...task }: TaskEntry): z.infer<typeof schemas.Task> {
  return { ...task, startedAt: time(startedAtMs), ...(endedAtMs === undefined ? {} : { endedAt: time(endedAtMs) }) };
}

function auditOf({ atMs, ...entry }: AuditEntry): z.infer<typeof schemas.AuditEntry> {
  return { ...entry, at: time(atMs) };
}
