// The API against its own description: requests that it allows and requests that it does not, drawn from the schemas. Whatever
// is asked, the status is one that the description has, the answer fits its schema, and nothing that the API would pass on is
// refused by the supervisor for its form.
import { Prng } from "../../src/base/prng.ts";
import { acceptCommand } from "../../src/daemon/api_request.ts";
import { LOCAL_ADMINISTRATOR } from "../../src/http/access.ts";
import { createApp } from "../../src/http/app.ts";
import { openApi } from "../../src/http/api/openapi.ts";
import { OPERATIONS_SNAPSHOT, toldCommand } from "../../src/http/fixture_operations.ts";
import { haproxy } from "../../src/http/fixture_haproxy.ts";
import { NOW_MS, snapshot, vrrpInstance } from "../../src/http/fixture_snapshot.ts";
import { checkId, uidOf } from "../../src/http/status.ts";
import { ApiStatistics } from "../../src/http/api_statistics.ts";
import { Watch } from "../../src/http/watch.ts";
import type { CommandAnswer, CommandRequest, Credential, RefusalStatus } from "../../src/ports/commands.ts";
import { assert, assertEquals } from "../assert.ts";
import { type Schema, type Schemas, SchemaValues, wrong } from "../support/json_schema.ts";

const ROUNDS = 6000;
const REFUSALS: readonly RefusalStatus[] = [401, 403, 409, 412, 413, 422, 429, 503];

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Schemas; readonly responses: Described["responses"] };
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  name: ["VI_1", "VI_2", "VG_1", "VI_9", "😀", "__proto__"],
  vs: [uidOf("tcp 10.0.0.100:80"), "tcp 10.0.0.100:80", "tcp 10.0.0.101:80", "x"],
  rs: ["10.0.1.11:80", "10.0.1.16:80", "10.0.0.11:80", "[::1]:80", "x:check-now"],
  address: ["10.0.1.11", "10.0.1.12:80", "10.0.0.4", "10.9.9.9"],
  backend: ["app", "app", "app", "web", "__proto__"],
  server: ["s2", "s4", "s4", "s1:check-now"],
  id: [checkId("tcp 10.0.0.100:80", "10.0.1.11:80"), "t1", "t2"],
};

const BYTES = "application/octet-stream";

Deno.test("the API is what its description says, whatever it is asked", async () => {
  const prng = new Prng(20_261_121);
  const { paths, components } = openApi() as unknown as Description;
  const values = new SchemaValues(components.schemas, prng);
  const watch = new Watch(() => snapshot(), new ApiStatistics());
  watch.changed(NOW_MS);
  const fact = {
    kind: "instance",
    name: "VI_1",
    from: "backup",
    to: "master",
    reason: "start",
    priority: 100,
  } as const;
  watch.journal.add([{ id: 1, atMs: NOW_MS, fact: { type: "transition", ...fact } }]);
  const app = createApp({
    watch,
    snapshot: () =>
      prng.chance(0.5) ? snapshot() : snapshot({ vrrpInstances: [vrrpInstance({ name: "VI_1" })], haproxy: haproxy() }),
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    config: () => ({
      generation: 2,
      etag: "abc",
      source: "/etc/keepalived/keepalived.conf",
      appliedAt: new Date(NOW_MS).toISOString(),
      syntax: "keepalived",
      text: "",
    }),
    operations: () => OPERATIONS_SNAPSHOT,
    command: (by, request) => commanded(prng, by, request),
  });
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const seen = new Map<string, number>();
  const statuses = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const { path, method, operation } = prng.pick(operations);
    const isValid = prng.chance(0.6);
    const url = urlOf(path, operation, { prng, values, isValid });
    const init = { method: method.toUpperCase(), ...bodyOf(operation, { prng, values, isValid }) };
    const headers = headersOf(operation, prng, init.body !== undefined || method !== "delete");
    if (takesBytes(operation) && headers["content-type"] === "application/json") headers["content-type"] = BYTES;
    const response = await app.request(`http://localhost${url}`, { ...init, headers });
    const text = await response.text();
    const what = `${round}: ${init.method} ${url} ${JSON.stringify(headers)} ${init.body?.slice(0, 300) ?? ""} -> ` +
      `${response.status} ${text.slice(0, 300)}`;
    statuses.add(response.status);
    assert(response.status !== 500, what);
    const named = operation.responses[response.status];
    assert(named !== undefined, `not in the description: ${what}`);
    assert(
      response.status >= 400 || !isWrong(operation, init.body, components.schemas),
      `it takes what it must not: ${what}`,
    );
    if (response.status === 200 || response.status === 202) {
      seen.set(operation.operationId, (seen.get(operation.operationId) ?? 0) + 1);
    }
    if (response.status === 304) continue;
    const { content = {} } = named.$ref === undefined ? named : components.responses[String(response.status)] ?? {};
    const type = response.headers.get("content-type") ?? "";
    const described = content[type];
    assert(described !== undefined, `${type} is not in the description: ${what}`);
    assertEquals(wrong(described.schema, JSON.parse(text), components.schemas), [], what);
  }
  const missing = operations.map(({ operation }) => operation.operationId).filter((id) => !seen.has(id));
  assertEquals(missing, [], "every operation was done at least once");
  for (const status of [200, 202, 304, 400, 404, 409, 412, 415, 422]) {
    assert(statuses.has(status), `no request came to ${status}`);
  }
});

interface Draw {
  readonly prng: Prng;
  readonly values: SchemaValues;
  readonly isValid: boolean;
}

/** Does it mostly, and refuses now and then. */
function commanded(prng: Prng, by: Credential, request: CommandRequest): Promise<CommandAnswer> {
  assert(
    acceptCommand({ id: 1, by, request }) !== undefined,
    `the supervisor would not take ${JSON.stringify(request)}`,
  );
  if (prng.chance(0.7)) return toldCommand(by, request);
  // A condition that nobody made does not fail.
  const refusals = request.ifMatch === undefined ? REFUSALS.filter((status) => status !== 412) : REFUSALS;
  return Promise.resolve({ ok: false, status: prng.pick(refusals), message: "no" });
}

function urlOf(path: string, { parameters }: Described, { prng, values, isValid }: Draw): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(prng.pick(KNOWN[name] ?? ["x"])));
  const query = parameters.filter((parameter) => parameter.in === "query" && prng.chance(0.4)).map(
    ({ name, schema }) => {
      const value = isValid || prng.chance(0.5) ? values.valid(schema) : values.invalid(schema);
      return `${name}=${encodeURIComponent(String(value))}`;
    },
  );
  return `/api/v1${filled}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

function bodyOf({ requestBody }: Described, { prng, values, isValid }: Draw): { body?: string } {
  if (requestBody === undefined || (!requestBody.required && prng.chance(0.2))) return {};
  if (BYTES in requestBody.content) return prng.chance(0.1) ? {} : { body: "x".repeat(prng.integer(0, 400_000)) };
  const schema = requestBody.content["application/json"]?.schema ?? {};
  const text = JSON.stringify(isValid ? values.valid(schema) : values.invalid(schema));
  return { body: prng.chance(0.05) ? text.slice(0, prng.integer(0, text.length)) : text };
}

function takesBytes({ requestBody }: Described): boolean {
  return requestBody !== undefined && BYTES in requestBody.content;
}

/** A body that the description does not allow. */
function isWrong({ requestBody }: Described, body: string | undefined, schemas: Schemas): boolean {
  if (requestBody === undefined || body === undefined || (body === "" && !requestBody.required)) return false;
  if (BYTES in requestBody.content) return false; // whatever they are
  try {
    return wrong(requestBody.content["application/json"]?.schema ?? {}, JSON.parse(body), schemas).length > 0;
  } catch {
    return true;
  }
}

function headersOf({ parameters }: Described, prng: Prng, hasType: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  const has = (name: string): boolean => parameters.some((parameter) => parameter.name === name);
  if (hasType) headers["content-type"] = prng.chance(0.95) ? "application/json" : prng.pick(["text/plain", "", "x"]);
  if (has("If-Match") && prng.chance(0.3)) {
    headers["if-match"] = prng.pick(['"none"', "*", '"x"', 'W/"abc"', ",,", "\u00e9"]);
  }
  if (has("If-None-Match") && prng.chance(0.3)) headers["if-none-match"] = prng.pick(['"none"', "*", '"abc"', "x"]);
  if (has("Idempotency-Key") && prng.chance(0.2)) {
    headers["idempotency-key"] = prng.pick(["k1", "k2", "a b", "x".repeat(200), `k${prng.integer(0, 1000)}`]);
  }
  return headers;
}
