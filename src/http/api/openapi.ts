// The OpenAPI 3.1 description of the API, made of its operations and their schemas. Committed as docs/openapi.json and served
// as /openapi.json; a test keeps both the same.
import { z } from "zod";
import { VERSION } from "../../base/version.ts";
import { type Operation, OPERATIONS } from "./operations.ts";
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
    security: [{}, { basic: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema as Json)])),
      securitySchemes: {
        basic: { type: "http", scheme: "basic" },
        bearer: { type: "http", scheme: "bearer", description: "an opaque token" },
      },
    },
  };
}

function operationOf({ id, summary, role, path, query, body, reply, hasEtag, method, ...more }: Operation): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const inPath = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: inline(schema as z.ZodType),
  }));
  const condition = method === "get" ? "If-None-Match" : "If-Match";
  const inHeader = hasEtag ? [{ name: condition, in: "header", required: false, schema: { type: "string" } }] : [];
  const refused = (description: string): Json => ({
    description,
    content: { "application/problem+json": { schema: reference(Problem) } },
  });
  return {
    operationId: id,
    summary,
    "x-required-role": role,
    parameters: [...inPath, ...inQuery, ...inHeader],
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: reference(body) } } } }),
    responses: {
      "200": {
        description: summary,
        ...(hasEtag && method === "get" ? { headers: { ETag: { schema: { type: "string" } } } } : {}),
        content: {
          "application/json": { schema: reference(reply) },
          ...(more.streams && { "text/event-stream": { schema: { type: "string" } } }),
        },
      },
      ...(hasEtag && method === "get" ? { "304": { description: "As known: If-None-Match names it" } } : {}),
      "401": refused("Nobody is known by these credentials"),
      "403": refused("This caller may not do that"),
      ...(names.length > 0 || more.mayLack ? { "404": refused("There is none of that name") } : {}),
      ...(hasEtag && method === "post" ? { "412": refused("Another configuration runs by now") } : {}),
      ...(body || query ? { "422": refused("What was sent is not what is asked for") } : {}),
      ...(more.streams ? { "503": refused("Too many streams are open") } : {}),
    },
  };
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
