// `follow_instance`, and what instances that track virtual servers are told.
import { assertEquals } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import type { VirtualServer } from "../../config/config.ts";
import type { JudgedWord } from "../../core/tracking/server_word.ts";

const INSTANCE = "vrrp_instance:\n  VI_1: {interface: eth0, virtual_router_id: 51, virtual_ipaddress: [10.0.0.9/24]}\n";

function servers(more: string, count = 2): readonly VirtualServer[] {
  const real = Array.from(
    { length: count },
    (_, at) => `      - {address: 10.0.1.${at + 1}, port: 80, TCP_CHECK: {retry: 0}}\n`,
  ).join("");
  return serversOf(
    `${INSTANCE}virtual_server:
  - address: 10.0.0.1
    port: 80
    delay_loop: 6
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
    ${more}
    real_server:
${real}`,
    "test.yaml",
  );
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join();
const PAIR = "tcp 10.0.0.1:80 wrr: 10.0.1.1:80=1 10.0.1.2:80=1";

Deno.test("follow_instance checks only while the instance is master; the table stays", async () => {
  let isMaster = false;
  const now = engineWith(servers("follow_instance: VI_1"), { isMaster: (name) => isMaster && name === "VI_1" });
  now.probes.dead.add("10.0.1.1");
  now.engine.run();
  await now.time.pass(15_000);
  assertEquals([now.probes.asked, table(now)], [[], PAIR]);
  assertEquals(now.engine.snapshot()[0]?.realServers[0]?.causes, [
    "its checks are held back: VI_1 is not master here",
  ]);
  isMaster = true;
  now.engine.surroundingsChanged();
  await now.time.pass(10);
  assertEquals(table(now), "tcp 10.0.0.1:80 wrr: 10.0.1.2:80=1");
  isMaster = false;
  now.engine.surroundingsChanged();
  const before = now.probes.asked.length;
  await now.time.pass(30_000);
  assertEquals(now.probes.asked.length, before);
  assertEquals(now.log.filter((line) => line.includes("healthcheckers")), [
    "Suspending healthcheckers of VS [10.0.0.1]:tcp:80: VI_1 is not master here",
    "Activating healthcheckers of VS [10.0.0.1]:tcp:80: VI_1 is master here",
    "Suspending healthcheckers of VS [10.0.0.1]:tcp:80: VI_1 is not master here",
  ]);
});

Deno.test("follow_instance with table takes the entries away and brings them back with what was known", async () => {
  let isMaster = true;
  const now = engineWith(servers("follow_instance: VI_1 table"), { isMaster: () => isMaster });
  now.engine.run();
  await now.time.pass(10);
  assertEquals(table(now), PAIR);
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(7000);
  assertEquals(table(now), "tcp 10.0.0.1:80 wrr: 10.0.1.2:80=1");
  isMaster = false;
  now.engine.surroundingsChanged();
  assertEquals(table(now), "");
  const order = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.2:80" };
  now.engine.obey(order, { action: "weight", weight: 5, author: "root" });
  await now.time.pass(60_000);
  assertEquals(table(now), "", "no order and no reconcile brings them back");
  isMaster = true;
  now.engine.surroundingsChanged();
  assertEquals(table(now), "tcp 10.0.0.1:80 wrr: 10.0.1.2:80=5");
});

Deno.test("a reload makes a virtual server follow and lets it go, in place", async () => {
  const now = engineWith(servers(""), { isMaster: () => false });
  now.engine.run();
  await now.time.pass(10);
  now.engine.reconfigure(servers("follow_instance: VI_1"));
  assertEquals(table(now), PAIR);
  now.engine.reconfigure(servers("follow_instance: VI_1 table"));
  assertEquals(table(now), "");
  const before = now.probes.asked.length;
  now.engine.reconfigure(servers(""));
  await now.time.pass(10);
  assertEquals([table(now), now.probes.asked.length - before], [PAIR, 2], "and it is checked at once");
});

Deno.test("words about tracked virtual servers come at once, when they change, and say what they rest on", async () => {
  const said: (readonly [string, JudgedWord])[] = [];
  const tracked = servers("quorum: 2").map((server) => ({ ...server, tracked: true }));
  const now = engineWith(tracked, { tellQuorums: (words) => said.push(...Object.entries(words)) });
  now.engine.run();
  const both = { quorum: true, servers: 2, weight: 2 };
  assertEquals(said.splice(0), [["tcp 10.0.0.1:80", { ...both, judged: false }]]);
  await now.time.pass(10);
  assertEquals(said.splice(0), [["tcp 10.0.0.1:80", { ...both, judged: true }]]);
  await now.time.pass(30_000);
  assertEquals(said.splice(0), []);
  now.probes.dead.add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(said.splice(0), [["tcp 10.0.0.1:80", { quorum: false, servers: 1, weight: 1, judged: true }]]);
  const order = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };
  now.engine.obey(order, { action: "drain", author: "root" });
  assertEquals(said.splice(0), [["tcp 10.0.0.1:80", { quorum: false, servers: 0, weight: 0, judged: true }]]);
  now.engine.reconfigure(servers("quorum: 2"));
  assertEquals(said.splice(0), [], "nobody tracks it any more");
  now.engine.reconfigure(tracked);
  assertEquals(said.length, 1);
});
