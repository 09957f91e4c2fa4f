import { assertEquals, assertRejects, assertStringIncludes } from "../../test/assert.ts";
import { haproxy } from "../http/fixture_haproxy.ts";
import { realServer, snapshot, virtualServer, vrrpInstance } from "../http/fixture_snapshot.ts";
import type { CommandRequest } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { clearOverrides, obeyEverywhere } from "./bulk_orders.ts";

const [WEB, MAIL] = ["tcp 10.0.0.100:80", "tcp 10.0.0.100:25"];

function picture(): Snapshot {
  const servers = (...ports: number[]): ReturnType<typeof realServer>[] =>
    ["10.0.1.11", "10.0.1.12"].flatMap((address) => ports.map((port) => realServer({ address, port })));
  return snapshot({
    virtualServers: [
      virtualServer({ name: WEB, realServers: servers(80, 81) }),
      virtualServer({ name: MAIL, realServers: servers(25) }),
      virtualServer({ name: "tcp 10.0.0.100:22", realServers: [realServer({ address: "10.0.1.13", port: 22 })] }),
    ],
    haproxy: haproxy(),
  });
}

function desk(refuses: (request: CommandRequest) => boolean = () => false): {
  asked: CommandRequest[];
  obey: (request: CommandRequest) => Promise<unknown>;
} {
  const asked: CommandRequest[] = [];
  return {
    asked,
    obey: (request) => {
      asked.push(request);
      return refuses(request) ? Promise.reject(new Error("no")) : Promise.resolve("done");
    },
  };
}

const drain = (address: string, more: object = {}): CommandRequest => (
  { command: "everywhere", state: "drain", address, author: "alice", reason: "disk", ...more }
);

Deno.test("every server of an address is meant, behind all virtual servers and HAProxy's backends", async () => {
  const { asked, obey } = desk();
  const answer = await obeyEverywhere(drain("10.0.1.11", { forMs: 5 }), { snapshot: picture(), obey });
  assertEquals(answer.text, "drain: 3 servers with the address 10.0.1.11");
  assertEquals(asked.map(({ virtualServer, realServer }) => [virtualServer, realServer]), [
    [WEB, "10.0.1.11:80"],
    [WEB, "10.0.1.11:81"],
    [MAIL, "10.0.1.11:25"],
  ]);
  assertEquals(asked[0], {
    command: "drain",
    virtualServer: WEB,
    realServer: "10.0.1.11:80",
    author: "alice",
    reason: "disk",
    forMs: 5,
  });
  const one = desk();
  await obeyEverywhere(drain("10.0.1.11:25"), { snapshot: picture(), obey: one.obey });
  assertEquals(one.asked.length, 1, "with a port that one only");
  const proxy = desk();
  const request = { ...drain("10.0.0.4"), state: "ready", forMs: 5 };
  await obeyEverywhere(request, { snapshot: picture(), obey: proxy.obey });
  assertEquals(proxy.asked, [{
    command: "ready",
    engine: "haproxy",
    virtualServer: "app",
    realServer: "s4",
    author: "alice",
    reason: "disk",
    forMs: undefined,
  }]);
});

Deno.test("all or none: where the last server would go nothing is done, but by force", async () => {
  const { asked, obey } = desk();
  const shown = picture();
  const [web] = shown.virtualServers;
  const alone = virtualServer({ name: MAIL, realServers: web?.realServers.slice(0, 2) ?? [] });
  const both = { ...shown, virtualServers: [...shown.virtualServers.slice(0, 1), alone] };
  const error = await assertRejects(() => obeyEverywhere(drain("10.0.1.11"), { snapshot: both, obey }), Error);
  assertStringIncludes(String(error), "nothing was done: 10.0.1.11:81 of tcp 10.0.0.100:25 is the last one");
  assertEquals(asked, []);
  const answer = await obeyEverywhere(drain("10.0.1.11", { force: true }), { snapshot: both, obey });
  assertEquals([answer.servers.length, asked.length], [4, 4]);
  await assertRejects(() => obeyEverywhere(drain("10.9.9.9"), { snapshot: both, obey }), Error, "no real server has");
  const some = desk(({ virtualServer }) => virtualServer === MAIL);
  const partly = await obeyEverywhere(drain("10.0.1.11"), { snapshot: picture(), obey: some.obey });
  assertStringIncludes(partly.text, "2 servers with the address 10.0.1.11 of 3; the others were refused: no");
  assertEquals(partly.servers.map(({ done }) => done), [true, true, false]);
});

Deno.test("all that was said is taken back, one by one", async () => {
  const { asked, obey } = desk();
  const said = { author: "alice", atMs: 1 };
  const shown: Snapshot = {
    ...picture(),
    vrrpInstances: [vrrpInstance({ orders: { held: said, priority: { ...said, value: 5 } } })],
    virtualServers: [
      virtualServer({
        name: WEB,
        disabled: { ...said, mode: "maint" },
        realServers: [realServer({ override: { ...said, weight: 3 } }), realServer({ address: "10.0.1.12" })],
      }),
    ],
  };
  assertEquals(await clearOverrides({ command: "clear-overrides", author: "bob" }, { snapshot: shown, obey }), {
    text: "5 orders were taken back",
  });
  assertEquals(asked.map(({ command, name, virtualServer }) => [command, name ?? virtualServer]), [
    ["release", "VI_1"],
    ["clear-priority", "VI_1"],
    ["enable", WEB],
    ["ready", WEB],
    ["ready", "app"],
  ]);
  const failing = desk(() => true);
  await assertRejects(
    () => clearOverrides({ command: "clear-overrides" }, { snapshot: shown, obey: failing.obey }),
    Error,
    "5 of 5 stay: no",
  );
});
