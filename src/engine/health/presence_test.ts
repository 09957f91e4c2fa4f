import { assertEquals, assertThrows } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import type { RealServerSnapshot } from "../../ports/snapshot.ts";
import { NoSuchServerError } from "./operator.ts";

interface Terms {
  readonly virtual?: string;
  readonly servers?: readonly string[];
}

/** A virtual server in YAML; a real server is `ADDRESS` with further lines behind it. */
function yaml({ virtual = "", servers = ["10.0.1.1", "10.0.1.2"] }: Terms): string {
  const lines = (text: string, indent: string): string =>
    text.split(";").map((line) => `${indent}${line.trim()}`).join("\n");
  const blocks = servers.map((server) => {
    const [address = "", ...own] = server.split(" | ");
    return [`      - address: ${address}`, "        port: 80", ...own.map((text) => lines(text, "        "))].join(
      "\n",
    );
  });
  return `virtual_server:
  - address: 10.0.0.1
    port: 80
    delay_loop: 6
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
${lines(virtual, "    ")}
    real_server:
${blocks.join("\n")}
`;
}

const CHECKED = "TCP_CHECK: {retry: 0}";

function world(terms: Terms): HealthWorld {
  const made = engineWith(serversOf(yaml(terms), "test.yaml"));
  made.engine.run();
  return made;
}

function reload({ engine }: HealthWorld, terms: Terms): void {
  engine.reconfigure(serversOf(yaml(terms), "test.yaml"));
}

function shown({ engine }: HealthWorld, address: string): RealServerSnapshot | undefined {
  return engine.snapshot()[0]?.realServers.find((server) => server.address === address);
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join().replace("tcp 10.0.0.1:80 wrr: ", "");
const PAIR = "10.0.1.1:80=1 10.0.1.2:80=1";
const VS = "[10.0.0.1]:tcp:80";
const FIRST = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };

Deno.test("without drain_timeout a server that leaves the configuration leaves the table at once", () => {
  const now = world({});
  now.ipvs.connect("10.0.1.1", 3);
  reload(now, { servers: ["10.0.1.2"] });
  assertEquals(table(now), "10.0.1.2:80=1");
  assertEquals(now.log, [`Removing service [10.0.1.1]:tcp:80 from VS ${VS}`]);
});

Deno.test("drain_timeout keeps it at weight 0 until its connections have ended", async () => {
  const now = world({ virtual: "drain_timeout: 60" });
  now.ipvs.connect("10.0.1.1", 3);
  reload(now, { virtual: "drain_timeout: 60", servers: ["10.0.1.2"] });
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1");
  await now.time.pass(30_000);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1");
  const { presence, weight, causes } = shown(now, "10.0.1.1") ?? {};
  assertEquals([presence, weight?.effective], ["draining", 0]);
  assertEquals(causes, [
    "it has left the configuration: it gets nothing new and waits for 3 connections to end, for 30 s more at most",
  ]);
  now.ipvs.connect("10.0.1.1", 0);
  await now.time.pass(2000);
  assertEquals(table(now), "10.0.1.2:80=1");
  assertEquals(shown(now, "10.0.1.1"), undefined);
  assertEquals(now.log, [
    `Draining service [10.0.1.1]:tcp:80 of VS ${VS}`,
    `Removing service [10.0.1.1]:tcp:80 from VS ${VS}: its connections have ended`,
  ]);
  assertEquals(now.time.pending, 1, "nothing but the next reconcile");
});

Deno.test("a drain ends at its deadline, and the server that is back in the configuration ends it, too", async () => {
  const terms = { servers: ["10.0.1.1 | drain_timeout: 20", "10.0.1.2"] };
  const now = world(terms);
  now.ipvs.connect("10.0.1.1", 3);
  reload(now, { servers: ["10.0.1.2"] });
  await now.time.pass(10_000);
  reload(now, terms);
  assertEquals(table(now), PAIR);
  await now.time.pass(20_000);
  assertEquals(table(now), PAIR);
  reload(now, { servers: ["10.0.1.2"] });
  await now.time.pass(19_000);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1");
  await now.time.pass(2000);
  assertEquals(table(now), "10.0.1.2:80=1");
  assertEquals(now.log.at(-1), `Removing service [10.0.1.1]:tcp:80 from VS ${VS}: its time to drain is over`);
});

Deno.test("a server that is down does not drain, and quorum does not count one that does", async () => {
  const now = world({
    virtual: "drain_timeout: 60; sorry_server: 10.0.1.9 80",
    servers: [`10.0.1.1 | ${CHECKED}`, "10.0.1.2"],
  });
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(1);
  assertEquals(table(now), "10.0.1.2:80=1");
  reload(now, { virtual: "drain_timeout: 60; sorry_server: 10.0.1.9 80", servers: ["10.0.1.2"] });
  assertEquals(table(now), "10.0.1.2:80=1");
  now.ipvs.connect("10.0.1.2", 3);
  now.engine.obey({ virtualServer: "10.0.0.1:80", realServer: "10.0.1.2" }, { action: "drain", author: "root" });
  assertEquals(table(now), "10.0.1.2:80=0 10.0.1.9:80=1");
  await now.time.pass(1000);
  assertEquals(shown(now, "10.0.1.2")?.causes, [
    "an operator took it out (root): it gets nothing new and waits for 3 connections to end, for 59 s more at most",
    "the sorry server has the traffic: the quorum is 1, the live weight 0",
  ]);
});

Deno.test("slow_start lets the weight rise after a recovery, not at the start", async () => {
  const now = world({ virtual: "slow_start: 20", servers: [`10.0.1.1 | weight: 40; ${CHECKED}`, "10.0.1.2"] });
  assertEquals(table(now), "10.0.1.1:80=40 10.0.1.2:80=1");
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(1);
  assertEquals(table(now), "10.0.1.2:80=1");
  now.probes.dead.clear();
  await now.time.pass(6000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
  assertEquals(now.engine.snapshot()[0]?.quorum.have, 41, "quorum counts the whole weight");
  await now.time.pass(10_000);
  assertEquals(table(now), "10.0.1.1:80=20 10.0.1.2:80=1");
  assertEquals(shown(now, "10.0.1.1")?.causes, ["slow start: weight 20 of 40, all of it in 10 s"]);
  await now.time.pass(10_000);
  assertEquals(table(now), "10.0.1.1:80=40 10.0.1.2:80=1");
  assertEquals(shown(now, "10.0.1.1")?.causes, ["all its checks are good"]);
  await now.engine.stop({ keepTable: true });
});

Deno.test("results of checks between two steps of a slow start do not hold it up", async () => {
  const servers = ["10.0.1.1 | weight: 20; TCP_CHECK: {retry: 0, delay_loop: 1}", "10.0.1.2"];
  const now = world({ virtual: "slow_start: 20", servers });
  // Steps of the weight come at x.5 s, looks at it at x.2 s, and results of checks at x.0 s.
  const second = { ...FIRST, realServer: "10.0.1.2:80" };
  for (const [afterMs, name] of [[200, second], [300, FIRST]] as const) {
    await now.time.pass(afterMs);
    now.engine.obey(name, { action: "maint", author: "root" });
    now.engine.obey(name, { action: "ready", author: "root" });
  }
  const weights: string[] = [];
  for (let step = 0; step < 4; step++) {
    await now.time.pass(step === 0 ? 5700 : 5000);
    weights.push(table(now).split(" ")[0] ?? "");
  }
  assertEquals(weights, [5, 10, 15, 20].map((weight) => `10.0.1.1:80=${weight}`));
  await now.engine.stop({ keepTable: true });
});

Deno.test("slow_start holds for a server that a reload brings, and keepalived.conf has none of it", async () => {
  const now = world({ servers: ["10.0.1.1"] });
  reload(now, { servers: ["10.0.1.1", "10.0.1.2 | weight: 10; slow_start: 10"] });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
  await now.time.pass(5000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=5");
  await now.time.pass(5000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=10");
  const [plain] = serversOf(
    "virtual_server 10.0.0.1 80 {\nslow_start 5\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.1.1 80 {\n}\n}\n",
  );
  assertEquals(plain?.slowStartMs, undefined);
});

Deno.test("an operator drains a server: weight 0, then out, then back by ready", async () => {
  const now = world({});
  now.ipvs.connect("10.0.1.1", 2);
  const { override, ...names } = now.engine.obey(FIRST, { action: "drain", author: "anna", reason: "new disk" });
  assertEquals(names, FIRST);
  assertEquals(override, { mode: "drain", author: "anna", reason: "new disk", atMs: 1_000_000 });
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1");
  await now.time.pass(3_600_000);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1", "without drain_timeout there is no deadline");
  now.ipvs.connect("10.0.1.1", 0);
  await now.time.pass(2000);
  assertEquals(table(now), "10.0.1.2:80=1");
  assertEquals(shown(now, "10.0.1.1")?.causes, [
    "an operator took it out (anna: new disk), and its connections have ended",
  ]);
  reload(now, { virtual: "quorum: 1", servers: ["10.0.1.1 | weight: 5", "10.0.1.2"] });
  assertEquals(table(now), "10.0.1.2:80=1", "it holds through a reload");
  now.engine.obey(FIRST, { action: "ready", author: "anna" });
  assertEquals(table(now), "10.0.1.1:80=5 10.0.1.2:80=1");
  assertEquals(now.log, [
    `Operator anna wants service [10.0.1.1]:tcp:80 of VS ${VS} drain: new disk`,
    `Removing service [10.0.1.1]:tcp:80 from VS ${VS}: its connections have ended`,
    `Operator anna wants service [10.0.1.1]:tcp:80 of VS ${VS} ready`,
  ]);
});

Deno.test("maint takes a server out at once; checks go on, so that ready does not bring a dead one back", async () => {
  const now = world({ servers: [`10.0.1.1 | ${CHECKED}`, "10.0.1.2"] });
  now.ipvs.connect("10.0.1.1", 2);
  now.engine.obey(FIRST, { action: "maint", author: "root" });
  assertEquals(table(now), "10.0.1.2:80=1");
  assertEquals(shown(now, "10.0.1.1")?.causes?.[0], "an operator put it into maintenance (root)");
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(1);
  now.engine.obey(FIRST, { action: "ready", author: "root" });
  assertEquals(table(now), "10.0.1.2:80=1");
  now.probes.dead.clear();
  await now.time.pass(6000);
  assertEquals(table(now), PAIR);
  await now.engine.stop({ keepTable: true });
});

Deno.test("an operator's weight comes before the configuration's, in the quorum, too, until it is taken back", () => {
  const now = world({ virtual: "quorum: 2" });
  now.engine.obey(FIRST, { action: "weight", weight: 7, author: "root" });
  assertEquals(table(now), "10.0.1.1:80=7 10.0.1.2:80=1");
  assertEquals(now.engine.snapshot()[0]?.quorum.have, 8);
  reload(now, { virtual: "quorum: 2", servers: ["10.0.1.1 | weight: 3", "10.0.1.2"] });
  assertEquals(table(now), "10.0.1.1:80=7 10.0.1.2:80=1");
  const { override } = now.engine.obey(FIRST, { action: "drain", author: "root" });
  assertEquals([override?.mode, override?.weight], ["drain", 7]);
  const after = now.engine.obey(FIRST, { action: "weight", weight: undefined, author: "root" });
  assertEquals([after.override?.mode, after.override?.weight], ["drain", undefined]);
  now.engine.obey(FIRST, { action: "ready", author: "root" });
  assertEquals(table(now), "10.0.1.1:80=3 10.0.1.2:80=1");
});

Deno.test("an engine goes on draining what an earlier one left at weight 0, and nothing else", async () => {
  const terms = { virtual: "drain_timeout: 60", servers: ["10.0.1.1", "10.0.1.2", "10.0.1.3"] };
  const before = world(terms);
  before.ipvs.connect("10.0.1.1", 3);
  reload(before, { ...terms, servers: ["10.0.1.2", "10.0.1.3"] });
  await before.engine.stop({ keepTable: true });
  assertEquals(table(before), "10.0.1.1:80=0 10.0.1.2:80=1 10.0.1.3:80=1");
  const after = engineWith(serversOf(yaml({ ...terms, servers: ["10.0.1.2"] }), "test.yaml"), { ipvs: before.ipvs });
  after.engine.run();
  assertEquals(table(after), "10.0.1.1:80=0 10.0.1.2:80=1", "10.0.1.3 was not draining");
  before.ipvs.connect("10.0.1.1", 0);
  await after.time.pass(6000);
  assertEquals(table(after), "10.0.1.2:80=1");
});

Deno.test("an engine takes over what an operator said to the one before", () => {
  const drain = { mode: "drain", author: "root", atMs: 5 } as const;
  const now = engineWith(serversOf(yaml({ servers: ["10.0.1.1 | weight: 5", "10.0.1.2", "10.0.1.3"] }), "test.yaml"));
  const weights = new Set<string>();
  now.ipvs.observe = () => weights.add(/10.0.1.1:80=\d+/.exec(table(now))?.[0] ?? "none");
  now.engine.run([
    { name: FIRST, override: drain },
    { name: { ...FIRST, realServer: "10.0.1.3:80" }, override: { mode: "maint", author: "root", atMs: 5 } },
    { name: { ...FIRST, realServer: "10.0.1.9:80" }, override: drain },
  ]);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1");
  assertEquals([...weights], ["none", "10.0.1.1:80=0"], "it never had its weight");
  assertEquals(shown(now, "10.0.1.1")?.override, drain);
});

Deno.test("a name that fits no server, or two, says which there are", () => {
  const now = world({ servers: ["10.0.1.1", "10.0.1.2"] });
  const obey = (virtualServer: string, realServer: string) => () =>
    void now.engine.obey({ virtualServer, realServer }, { action: "drain", author: "root" });
  obey("10.0.0.1", "10.0.1.1")();
  assertThrows(
    obey("10.0.0.2", "10.0.1.1"),
    NoSuchServerError,
    "there is no virtual server `10.0.0.2`; there is `tcp 10.0.0.1:80`",
  );
  assertThrows(
    obey("10.0.0.1", "10.0.1.3"),
    NoSuchServerError,
    "there is no real server of tcp 10.0.0.1:80 `10.0.1.3`; there is `10.0.1.1:80`, `10.0.1.2:80`",
  );
});
