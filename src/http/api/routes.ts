// Puts the operations under their paths: reads parameters, query and body, hears conditions, writes JSON or a problem.
import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { z } from "zod";
import { readBody } from "../body.ts";
import { callerOf } from "../caller.ts";
import { tagsOf } from "../etag.ts";
import { problem } from "../problem.ts";
import { docsPage } from "./docs_page.tsx";
import { IdempotencyKeys, type KeptAnswer, KEY_PATTERN } from "./idempotency.ts";
import { API_BASE, openApi } from "./openapi.ts";
import { type ApiSource, type Call, type Operation, OPERATIONS } from "./operations.ts";

/** Longest body where an operation says nothing. */
const MAX_BODY_BYTES = 1 << 20;

/** The operation behind a request, for those who decide whether it may be done; undefined: it is none. */
export function operationAt(method: string, path: string): Operation | undefined {
  const wanted = method === "HEAD" ? "get" : method.toLowerCase();
  return OPERATIONS.find((operation) => operation.method === wanted && patternOf(operation).test(path));
}

/** The methods of the operations at a path. */
export function methodsAt(path: string): string[] {
  const methods = OPERATIONS.filter((operation) => patternOf(operation).test(path)).map(({ method }) => method);
  return [...new Set(methods.flatMap((method) => method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))];
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
  const keys = new IdempotencyKeys(source.wallMs);
  for (const operation of OPERATIONS) {
    const path = API_BASE + routeOf(operation.path);
    if (operation.method === "get") {
      app.get(path, (context) => answer(context, operation, source));
      continue;
    }
    app.on(operation.method.toUpperCase(), path, (context) => once(context, operation, source, keys));
  }
}

/** A path as the router wants it. A verb belongs to the last name, so that the name's pattern has to end with it. */
function routeOf(path: string): string {
  return path.replace(
    /\{(\w+)\}(:[\w-]+)?/g,
    (_, name, verb) => verb === undefined ? `:${name}` : `:${name}{[^/]+${verb}}`,
  );
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

/** A request with an Idempotency-Key is carried out once, however often it comes. */
async function once(
  context: Context,
  operation: Operation,
  source: ApiSource,
  keys: IdempotencyKeys,
): Promise<Response> {
  if (operation.takesBytes) return await answer(context, operation, source);
  const key = context.req.header("idempotency-key");
  const body = await readBody(context, operation.maxBodyBytes ?? MAX_BODY_BYTES);
  if (typeof body !== "string") return problem(context, body.status, body.detail);
  if (key === undefined) return await answer(context, operation, source, body);
  if (!KEY_PATTERN.test(key)) {
    return problem(context, 400, "an Idempotency-Key has up to 128 characters, without blanks");
  }
  const { method, url } = context.req;
  const condition = context.req.header("if-match") ?? "";
  const verdict = keys.take(callerOf(context)?.name ?? "", key, [method, url, condition, body]);
  if (!verdict.isNew) {
    if ("detail" in verdict) return problem(context, verdict.status, verdict.detail);
    for (const [name, value] of Object.entries(verdict.answer.headers)) context.header(name, value);
    context.header("Idempotency-Replayed", "true");
    return context.body(verdict.answer.body, verdict.answer.status as 200);
  }
  let kept: KeptAnswer | undefined;
  try {
    const response = await answer(context, operation, source, body);
    if (operation.hasSecret && response.status === 200) kept = await keptAnswer(problem(context, 409, TOLD_ONCE));
    else if (response.status < 500 && response.status !== 429) kept = await keptAnswer(response.clone());
    return response;
  } finally {
    verdict.keep(kept);
  }
}

const TOLD_ONCE = "it was done, and its answer has a secret that is told only once";

async function keptAnswer(response: Response): Promise<KeptAnswer> {
  const headers = ["content-type", "etag", "location"].flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.text() };
}

async function answer(context: Context, operation: Operation, source: ApiSource, text = ""): Promise<Response> {
  const query = read(operation.query, context.req.query());
  if (query.errors !== undefined) return problem(context, 422, "the query is not what is asked for", query.errors);
  let body: Reading = { value: undefined };
  if (operation.body !== undefined) {
    const json = text === "" && operation.bodyMayMiss ? {} : parsed(text);
    if (json === undefined) return problem(context, 400, "the body is not JSON");
    body = read(operation.body, json);
    if (body.errors !== undefined) return problem(context, 422, "the body is not what is asked for", body.errors);
  }
  const running = source.config()?.etag;
  const wanted = context.req.header("if-match");
  if (operation.id === "validateConfig" && wanted !== undefined && !isKnown(wanted, quoted(running))) {
    return problem(context, 412, "another configuration runs by now");
  }
  const call: Call = {
    params: paramsOf(context, operation),
    query: query.value as Call["query"],
    body: body.value,
    bytes: operation.takesBytes ? context.req.raw.body ?? undefined : undefined,
    credential: callerOf(context)?.credential,
    ifMatch: wanted === undefined ? undefined : tagsOf(wanted),
  };
  const outcome = await operation.run(source, call);
  if ("detail" in outcome) return problem(context, outcome.status, outcome.detail);
  if (outcome.location !== undefined) context.header("Location", outcome.location);
  if (outcome.etag !== undefined) {
    context.header("ETag", quoted(outcome.etag));
    const isRead = operation.method === "get";
    if (isRead && isKnown(context.req.header("if-none-match"), quoted(outcome.etag))) return context.body(null, 304);
  }
  return context.json(outcome.body as object, outcome.status);
}

/** Names without the verb that follows them. */
function paramsOf(context: Context, { path }: Operation): Record<string, string> {
  const params = { ...context.req.param() as Record<string, string> };
  const [, name, verb] = path.match(/\{(\w+)\}(:[\w-]+)$/) ?? [];
  if (name === undefined || verb === undefined) return params;
  return { ...params, [name]: (params[name] ?? "").slice(0, -verb.length) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
