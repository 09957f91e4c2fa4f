// Each guard with what it is there to refuse, and with its neighbour that has to pass.
import { assert, assertEquals, assertMatch } from "../../test/assert.ts";
import type { ClientCertificate } from "./caller.ts";
import type { HttpRole } from "../config/http_config.ts";
import type { AccessPolicy } from "./access.ts";
import { OPERATIONS, ROLES } from "./api/operations.ts";
import { ApiStatistics } from "./api_statistics.ts";
import { createApp } from "./app.ts";
import { Credentials, hashPassword, newToken } from "./credentials.ts";
import { NOW_MS, snapshot } from "./fixture_snapshot.ts";
import { concurrencyGuard } from "./guards.ts";
import { Hono } from "hono";

const TOKENS = Object.fromEntries(ROLES.slice(1).map((role) => [role, newToken()]));
const EXPIRED = newToken();
const HASHED = await hashPassword("right horse");

Deno.test("every route, asked by every role, answers exactly those that may", async () => {
  const paths = [
    "/stats",
    "/stats;csv",
    "/stats/history",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/stats.css",
    "/stats.js",
  ];
  const routes = [
    ...paths.map((path) => ({ method: "GET", path, role: "reader" as const })),
    { method: "POST", path: "/stats", role: "operator" as const },
    { method: "POST", path: "/stats;norefresh", role: "operator" as const },
    ...["/healthz", "/livez", "/readyz"].map((path) => ({ method: "GET", path, role: "none" as const })),
    ...OPERATIONS.map(({ method, path, role }) => ({
      method: method.toUpperCase(),
      path: `/api/v1${path.replace(/\{\w+\}/g, "x")}`,
      role,
    })),
  ];
  for (const { method, path, role } of routes) {
    for (const asking of ROLES) {
      const { status } = await ask(path, { method, ...bearer(TOKENS[asking]?.token) });
      const may = ROLES.indexOf(asking) >= ROLES.indexOf(role);
      const what = `${asking} asks ${method} ${path}: ${status}`;
      if (may) assert(status !== 401 && status !== 403, what);
      else assertEquals(status, asking === "none" ? 401 : 403, what);
    }
  }
});

Deno.test("passwords are believed when they are right: hashed ones, plain ones, and again", async () => {
  for (let round = 0; round < 2; round++) {
    assertEquals((await ask("/stats", basic("alice", "right horse"))).status, 200);
    assertEquals((await ask("/stats", basic("bob", "plain:with colon"))).status, 200);
  }
  for (
    const [name, password] of [["alice", "wrong"], ["alice", ""], ["bob", "plain"], ["nobody", "right horse"]] as const
  ) {
    const refused = await ask("/stats", basic(name, password));
    assertEquals(refused.status, 401, name);
    assertEquals(refused.headers.get("www-authenticate"), `Basic realm="Lab 1", charset="UTF-8"`);
  }
});

Deno.test("a right password does not make another one right", async () => {
  const policy = policyOf();
  assertEquals((await ask("/stats", basic("alice", "right horse"), policy)).status, 200);
  assertEquals((await ask("/stats", basic("alice", "right horsE"), policy)).status, 401);
  assertEquals((await ask("/stats", basic("bob", "right horse"), policy)).status, 401);
});

Deno.test("tokens are believed until they expire, and not when they are the hash or cut short", async () => {
  const { token, sha256 } = TOKENS.reader ?? newToken();
  assertMatch(token, /^hf_[\w-]{43}$/);
  assertEquals((await ask("/metrics", bearer(token))).status, 200);
  for (const wrong of [sha256, token.slice(0, -1), `${token}x`, "", EXPIRED.token]) {
    assertEquals((await ask("/metrics", bearer(wrong))).status, 401, wrong);
  }
  assertEquals((await ask(`/metrics?token=${token}&access_token=${token}`)).status, 401, "never from the query");
});

Deno.test("a certificate is who is in the list, until it is over, and no more than its role", async () => {
  let nowMs = NOW_MS;
  const asking = async (certificate: ClientCertificate, init: RequestInit = {}, path = "/stats"): Promise<number> =>
    (await ask(path, init, policyOf({ certificateOf: () => certificate, wallMs: () => nowMs }))).status;
  const carol = { name: "carol", expiresAtMs: NOW_MS + 1000 };
  const write = { method: "POST", body: `{"text":""}`, headers: { "content-type": "application/json" } };
  assertEquals([await asking(carol), await asking(carol, write, "/api/v1/config:validate")], [200, 200]);
  assertEquals([await asking(carol, {}, "/api/v1/audit"), await asking(carol, {}, "/api/v1/tokens")], [403, 403]);
  for (const name of ["Carol", "carol ", "car", "", "alice", "reader"]) {
    assertEquals(await asking({ ...carol, name }), 401, name);
  }
  assertEquals(await asking({ expiresAtMs: carol.expiresAtMs }), 401, "without a name");
  assertEquals(await asking(carol, bearer(TOKENS.admin?.token), "/api/v1/audit"), 200, "who says more, is that");
  assertEquals(await asking(carol, bearer("guess")), 401, "and nobody when it is wrong");
  nowMs += 1000;
  assertEquals(await asking(carol), 401, "a connection may be older than its certificate");
});

Deno.test("what is no credential is refused, and breaks nothing", async () => {
  for (
    const authorization of [
      "",
      "Basic",
      "Basic !!!",
      "Bearer",
      "Digest x=y",
      "Negotiate AAAA",
      `Basic ${"A".repeat(100_000)}`,
    ]
  ) {
    assertEquals((await ask("/stats", { headers: { authorization } })).status, 401, authorization.slice(0, 20));
  }
});

Deno.test("who guesses has to wait, others do not, and after a while he may again", async () => {
  let nowMs = NOW_MS;
  let source = "192.0.2.1";
  const statistics = new ApiStatistics();
  const policy = policyOf({ wallMs: () => nowMs, sourceOf: () => source, statistics });
  for (let count = 0; count < 10; count++) assertEquals((await ask("/stats", bearer("guess"), policy)).status, 401);
  const held = await ask("/stats", bearer(TOKENS.reader?.token), policy);
  assertEquals([held.status, held.headers.get("retry-after")], [429, "6"]);
  source = "192.0.2.2";
  assertEquals((await ask("/stats", bearer(TOKENS.reader?.token), policy)).status, 200);
  source = "2001:db8:0:1::5";
  for (let count = 0; count < 10; count++) await ask("/stats", bearer("guess"), policy);
  source = "2001:db8:0:1::6";
  assertEquals((await ask("/stats", bearer("guess"), policy)).status, 429, "one network of IPv6 is one source");
  source = "192.0.2.1";
  nowMs += 7000;
  assertEquals((await ask("/stats", bearer(TOKENS.reader?.token), policy)).status, 200);
  assertEquals(statistics.rateLimited, 2);
});

Deno.test("hashing is bounded, and an unknown user costs as much as a known one", async () => {
  let count = 0;
  const policy = policyOf({ sourceOf: () => `192.0.2.${count++}` });
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, at) => ask("/stats", basic(`nobody${at}`, "x"), policy)),
  );
  const statuses = replies.map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === 401).length, 18, "two are hashed, sixteen wait");
  assertEquals(statuses.filter((status) => status === 429).length, 22);
  assertEquals((await ask("/stats", basic("alice", "right horse"), policy)).status, 200, "it goes on");
});

Deno.test("what a page of others makes a browser send changes nothing (CSRF)", async () => {
  const send = async (headers: Record<string, string>): Promise<number> => {
    const json = { "content-type": "application/json", host: "localhost:8404" };
    const init = {
      method: "POST",
      body: `{"text":""}`,
      headers: { ...json, ...bearer(TOKENS.admin?.token).headers, ...headers },
    };
    return (await ask("/api/v1/config:validate", init)).status;
  };
  assertEquals(await send({}), 200, "no page at all");
  assertEquals(await send({ origin: "http://localhost:8404", "sec-fetch-site": "same-origin" }), 200, "our own page");
  assertEquals(await send({ origin: "http://evil.example" }), 403);
  assertEquals(await send({ origin: "null" }), 403);
  assertEquals(await send({ origin: "https://localhost:8404" }), 403, "another scheme is another origin");
  assertEquals(await send({ origin: "http://localhost:8405" }), 403, "another port is another origin");
  for (const site of ["cross-site", "same-site"]) assertEquals(await send({ "sec-fetch-site": site }), 403, site);
  for (const type of ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]) {
    assertEquals(await send({ "content-type": type }), 415, `a form's ${type}`);
  }
});

Deno.test("whatever changes something is refused to pages of others, and to other names", async () => {
  for (const { id, method, path, takesBytes } of OPERATIONS.filter((operation) => operation.method !== "get")) {
    const send = async (headers: Record<string, string>): Promise<number> => {
      const type = takesBytes ? "application/octet-stream" : "application/json";
      const json = { "content-type": type, host: "localhost" };
      const init = {
        method: method.toUpperCase(),
        ...(method === "delete" ? {} : { body: "{}" }),
        headers: { ...json, ...bearer(TOKENS.admin?.token).headers, ...headers },
      };
      return (await ask(`/api/v1${path.replace(/\{\w+\}/g, "x")}`, init)).status;
    };
    assertEquals(await send({ origin: "http://evil.example" }), 403, id);
    assertEquals(await send({ "sec-fetch-site": "cross-site" }), 403, id);
    assertEquals(await send({ host: "evil.example" }), 421, id);
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      assertEquals(await send({ "content-type": type }), 415, id);
    }
    assert(![401, 403, 415, 421].includes(await send({})), `${id}: nothing stands against our own`);
    // What a browser would ask before: nothing says yes.
    const asked = await ask(`/api/v1${path.replace(/\{\w+\}/g, "x")}`, { method: "OPTIONS" });
    assertEquals([asked.status, asked.headers.get("access-control-allow-origin")], [405, null], id);
  }
});

Deno.test("a body longer than its operation takes is refused, whether its length is said or not", async () => {
  const long = "x".repeat(3 << 20);
  for (const { id, method, path, body } of OPERATIONS) {
    if (method === "get" || body === undefined || id === "validateConfig") continue;
    const url = `/api/v1${path.replace(/\{\w+\}/g, "x")}`;
    const json = { "content-type": "application/json", ...bearer(TOKENS.admin?.token).headers };
    assertEquals((await ask(url, { method: method.toUpperCase(), headers: json, body: long })).status, 413, id);
    const stream = new Blob([long]).stream();
    assertEquals((await ask(url, { method: method.toUpperCase(), headers: json, body: stream })).status, 413, id);
  }
});

Deno.test("nothing is said to pages of others (CORS), and nothing may frame us (clickjacking)", async () => {
  for (const path of ["/stats", "/api/v1/status", "/metrics"]) {
    const { headers } = await ask(path, {
      headers: { origin: "http://evil.example", ...bearer(TOKENS.admin?.token).headers },
    });
    assertEquals([...headers.keys()].filter((name) => name.startsWith("access-control")), []);
    assertMatch(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    assertEquals(headers.get("x-frame-options"), "DENY");
  }
});

Deno.test("names of others are refused before anybody is asked who he is (DNS rebinding)", async () => {
  const init = { headers: { host: "evil.example", ...bearer(TOKENS.admin?.token).headers } };
  assertEquals((await ask("/api/v1/status", init)).status, 421);
});

Deno.test("who is refused is told so over HTTP/2, and a body that never ends is not waited for", async () => {
  const app = createApp({ snapshot: () => snapshot(), wallMs: () => NOW_MS, allowedHosts: [] });
  const sent = (stream: ReadableStream<Uint8Array>): Promise<Response> =>
    Promise.resolve(app.request("http://localhost/metrics", { method: "POST", body: stream }));
  let read = 0;
  const short = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (read++ > 0) return controller.close();
      controller.enqueue(new Uint8Array(100));
    },
  });
  assertEquals([(await sent(short)).status, read > 1], [405, true], "it was read to its end");
  let bytes = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(bytes += 1000)),
  });
  assertEquals((await sent(endless)).status, 405);
  assertEquals((await sent(new ReadableStream<Uint8Array>({}))).status, 405, "nor one that never comes");
});

Deno.test("more requests at a time than the limit are refused, and counted", async () => {
  let refused = 0;
  const waiting = Promise.withResolvers<void>();
  const app = new Hono();
  app.use(concurrencyGuard(2, () => refused++));
  app.get("/", async (context) => {
    await waiting.promise;
    return context.text("ok");
  });
  const first = [app.request("/"), app.request("/")];
  const third = await app.request("/");
  assertEquals([third.status, third.headers.get("retry-after"), refused], [503, "1", 1]);
  waiting.resolve();
  for (const reply of first) assertEquals((await reply).status, 200);
  assertEquals((await app.request("/")).status, 200);
});

Deno.test("hashPassword() salts: the same password is never the same twice, and is not in it", async () => {
  const again = await hashPassword("right horse");
  assert(again !== HASHED && !again.includes("right"));
  assertMatch(again, /^scrypt:[\w-]{22}:[\w-]{43}$/);
});

function policyOf(changes: Partial<ConstructorParameters<typeof Credentials>[0]> = {}): Credentials {
  const tokens = Object.entries(TOKENS).map(([role, { sha256 }]) => ({ name: role, sha256, role: role as HttpRole }));
  return new Credentials({
    config: {
      users: [
        { name: "alice", password: HASHED, role: "operator" },
        { name: "bob", password: "plain:with colon", role: "reader" },
      ],
      tokens: [...tokens, { name: "old", sha256: EXPIRED.sha256, role: "admin", expiresAtMs: NOW_MS }],
      certificates: [{ name: "carol", role: "operator" }],
      realm: `Lab "1"`,
    },
    anonymous: undefined,
    statistics: new ApiStatistics(),
    wallMs: () => NOW_MS,
    sourceOf: () => "192.0.2.1",
    ...changes,
  });
}

function ask(path: string, init: RequestInit = {}, access: AccessPolicy = policyOf()): Promise<Response> {
  const app = createApp({ snapshot: () => snapshot(), wallMs: () => NOW_MS, allowedHosts: [], access });
  return Promise.resolve(app.request(`http://localhost${path}`, init));
}

function bearer(token: string | undefined): { headers: Record<string, string> } {
  return { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
}

function basic(name: string, password: string): RequestInit {
  return { headers: { authorization: `Basic ${btoa(`${name}:${password}`)}` } };
}
