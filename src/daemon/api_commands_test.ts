// The supervisor's own look at what the api role asks for: a role that says anything gets no more than who asked for it may.
import { assert, assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import type { Config } from "../config/config.ts";
import { tagOf } from "../http/etag.ts";
import { hashPassword, newToken } from "../http/credentials.ts";
import type { CommandAnswer, CommandRequest, Credential } from "../ports/commands.ts";
import { ApiCommands } from "./api_commands.ts";
import { Audit } from "./audit.ts";
import { ConfigChanges } from "./config_changes.ts";
import { Tokens } from "./tokens.ts";

const OPERATOR = newToken();
const ADMIN = newToken();
const READER = newToken();
const HASHED = await hashPassword("works");
const LOCAL: Credential = { kind: "local" };
const HOLD: CommandRequest = { command: "hold", name: "VI_1" };

const bearer = ({ token }: { token: string }): Credential => ({ kind: "authorization", value: `Bearer ${token}` });
const basic = (text: string): Credential => ({ kind: "authorization", value: `Basic ${btoa(text)}` });

function configWith(socket: string): Config {
  const tokens = Object.entries({ operator: OPERATOR, admin: ADMIN, reader: READER })
    .map(([role, { sha256 }]) => `    - { name: ${role}, sha256: ${sha256}, role: ${role} }`);
  return configOf(
    `api:
  ${socket}
  users: [{ name: olivia, password: "${HASHED}", role: operator }]
  tokens:
${tokens.join("\n")}
vrrp_instance:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_ipaddress: [192.0.2.1/24] }
`,
    "holdfast.yaml",
  );
}

interface World {
  readonly ask: (by: Credential, request: CommandRequest) => Promise<CommandAnswer>;
  readonly done: CommandRequest[];
  readonly audit: Audit;
  standing: object | undefined;
}

function world(config: Config, obey?: (request: CommandRequest) => Promise<string>): World {
  const done: CommandRequest[] = [];
  const audit = new Audit(() => {});
  const tokens = new Tokens({
    path: undefined,
    log: () => {},
    wallMs: () => Date.now(),
    configured: () => config.http?.tokens ?? [],
    changed: () => {},
  });
  const waiting = new Map<number, (answer: CommandAnswer) => void>();
  const changes = new ConfigChanges({
    log: () => {},
    running: () => ({ config, generation: 1 }),
    readConfig: () => ({ config, leftOut: [], report: "", hasFlaws: false }),
    takeOver: () => Promise.resolve({ accepted: true, generation: 2, report: "", changes: [] }),
    changed: () => {},
  });
  const made: World = {
    done,
    audit,
    standing: undefined,
    ask: (by, request) => {
      const id = waiting.size + 1;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        commands.hear({ type: "command", id, by, request });
      });
    },
  };
  const commands = new ApiCommands({
    config: () => config,
    audit,
    changes,
    tokens,
    obey: (request) => {
      done.push(request);
      return obey?.(request) ?? Promise.resolve("done");
    },
    update: (request, author) => Promise.resolve({ text: `${request.command} by ${author}`, task: "t" }),
    standing: () => made.standing,
    answer: (id, answer) => waiting.get(id)?.(answer),
  });
  return made;
}

async function statusOf(answer: Promise<CommandAnswer>): Promise<number> {
  const said = await answer;
  return said.ok ? 200 : said.status;
}

Deno.test("the supervisor asks for credentials itself, and knows the roles itself", async () => {
  const { ask, done } = world(configWith("hosts: []"));
  assertEquals(await statusOf(ask(bearer(OPERATOR), HOLD)), 200);
  assertEquals(done, [{ command: "hold", name: "VI_1", author: "token operator" }]);
  assertEquals(await statusOf(ask(basic("olivia:works"), HOLD)), 200);
  assertEquals(done.at(-1)?.author, "olivia");
  for (
    const [by, status] of [
      [bearer(READER), 403],
      [bearer(newToken()), 401],
      [bearer({ token: OPERATOR.sha256 }), 401],
      [basic("olivia:guesses"), 401],
      [basic("nobody:works"), 401],
      [{ kind: "authorization", value: "" }, 401],
      [LOCAL, 401],
    ] as const
  ) assertEquals(await statusOf(ask(by, HOLD)), status, JSON.stringify(by));
  assertEquals(done.length, 2);
});

Deno.test("the local administrator is believed only where a socket is configured", async () => {
  assertEquals(await statusOf(world(configWith("socket: /run/holdfast/api.sock")).ask(LOCAL, HOLD)), 200);
  const { http: _, ...bare } = configWith("hosts: []");
  assertEquals(await statusOf(world(bare).ask(LOCAL, HOLD)), 401);
  assertEquals(await statusOf(world(bare).ask(bearer(ADMIN), HOLD)), 401, "nobody is configured");
});

Deno.test("a certificate is believed only where an address asks for them, and may what the configuration says", async () => {
  const alice: Credential = { kind: "certificate", name: "alice" };
  const http = configWith("hosts: []").http;
  assert(http !== undefined);
  const listen = (tls: object): NonNullable<Config["http"]>["listen"] => [
    { address: "192.0.2.1", port: 1, tls: { certificate: "/c", key: "/k", ...tls } },
  ];
  const certificates = [{ name: "alice", role: "operator" as const }];
  const asked = (more: Partial<typeof http>): World =>
    world({ ...configWith("hosts: []"), http: { ...http, ...more } });
  const { ask, audit } = asked({ certificates, listen: listen({ clientCa: "/a" }) });
  assertEquals(await statusOf(ask(alice, HOLD)), 200);
  assertEquals(audit.entries[0]?.actor, "certificate alice");
  assertEquals(await statusOf(ask(alice, { command: "config-apply", text: "" })), 403);
  assertEquals(await statusOf(ask({ kind: "certificate", name: "bob" }, HOLD)), 401);
  assertEquals(await statusOf(asked({ certificates, listen: listen({}) }).ask(alice, HOLD)), 401);
  assertEquals(await statusOf(asked({ certificates }).ask(alice, HOLD)), 401);
  assertEquals(await statusOf(asked({ listen: listen({ clientCa: "/a" }) }).ask(alice, HOLD)), 401);
});

Deno.test("configurations are for admins", async () => {
  const { ask } = world(configWith("hosts: []"));
  const apply = { command: "config-apply", text: "", save: false };
  assertEquals(await statusOf(ask(bearer(OPERATOR), apply)), 403);
  assertEquals(await statusOf(ask(bearer(ADMIN), apply)), 200);
  assertEquals(await statusOf(ask(bearer(OPERATOR), { command: "config-diff", text: "" })), 200);
  assertEquals(await statusOf(ask(bearer(READER), { command: "config-diff", text: "" })), 403);
  assertEquals(await statusOf(ask(bearer(ADMIN), { ...apply, ifMatch: ["old"] })), 412);
});

Deno.test("updates of the appliance are for admins, in their name", async () => {
  const { ask } = world(configWith("hosts: []"));
  for (const command of ["update", "update-rollback", "update-confirm"]) {
    for (const [who, status] of [[READER, 403], [OPERATOR, 403], [newToken(), 401], [ADMIN, 200]] as const) {
      assertEquals(await statusOf(ask(bearer(who), { command })), status, command);
    }
  }
  const answer = await ask(bearer(ADMIN), { command: "update", upload: true });
  assertEquals(answer, { ok: true, result: { text: "update by token admin", task: "t" } });
});

Deno.test("a condition holds when the command's turn comes, not when it was sent", async () => {
  const now: World = world(configWith("hosts: []"), () => {
    now.standing = { held: { atMs: 1 } };
    return Promise.resolve("held");
  });
  const conditional = { ...HOLD, ifMatch: [tagOf(undefined)] };
  const statuses = await Promise.all([1, 2].map(() => statusOf(now.ask(bearer(OPERATOR), conditional))));
  assertEquals(statuses, [200, 412]);
  assertEquals(await statusOf(now.ask(bearer(OPERATOR), { ...HOLD, ifMatch: ["*"] })), 200);
});

Deno.test("commands wait for one another, and not without end", async () => {
  const gate = Promise.withResolvers<string>();
  const now = world(configWith("hosts: []"), () => gate.promise);
  const all = Array.from({ length: 30 }, () => statusOf(now.ask(bearer(OPERATOR), HOLD)));
  const refused = await Promise.race([
    Promise.all(all.slice(17)),
    new Promise<number[]>((resolve) => setTimeout(resolve, 500, [])),
  ]);
  assertEquals(refused, Array(13).fill(503));
  assertEquals(now.done.length, 1, "one at a time");
  gate.resolve("done");
  assertEquals(await Promise.all(all.slice(0, 17)), Array(17).fill(200));
});

Deno.test("who did what is remembered, and who tried; not without end", async () => {
  const now = world(
    configWith("hosts: []"),
    ({ name }) => name === "VI_9" ? Promise.reject(new Error("no such")) : Promise.resolve("held"),
  );
  await now.ask(bearer(OPERATOR), { ...HOLD, reason: "disk" });
  await now.ask(bearer(OPERATOR), { ...HOLD, name: "VI_9" });
  await now.ask(bearer(READER), HOLD);
  await now.ask(bearer(newToken()), HOLD);
  const entries = now.audit.entries.map((
    { actor, action, target, outcome, text },
  ) => [actor, action, target, outcome, text]);
  assertEquals(entries, [
    ["somebody", "hold", "VI_1", "refused", "nobody is known by these credentials"],
    ["token reader", "hold", "VI_1", "refused", "this needs the role operator"],
    ["token operator", "hold", "VI_9", "refused", "no such"],
    ["token operator", "hold", "VI_1", "done", "held"],
  ]);
  for (let count = 0; count < 300; count++) await now.ask(bearer(OPERATOR), HOLD);
  assertEquals([now.audit.entries.length, now.audit.entries[0]?.id], [200, 304]);
});
