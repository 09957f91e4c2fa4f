// Hostile callers: whatever is asked, by whatever method, with whatever headers and body, is answered, never with a server
// error, errors below /api as problem details, and what is refused carries the security headers, too.
import { Prng } from "../../src/base/prng.ts";
import { LOCAL_ADMINISTRATOR } from "../../src/http/access.ts";
import { OPERATIONS } from "../../src/http/api/operations.ts";
import { createApp } from "../../src/http/app.ts";
import { NOW_MS, snapshot } from "../../src/http/fixture_snapshot.ts";
import { uidOf } from "../../src/http/status.ts";
import { assert } from "../assert.ts";

const ROUNDS = 3000;
const WORDS = [
  ...[
    "VI_1",
    uidOf("tcp 10.0.0.100:80"),
    "10.0.1.11:80",
    "tcp%2010.0.0.100:80",
    "..",
    "%2e%2e",
    "%00",
    "%",
    "%zz",
    "%ff",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "*",
    ":name",
    "{name}",
    "a;b",
    "😀",
    "%F0%9F%98%80",
    "x".repeat(5000),
    "",
  ],
];
const TEXTS = [
  ...["", "vrrp_instance VI {\n", "virtual_server 10.0.0.1 80 { real_server 10.0.0.2 80 { } }", "include /etc/passwd"],
  ...[
    "}}}}",
    "${_ENV HOME}",
    "$A=${A}\n${A}",
    '"',
    "global_defs { router_id \u0000 }",
    "&a [*a]",
    "a: &a\n b: *a\n",
    "{".repeat(2000),
  ],
];
const TYPES = [
  "application/json",
  "application/json; charset=utf-8",
  "text/plain",
  "application/x-www-form-urlencoded",
  "",
];
const HEADERS = ["if-match", "if-none-match", "origin", "sec-fetch-site", "accept", "authorization", "range", "cookie"];

Deno.test("the API answers whatever it is asked", async () => {
  const prng = new Prng(20_260_102);
  const app = createApp({
    snapshot: () => snapshot(),
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    config: () => undefined,
  });
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const { path, init } = requestOf(prng);
    const response = await app.request(`http://localhost${path}`, init);
    const what = `${round}: ${init.method} ${path.slice(0, 200)} -> ${response.status}`;
    seen.add(response.status);
    assert(response.status < 500 || response.status === 503, what);
    assert(response.headers.get("x-frame-options") === "DENY", what);
    const type = response.headers.get("content-type") ?? "";
    if (response.status >= 400 && path.startsWith("/api/v1/")) {
      assert(type === "application/problem+json", `${what} ${type}`);
    }
    await response.body?.cancel();
  }
  for (const status of [200, 400, 404, 405, 415, 422]) assert(seen.has(status), `no request came to ${status}`);
});

function requestOf(prng: Prng): { path: string; init: RequestInit & { method: string } } {
  const operation = prng.pick(OPERATIONS);
  const isOwn = prng.chance(0.8);
  const method = isOwn
    ? operation.method.toUpperCase()
    : prng.pick(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
  const base = prng.chance(0.9)
    ? `/api/v1${operation.path}`
    : prng.pick(["/stats", "/metrics", "/stats/", "/docs", "/api"]);
  const query = prng.chance(0.3)
    ? `?${prng.pick(["limit", "scope", "role", "since", "from", "name", "x"])}=${prng.pick(WORDS)}`
    : "";
  const path = base.replace(/\{\w+\}/g, () => prng.pick(WORDS)) + (prng.chance(0.1) ? `;${prng.pick(WORDS)}` : "") +
    query;
  const headers: Record<string, string> = {};
  if (prng.chance(0.9)) headers["content-type"] = prng.chance(0.7) ? "application/json" : prng.pick(TYPES);
  if (prng.chance(0.3)) {
    headers[prng.pick(HEADERS)] = prng.pick([
      '"x"',
      "*",
      "W/",
      "text/event-stream",
      "null",
      "cross-site",
      "Basic x",
      "🗲".length.toString(),
    ]);
  }
  const hasBody = method !== "GET" && method !== "HEAD" && prng.chance(0.9);
  return { path, init: { method, headers, ...(hasBody ? { body: bodyOf(prng) } : {}) } };
}

function bodyOf(prng: Prng): string {
  const value = prng.pick<unknown>([prng.pick(TEXTS), 3, null, [], {}, { toString: 1 }]);
  const body = {
    text: prng.chance(0.8) ? prng.pick(TEXTS) : value,
    ...(prng.chance(0.4) ? { syntax: prng.pick(["yaml", "keepalived", "toml", null]) } : {}),
    ...(prng.chance(0.1) ? { ["__proto__"]: value } : {}),
  };
  const text = JSON.stringify(body);
  return prng.chance(0.1) ? text.slice(0, prng.integer(0, text.length)) : text;
}
