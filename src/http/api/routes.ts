// Puts the operations under their paths: reads parameters, query and body, hears conditions, writes JSON or a problem.
import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { problem } from "../problem.ts";
import { docsPage } from "./docs_page.tsx";
import { API_BASE, openApi } from "./openapi.ts";
import { type ApiSource, type Call, type Operation, OPERATIONS } from "./operations.ts";

/** Longest body where an operation says nothing. */
const MAX_BODY_BYTES = 1 << 20;
/** How long a body may take to come. */
const BODY_MS = 10_000;

/** The operation behind a request, for those who decide whether it may be done; undefined: it is none. */
export function operationAt(method: string, path: string): Operation | undefined {
  const wanted = method === "HEAD" ? "get" : method.toLowerCase();
  return OPERATIONS.find((operation) => operation.method === wanted && patternOf(operation).test(path));
}

/** Adds the routes. */
export function addApiRoutes(app: Hono, source: ApiSource): void {
  app.get("/openapi.json", (context) => {
    const { text, etag } = described ??= describe();
    context.header("ETag", etag);
    if (isKnown(context.req.header("if-none-match"), etag)) return context.body(null, 304);
    return context.body(text, 200, { "Content-Type": "application/json" });
  });
  app.get("/docs", (context) => context.html(docsPage()));
  for (const operation of OPERATIONS) {
    const path = API_BASE + operation.path.replace(/\{(\w+)\}/g, ":$1");
    if (operation.method === "get") app.get(path, (context) => answer(context, operation, source));
    else {
      const limit = bodyLimit({
        maxSize: operation.maxBodyBytes ?? MAX_BODY_BYTES,
        onError: (context) => problem(context, 413, "the body is longer than is taken here"),
      });
      app.post(path, limit, (context) => answer(context, operation, source));
    }
  }
}

interface Description {
  readonly text: string;
  readonly etag: string;
}

/** Made when it is first asked for, not at the start. */
let described: Description | undefined;

function describe(): Description {
  const text = JSON.stringify(openApi());
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
}

async function answer(context: Context, operation: Operation, source: ApiSource): Promise<Response> {
  const query = read(operation.query, context.req.query());
  if (query.errors !== undefined) return problem(context, 422, "the query is not what is asked for", query.errors);
  let body: Reading = { value: undefined };
  if (operation.body !== undefined) {
    const json = await within(BODY_MS, context.req.json().catch(() => undefined));
    if (json === TOO_LATE) return problem(context, 408, "the body did not come in time");
    if (json === undefined) return problem(context, 400, "the body is not JSON");
    body = read(operation.body, json);
    if (body.errors !== undefined) return problem(context, 422, "the body is not what is asked for", body.errors);
  }
  const running = source.config()?.etag;
  const wanted = context.req.header("if-match");
  if (operation.method === "post" && operation.hasEtag && wanted !== undefined && !isKnown(wanted, quoted(running))) {
    return problem(context, 412, "another configuration runs by now");
  }
  const call: Call = { params: context.req.param(), query: query.value as Call["query"], body: body.value };
  const outcome = operation.run(source, call);
  if (outcome.status !== 200) return problem(context, outcome.status, outcome.detail);
  if (outcome.etag !== undefined) {
    context.header("ETag", quoted(outcome.etag));
    if (isKnown(context.req.header("if-none-match"), quoted(outcome.etag))) return context.body(null, 304);
  }
  return context.json(outcome.body as object);
}

interface Reading {
  readonly value?: unknown;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** At most so many errors are told. */
const MAX_ERRORS = 20;

function read(schema: z.ZodObject | undefined, value: unknown): Reading {
  if (schema === undefined) return { value: {} };
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const errors = result.error.issues.slice(0, MAX_ERRORS)
    .map(({ path, message }) => ({ path: path.join("."), message: message.slice(0, 200) }));
  return { errors };
}

const TOO_LATE = Symbol("too late");

async function within<Value>(limitMs: number, promise: Promise<Value>): Promise<Value | typeof TOO_LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof TOO_LATE>((resolve) => timer = setTimeout(() => resolve(TOO_LATE), limitMs));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a list of entity tags names ours; weak ones count as well, since what is compared is all there is. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").map((entry) => entry.trim().replace(/^W\//, "")).some((entry) =>
    entry === "*" || entry === etag
  );
}

function quoted(etag: string | undefined): string {
  return `"${etag ?? ""}"`;
}

function patternOf({ path }: Operation): RegExp {
  const escaped = path.replace(/[.:]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${API_BASE}${escaped}$`);
}
