// Guards whose refusals are tested nowhere else: what is read must change nothing, what comes too slowly is not waited for, what
// is broken in the configuration lets nobody in, and who is held off is told of.
import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { Hono } from "hono";
import type { CommandRequest } from "../ports/commands.ts";
import { LOCAL_ADMINISTRATOR } from "./access.ts";
import { OPERATIONS } from "./api/operations.ts";
import { ApiStatistics } from "./api_statistics.ts";
import { createApp } from "./app.ts";
import { readBody } from "./body.ts";
import { Credentials, newToken } from "./credentials.ts";
import { NOW_MS, snapshot } from "./fixture_snapshot.ts";
import { hostOf } from "./guards.ts";

Deno.test("nothing that is read changes anything, even for an admin, whatever stands in the address", async () => {
  const asked: CommandRequest[] = [];
  const app = createApp({
    snapshot,
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    command: (_, request) => {
      asked.push(request);
      return Promise.resolve({ ok: true, result: {} });
    },
  });
  const query = "?state=maint&weight=0&priority=1&name=x&role=admin&text=&_method=PUT&action=maint&s=10.0.1.11:80";
  for (const { path } of OPERATIONS) {
    for (const method of ["GET", "HEAD"]) {
      const headers = { "x-http-method-override": "DELETE", "x-method-override": "POST" };
      const url = `http://localhost/api/v1${path.replace(/\{\w+\}/g, "VI_1")}${query}`;
      const { status, body } = await app.request(url, { method, headers });
      await body?.cancel();
      assert(status < 500 || status === 503, `${method} ${url}: ${status}`);
    }
  }
  assertEquals(asked, []);
});

Deno.test("a body that comes too slowly is not waited for, and one that is too long is not read on", async () => {
  const app = new Hono();
  app.post("/", async (context) => {
    const body = await readBody(context, 1000, 100);
    return typeof body === "string" ? context.text(body) : context.text(body.detail, body.status);
  });
  const send = async (body: ReadableStream<Uint8Array>): Promise<number> =>
    (await app.request("http://localhost/", { method: "POST", body })).status;
  let [pulled, cancelled] = [0, 0];
  const cancel = (): void => void cancelled++;
  assertEquals(await send(new ReadableStream({ cancel })), 408, "nothing ever comes");
  const drop = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.enqueue(Uint8Array.of(32));
    },
    cancel,
  });
  assertEquals(await send(drop), 408, "a byte now and then is too slow as well");
  assertEquals(cancelled, 2);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(400));
    },
  });
  assertEquals(await send(endless), 413);
  assert(pulled < 8, `${pulled} pieces`);
});

Deno.test("a password that is stored in no known form is nobody's, and breaks nothing", async () => {
  const stored = [
    "scrypt:",
    "scrypt::",
    "scrypt:a:b",
    "scrypt:a:b:c",
    `scrypt:${"A".repeat(22)}:`,
    "scrypt:!:!",
    "$6$x$y",
  ];
  for (const password of stored) {
    const access = credentials({ users: [{ name: "alice", password, role: "admin" }] });
    for (const given of ["", "a", "scrypt", password.startsWith("scrypt") ? password : "x"]) {
      assertEquals(await access.verify(`Basic ${btoa(`alice:${given}`)}`), undefined, `${password} ${given}`);
    }
  }
  const cut = credentials({ tokens: [{ name: "cut", sha256: "0".repeat(64), role: "admin" }] });
  for (const given of ["", "0".repeat(64), "\0", "hf_"]) assertEquals(await cut.verify(`Bearer ${given}`), undefined);
});

Deno.test("who guesses is told of in log and metrics, without a word of what he sent; the local socket is never held off", async () => {
  const lines: string[] = [];
  const statistics = new ApiStatistics();
  const { token, sha256 } = newToken();
  const access = credentials({ tokens: [{ name: "t", sha256, role: "admin" }] }, {
    log: (line) => lines.push(line),
    statistics,
  });
  const app = createApp({ snapshot, wallMs: () => NOW_MS, allowedHosts: [], access, statistics });
  const local = createApp({
    snapshot,
    wallMs: () => NOW_MS,
    allowedHosts: [],
    access: LOCAL_ADMINISTRATOR,
    statistics,
  });
  const status = async (value: string, served = app): Promise<number> =>
    (await served.request("http://localhost/metrics", { headers: { authorization: `Bearer ${value}` } })).status;
  for (let count = 0; count < 30; count++) await status(`guess-${count}`);
  assertEquals(await status(token), 429, "even with what is right, from there");
  assertEquals(await status("anything", local), 200);
  assertEquals(lines, ["warning: api: 192.0.2.1 sent 10 wrong credentials, and has to wait"]);
  const metrics = await statistics.text("text");
  assertStringIncludes(metrics, `holdfast_api_auth_failures_total{scheme="bearer",reason="not-known"} 10`);
  assertStringIncludes(metrics, "holdfast_api_rate_limited_total 21");
  assert(!`${lines}${metrics}`.includes("guess-"));
});

Deno.test("a user's password cannot be guessed from many places at once, and who was let in before is not held off", async () => {
  let nowMs = NOW_MS;
  const users = [{ name: "alice", password: "horse", role: "reader" }, {
    name: "bob",
    password: "mule",
    role: "reader",
  }] as const;
  const access = credentials({ users }, { wallMs: () => nowMs });
  const say = (text: string): ReturnType<Credentials["verify"]> => access.verify(`Basic ${btoa(text)}`);
  assertEquals((await say("alice:horse") as { name: string }).name, "alice");
  for (let count = 0; count < 30; count++) assertEquals(await say(`alice:${count}`), undefined);
  assertEquals(await say("alice:next"), "busy");
  assertEquals((await say("alice:horse") as { name: string }).name, "alice");
  assertEquals((await say("bob:mule") as { name: string }).name, "bob", "others are not held off");
  nowMs += 6000;
  assertEquals([await say("alice:one more"), await say("alice:another")], [undefined, "busy"]);
});

Deno.test("a Host that only looks like one of ours is none", () => {
  for (
    const header of [
      "localhost@evil.example",
      "evil.example#localhost",
      "localhost/evil.example",
      "localhost?x",
      "localhost:80:80",
      "[::1]evil.example",
      "[::1",
      "local host",
      "localhost, evil.example",
      "",
      ":8404",
    ]
  ) assert(!["localhost", "::1", "127.0.0.1"].includes(hostOf(header) ?? ""), header);
  assertEquals(["LOCALHOST:1", "[::1]:8404", "127.0.0.1"].map(hostOf), ["localhost", "::1", "127.0.0.1"]);
});

type Options = ConstructorParameters<typeof Credentials>[0];

function credentials(config: Partial<Options["config"]>, more: Partial<Options> = {}): Credentials {
  return new Credentials({
    config: { users: [], tokens: [], certificates: [], realm: "x", ...config },
    anonymous: undefined,
    statistics: new ApiStatistics(),
    wallMs: () => NOW_MS,
    sourceOf: () => "192.0.2.1",
    ...more,
  });
}
