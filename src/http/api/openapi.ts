// The OpenAPI 3.1 description of the API, made of its operations and their schemas. Committed as docs/openapi.json and served
// as /openapi.json; a test keeps both the same.
import { z } from "zod";
import { VERSION } from "../../base/version.ts";
import { type Operation, OPERATIONS } from "./operations.ts";
import type { ProblemStatus } from "../problem.ts";
import { Problem } from "./schemas.ts";

type Json = Record<string, unknown>;

/** Where all operations are. */
export const API_BASE = "/api/v1";

/** The whole description. */
export function openApi(operations: readonly Operation[] = OPERATIONS): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = paths[operation.path] ??= {};
    path[operation.method] = operationOf(operation);
  }
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern; // longer than all the rest, and says the same
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Holdfast",
      version: VERSION,
      description: "VRRP, IPVS and health checks of one node. Clients ignore fields that they do not know.",
      license: { name: "see LICENSE" },
    },
    servers: [{ url: API_BASE }],
    security: [{}, { basic: [] }, { bearer: [] }, { certificate: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema as Json)])),
      responses: responses(),
      securitySchemes: {
        basic: { type: "http", scheme: "basic" },
        bearer: { type: "http", scheme: "bearer", description: "an opaque token" },
        certificate: { type: "mutualTLS", description: "at addresses with `client_ca`" },
      },
    },
  };
}

function operationOf(operation: Operation): Json {
  const { id, summary, role, path, query, body, reply, hasEtag, method, bodyMayMiss, takesBytes } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const inPath = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string", minLength: 1 } }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: inline(schema as z.ZodType),
  }));
  const isRead = method === "get";
  const header = (name: string): Json => ({ name, in: "header", required: false, schema: { type: "string" } });
  const inHeader = [
    ...(hasEtag ? [header(isRead ? "If-None-Match" : "If-Match")] : []),
    ...(isRead || takesBytes ? [] : [header("Idempotency-Key")]),
  ];
  const answer = (more: Json = {}): Json => ({
    description: summary,
    ...(hasEtag ? { headers: { ETag: { schema: { type: "string" } }, ...more } } : {}),
    content: {
      "application/json": { schema: reference(reply) },
      ...(operation.streams && { "text/event-stream": { schema: { type: "string" } } }),
    },
  });
  return {
    operationId: id,
    summary,
    "x-required-role": role,
    parameters: [...inPath, ...inQuery, ...inHeader],
    ...(body && {
      requestBody: { required: !bodyMayMiss, content: { "application/json": { schema: reference(body) } } },
    }),
    ...(takesBytes && { requestBody: { required: true, content: { "application/octet-stream": {} } } }),
    responses: {
      "200": answer(),
      ...(operation.mayTakeLonger ? { "202": answer({ Location: { schema: { type: "string" } } }) } : {}),
      ...(hasEtag && isRead ? { "304": { description: "As known: If-None-Match names it" } } : {}),
      ...Object.fromEntries(
        problemsOf(operation).map((status) => [
          String(status),
          { $ref: `#/components/responses/${status}` },
        ]),
      ),
    },
  };
}

/** The problems that an operation may answer with. */
export function problemsOf({ path, query, body, hasEtag, method, mayLack, problems = [] }: Operation): ProblemStatus[] {
  const isRead = method === "get";
  const all: ProblemStatus[] = [
    401,
    403,
    421,
    429,
    503,
    ...(path.includes("{") || mayLack ? [404 as const] : []),
    ...(hasEtag && !isRead ? [412 as const] : []),
    ...(body || query ? [422 as const] : []),
    ...(isRead ? [] : [400, 408, 409, 413, 415, 422] as const),
    ...problems,
  ];
  return [...new Set(all)].sort((a, b) => a - b);
}

const WHY: Readonly<Partial<Record<ProblemStatus, string>>> = {
  400: "The body is not JSON, or the Idempotency-Key no key",
  401: "Nobody is known by these credentials",
  403: "This caller may not do that, or a page of others sent it",
  404: "There is none of that name",
  408: "The body did not come in time",
  409: "What is asked for is impossible now: the detail says why",
  412: "If-Match names something that holds no more",
  413: "The body is longer than is taken here",
  415: "The body must be application/json",
  421: "This host name is not served here",
  422: "What was sent is not what is asked for",
  429: "Too many attempts",
  503: "Too much at a time, or a role that is not there",
};

function responses(): Json {
  return Object.fromEntries(
    Object.entries(WHY).map(([status, description]) => [status, {
      description,
      content: { "application/problem+json": { schema: reference(Problem) } },
    }]),
  );
}

/** Named schemas by their names, lists of them as lists. */
function reference(schema: z.ZodType): Json {
  const id = schema.meta()?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  if (schema instanceof z.ZodArray) return { type: "array", items: reference(schema.element as z.ZodType) };
  return inline(schema);
}

function inline(schema: z.ZodType): Json {
  return withoutIds(z.toJSONSchema(schema, { io: "input" }) as Json);
}

function withoutIds({ $schema: _schema, $id: _id, id: _name, ...schema }: Json): Json {
  return schema;
}
