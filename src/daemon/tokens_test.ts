// Tokens that are made at run time: told once, kept as hashes, there again after the next start, gone for good when revoked.
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import type { Config } from "../config/config.ts";
import { newToken } from "../http/credentials.ts";
import type { CommandAnswer, CommandRequest, Credential, StoredToken } from "../ports/commands.ts";
import { ApiCommands } from "./api_commands.ts";
import { acceptCommand } from "./api_request.ts";
import { Audit } from "./audit.ts";
import { ConfigChanges } from "./config_changes.ts";
import { readTokens } from "./token_file.ts";
import { type MadeToken, Tokens } from "./tokens.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const ROOT = { name: "root" };
const CREATE: CommandRequest = { command: "token-create", name: "ci", role: "operator" };
const REVOKE: CommandRequest = { command: "token-revoke", name: "ci" };

interface World {
  readonly tokens: Tokens;
  readonly path: string;
  readonly log: string[];
  /** As after another start of the daemon. */
  readonly again: () => Tokens;
  nowMs: number;
  changes: number;
}

function withTokens(body: (world: World) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync();
    const path = `${folder}/state/tokens`;
    const log: string[] = [];
    const start = (): Tokens =>
      new Tokens({
        path,
        log: (line) => log.push(line),
        wallMs: () => world.nowMs,
        configured: () => [{ name: "old", sha256: "0".repeat(64), role: "reader" }],
        changed: () => world.changes++,
      });
    const world: World = {
      path,
      log,
      again: start,
      nowMs: NOW_MS,
      changes: 0,
      get tokens() {
        return first ??= start();
      },
    };
    let first: Tokens | undefined;
    try {
      await body(world);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

Deno.test(
  "a token is told once; its hash alone is kept, for root's eyes",
  withTokens((world) => {
    const { tokens, path, log, again } = world;
    const made = tokens.obey({ ...CREATE, forMs: 60_000 }, { name: "alice" }) as MadeToken;
    assertMatch(made.token, /^hf_[\w-]{43}$/);
    assertEquals([made.name, made.role, made.expiresAtMs], ["ci", "operator", NOW_MS + 60_000]);
    const onDisk = Deno.readTextFileSync(path);
    assert(!onDisk.includes(made.token) && !log.join().includes(made.token));
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    assertStringIncludes(log.join(), "api: the token ci is operator until 2026-11-21T12:01:00.000Z (alice)");
    const listed = tokens.obey({ command: "token-list" }, ROOT);
    assertEquals(listed, [
      { name: "old", role: "reader", origin: "configuration" },
      {
        name: "ci",
        role: "operator",
        expiresAtMs: NOW_MS + 60_000,
        createdAtMs: NOW_MS,
        createdBy: "alice",
        origin: "api",
      },
    ]);
    assertEquals(again().all, tokens.all, "it is there after the next start");
    assertEquals(world.changes, 1, "those who let people in were told");
  }),
);

Deno.test(
  "a revoked token does not come back, and its name is free again",
  withTokens((world) => {
    const { tokens } = world;
    const first = tokens.obey(CREATE, ROOT) as MadeToken;
    assertEquals(tokens.obey(REVOKE, ROOT), { text: "the token ci is revoked" });
    assertEquals([tokens.all, world.again().all, world.changes], [[], [], 2]);
    assertThrows(() => tokens.obey(REVOKE, ROOT), Error, "there is no token ci");
    const second = tokens.obey(CREATE, ROOT) as MadeToken;
    assert(first.token !== second.token);
  }),
);

Deno.test(
  "names that are taken or no names, roles that are none, times without end, and too many are refused",
  withTokens((world) => {
    const { tokens } = world;
    tokens.obey({ ...CREATE, name: "brief", forMs: 1000 }, ROOT);
    for (
      const [changes, why] of [
        [{ name: "old" }, "there is a token old already"],
        [{ name: "brief" }, "there is a token brief already"],
        [{ name: "../x" }, "a token's name"],
        [{ name: "a b" }, "a token's name"],
        [{ name: "" }, "a token's name"],
        [{ name: undefined }, "a token's name"],
        [{ name: "x".repeat(65) }, "a token's name"],
        [{ role: "none" }, "a role is one of"],
        [{ role: undefined }, "a role is one of"],
        [{ forMs: -1 }, "a duration"],
        [{ forMs: Infinity }, "a duration"],
      ] as const
    ) assertThrows(() => tokens.obey({ ...CREATE, ...changes }, ROOT), Error, why);
    assertThrows(() => tokens.obey({ ...REVOKE, name: "old" }, ROOT), Error, "is in the configuration");
    world.nowMs += 1000;
    tokens.obey({ ...CREATE, name: "brief" }, ROOT);
    assertEquals(tokens.all.length, 1, "one that is over makes room");
    for (let count = 1; count < 256; count++) tokens.obey({ ...CREATE, name: `t${count}` }, ROOT);
    assertThrows(() => tokens.obey(CREATE, ROOT), Error, "there are 256 tokens already");
  }),
);

Deno.test(
  "a token that expires makes none that outlives it",
  withTokens(({ tokens }) => {
    const maker = { name: "token trial", expiresAtMs: NOW_MS + 1000 };
    assertThrows(() => tokens.obey(CREATE, maker), Error, "none that lasts longer");
    assertThrows(() => tokens.obey({ ...CREATE, forMs: 1001 }, maker), Error, "none that lasts longer");
    assertEquals((tokens.obey({ ...CREATE, forMs: 1000 }, maker) as MadeToken).role, "operator");
  }),
);

Deno.test(
  "a file that is no list of tokens lets nobody in, and is not written over",
  withTokens(({ again, path, log }) => {
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""));
    const { sha256 } = newToken();
    const entry: StoredToken = { name: "ci", sha256, role: "admin", createdAtMs: 1, createdBy: "x" };
    const bad: unknown[] = [
      "{",
      "[]",
      { tokens: 3 },
      ...[{ sha256: "x" }, { role: "root" }, { name: "../x" }, { expiresAtMs: "soon" }, { createdBy: 3 }]
        .map((changes) => ({ tokens: [{ ...entry, ...changes }] })),
    ];
    for (const content of bad) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      Deno.writeTextFileSync(path, text);
      const tokens = again();
      assertEquals(tokens.all, [], text);
      assertMatch(log.pop() ?? "", /^warning: api: .* cannot be read: .*; its tokens are not believed$/);
      assertThrows(() => tokens.obey(CREATE, ROOT), Error, "cannot be read");
      assertEquals(Deno.readTextFileSync(path), text);
    }
    Deno.writeTextFileSync(path, JSON.stringify({ tokens: [entry] }));
    assertEquals(readTokens(path), [entry]);
  }),
);

Deno.test("without a place for them none is made", () => {
  const options = { path: undefined, log: () => {}, wallMs: () => NOW_MS, configured: () => [], changed: () => {} };
  assertThrows(() => new Tokens(options).obey(CREATE, ROOT), Error, "no place to keep tokens");
});

Deno.test(
  "the supervisor makes tokens for admins only, believes them at once, and no more once they are revoked",
  withTokens(async ({ tokens }) => {
    const maker = newToken();
    const config = configOf(
      `api:
  tokens:
    - { name: boss, sha256: ${maker.sha256}, role: admin }
vrrp_instance:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_ipaddress: [192.0.2.1/24] }
`,
      "holdfast.yaml",
    );
    const { ask, audit } = supervisor(config, tokens);
    const boss = bearer(maker.token);
    const made = await ask(boss, { ...CREATE, reason: "build" });
    assert(made.ok);
    const { token } = made.result as MadeToken;
    assertEquals(await ask(bearer(token), { command: "hold", name: "VI_1" }), {
      ok: true,
      result: { text: "held", etag: "none" },
    });
    const escalation = await ask(bearer(token), { ...CREATE, name: "more", role: "admin" });
    assertEquals([escalation.ok, "status" in escalation && escalation.status], [false, 403]);
    const revocation = await ask(bearer(token), { command: "token-revoke", name: "ci" });
    assertEquals("status" in revocation && revocation.status, 403);
    const unknown = await ask(boss, { command: "token-revoke", name: "cj" });
    assertEquals("status" in unknown && unknown.status, 404);
    assertEquals((await ask(boss, REVOKE)).ok, true);
    const after = await ask(bearer(token), { command: "hold", name: "VI_1" });
    assertEquals("status" in after && after.status, 401);
    assertEquals(
      audit.entries.map(({ actor, action, target, outcome }) => `${actor} ${action} ${target} ${outcome}`),
      [
        "somebody hold VI_1 refused",
        "token boss token-revoke ci done",
        "token boss token-revoke cj refused",
        "token ci token-revoke ci refused",
        "token ci token-create more refused",
        "token ci hold VI_1 done",
        "token boss token-create ci done",
      ],
    );
    assert(!JSON.stringify(audit.entries).includes(token), "the audit has no secret");
  }),
);

Deno.test(
  "without `api` in the configuration a token still is somebody",
  withTokens(async ({ tokens }) => {
    const config = configOf(
      "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.1/24\n }\n}\n",
    );
    const { token } = tokens.obey(CREATE, ROOT) as MadeToken;
    const { ask } = supervisor(config, tokens);
    assertEquals((await ask(bearer(token), { command: "hold", name: "VI_1" })).ok, true);
    assertEquals((await ask(bearer(newToken().token), { command: "hold", name: "VI_1" })).ok, false);
  }),
);

Deno.test("what the api role says of tokens has its form, and asks for no list", () => {
  const accepted = (request: unknown): unknown => acceptCommand({ id: 1, by: { kind: "local" }, request })?.request;
  assertEquals(accepted({ ...CREATE, forMs: 1000 }), { ...CREATE, forMs: 1000 });
  assertEquals(accepted(REVOKE), REVOKE);
  for (
    const refused of [
      { ...CREATE, role: "root" },
      { ...CREATE, role: undefined },
      { ...CREATE, name: "" },
      { ...CREATE, name: "a\nb" },
      { ...CREATE, sha256: "0".repeat(64) },
      { ...CREATE, forMs: 0.5 },
      { command: "token-revoke" },
      { command: "token-list" },
    ]
  ) assertEquals(accepted(refused), undefined, JSON.stringify(refused));
});

function bearer(token: string): Credential {
  return { kind: "authorization", value: `Bearer ${token}` };
}

interface Supervising {
  readonly ask: (by: Credential, request: CommandRequest) => Promise<CommandAnswer>;
  readonly audit: Audit;
}

function supervisor(config: Config, tokens: Tokens): Supervising {
  const audit = new Audit(() => {});
  const waiting = new Map<number, (answer: CommandAnswer) => void>();
  const commands = new ApiCommands({
    config: () => config,
    audit,
    tokens,
    changes: new ConfigChanges({
      log: () => {},
      running: () => ({ config, generation: 1 }),
      readConfig: () => ({ config, leftOut: [], report: "", hasFlaws: false }),
      takeOver: () => Promise.resolve({ accepted: true, generation: 2, report: "", changes: [] }),
      changed: () => {},
    }),
    update: () => Promise.reject(new Error("not the appliance")),
    obey: () => Promise.resolve("held"),
    standing: () => undefined,
    answer: (id, answer) => waiting.get(id)?.(answer),
  });
  const ask: Supervising["ask"] = (by, request) =>
    new Promise((resolve) => {
      waiting.set(waiting.size + 1, resolve);
      commands.hear({ type: "command", id: waiting.size, by, request });
    });
  return { ask, audit };
}
