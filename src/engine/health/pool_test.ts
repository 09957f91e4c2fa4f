// `fail_open`, `backup` and `backup_below` at work: the table, the log, the alarm, and what a reload does.
import { assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import type { RealServerSnapshot } from "../../ports/snapshot.ts";

interface Terms {
  readonly virtual?: readonly string[];
  /** ADDRESS, or ADDRESS and further words of the entry. */
  readonly servers?: readonly string[];
}

function yaml({ virtual = [], servers = ["10.0.1.1", "10.0.1.2"] }: Terms): string {
  const blocks = servers.map((server) => {
    const [address = "", ...own] = server.split(", ");
    const more = own.map((word) => `, ${word}`).join("");
    return `      - {address: ${address}, port: 80${more}, TCP_CHECK: {retry: 0}}`;
  });
  return `virtual_server:
  - address: 10.0.0.1
    port: 80
    delay_loop: 6
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
${virtual.map((line) => `    ${line}\n`).join("")}    real_server:
${blocks.join("\n")}
`;
}

async function world(terms: Terms, more: Parameters<typeof engineWith>[1] = {}): Promise<HealthWorld> {
  const made = engineWith(serversOf(yaml(terms), "test.yaml"), more);
  made.engine.run();
  await made.time.pass(10);
  return made;
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join().replace(/tcp 10.0.0.1:80 wrr:? ?/, "");
const shown = ({ engine }: HealthWorld, address: string): RealServerSnapshot | undefined =>
  engine.snapshot()[0]?.realServers.find((server) => server.address === address);

Deno.test("without fail_open nothing is left when all servers have failed, as in keepalived", async () => {
  const now = await world({});
  now.probes.dead.add("10.0.1.1").add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(table(now), "");
  assertEquals(now.engine.warnings, []);
});

Deno.test("fail_open keeps the servers of the last outage, says so, and gives way to the first that recovers", async () => {
  const terms = { virtual: ["fail_open: true"], servers: ["10.0.1.1", "10.0.1.2", "10.0.1.3, weight: 3"] };
  const now = await world(terms);
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(60_000);
  assertEquals(table(now), "10.0.1.2:80=1 10.0.1.3:80=3");
  now.probes.dead.add("10.0.1.2").add("10.0.1.3");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.2:80=1 10.0.1.3:80=3", "the first one has failed long before");
  assertEquals(now.engine.snapshot()[0]?.up, false, "the quorum is lost all the same");
  assertEquals(now.engine.warnings.map(({ code, message }) => [code, message]), [[
    "fail-open",
    "no real server is up, so failed ones stay in the table (fail_open): tcp 10.0.0.1:80 " +
    "([10.0.1.2]:tcp:80 [10.0.1.3]:tcp:80)",
  ]]);
  assertEquals(shown(now, "10.0.1.2")?.held, true);
  assertEquals(shown(now, "10.0.1.2")?.causes, [
    "it gets connections although its checks fail: no real server is up (fail_open)",
    "TCP_CHECK fails: connection refused",
  ]);
  assertEquals(shown(now, "10.0.1.1")?.causes, ["TCP_CHECK fails: connection refused"]);
  const opens = "VS [10.0.0.1]:tcp:80 fails open: no real server is up, these stay in the table: ";
  assertEquals(now.log.at(-1), `${opens}[10.0.1.2]:tcp:80 [10.0.1.3]:tcp:80`);
  now.probes.dead.delete("10.0.1.1");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.1:80=1");
  assertEquals(now.engine.warnings, []);
  assertEquals(now.log.at(-1), "VS [10.0.0.1]:tcp:80 fails open no more");
});

Deno.test("a reload switches fail_open on and off in place, and all takes in every server that failed", async () => {
  const now = await world({});
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(60_000);
  now.probes.dead.add("10.0.1.2");
  await now.time.pass(7000);
  const reload = (virtual: readonly string[]): void =>
    now.engine.reconfigure(serversOf(yaml({ virtual }), "test.yaml"));
  reload(["fail_open: last"]);
  assertEquals(table(now), "10.0.1.2:80=1");
  reload(["fail_open: all"]);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
  assertEquals(now.engine.warnings.length, 1);
  reload(["fail_open: all", "sorry_server: 10.0.1.9 80"]);
  assertEquals(table(now), "10.0.1.9:80=1", "a sorry server comes before it");
  assertEquals(now.engine.warnings, []);
  reload([]);
  assertEquals(table(now), "");
});

Deno.test("a successor of the health role goes on failing open with the servers that it finds in the table", async () => {
  const terms = { virtual: ["fail_open: last"], servers: ["10.0.1.1", "10.0.1.2", "10.0.1.3"] };
  const first = await world(terms);
  first.probes.dead.add("10.0.1.1");
  await first.time.pass(60_000);
  first.probes.dead.add("10.0.1.2").add("10.0.1.3");
  await first.time.pass(7000);
  assertEquals(table(first), "10.0.1.2:80=1 10.0.1.3:80=1");
  await first.engine.stop({ keepTable: true });
  const second = engineWith(serversOf(yaml(terms), "test.yaml"), { ipvs: first.ipvs });
  for (const address of first.probes.dead) second.probes.dead.add(address);
  let least = 9;
  first.ipvs.observe = () => least = Math.min(least, first.ipvs.rows[0]?.realServers.length ?? 0);
  second.engine.run();
  await second.time.pass(20_000);
  assertEquals([table(second), least], ["10.0.1.2:80=1 10.0.1.3:80=1", 1], "and was never without a server");
  assertEquals(second.engine.warnings.map(({ code }) => code), ["fail-open"]);
});

Deno.test("an operator's word counts for held servers: drained ones stay without connections", async () => {
  const now = await world({ virtual: ["fail_open: last"] });
  now.probes.dead.add("10.0.1.1").add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
  const first = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };
  now.engine.obey(first, { action: "maint", author: "root" });
  assertEquals(table(now), "10.0.1.2:80=1");
  now.engine.obey(first, { action: "ready", author: "root" });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
});

const WITH_BACKUP = ["10.0.1.1", "10.0.1.2", "10.0.1.3, backup: true, weight: 4"];

Deno.test("backups are checked, stand by at weight 0 and serve when no other server is up", async () => {
  const now = await world({ servers: WITH_BACKUP });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1 10.0.1.3:80=0");
  assertEquals(now.probes.asked.includes("10.0.1.3:80"), true);
  const standing = shown(now, "10.0.1.3");
  assertEquals([standing?.backup, standing?.state, standing?.weight.effective], [true, "up", 0]);
  assertEquals(standing?.causes, ["it is a backup: it gets nothing new until no other is up"]);
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.2:80=1 10.0.1.3:80=0");
  now.probes.dead.add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.3:80=4");
  assertEquals(now.engine.snapshot()[0]?.up, true);
  assertStringIncludes(now.log.join("\n"), "Backup servers of VS [10.0.0.1]:tcp:80 serve: [10.0.1.3]:tcp:80");
  assertEquals(shown(now, "10.0.1.3")?.causes, ["it is a backup, and serves while no other is up"]);
  now.probes.dead.clear();
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1 10.0.1.3:80=0", "its connections may end where they are");
  assertEquals(now.log.includes("Backup servers of VS [10.0.0.1]:tcp:80 stand by"), true);
});

Deno.test("backup_below brings backups in earlier, drained primaries count, and a reload changes it in place", async () => {
  const now = await world({ virtual: ["backup_below: 2"], servers: WITH_BACKUP });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1 10.0.1.3:80=0");
  now.engine.obey(
    { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" },
    { action: "drain", author: "root" },
  );
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1 10.0.1.3:80=4");
  const reload = (terms: Terms): void => now.engine.reconfigure(serversOf(yaml(terms), "test.yaml"));
  reload({ servers: WITH_BACKUP });
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1 10.0.1.3:80=0");
  reload({ servers: ["10.0.1.1", "10.0.1.2", "10.0.1.3, weight: 4"] });
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1 10.0.1.3:80=4");
});

Deno.test("a backup that is down leaves, and the sorry server comes only when the backups are down, too", async () => {
  const now = await world({ virtual: ["sorry_server: 10.0.1.9 80"], servers: ["10.0.1.1", "10.0.1.2, backup: true"] });
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.2:80=1");
  now.probes.dead.add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.9:80=1");
});

Deno.test("fail_open does not hold a server of which an operator says that it is down", async () => {
  const now = await world({ virtual: ["fail_open: true"] });
  now.probes.dead.add("10.0.1.1").add("10.0.1.2");
  await now.time.pass(7000);
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
  const name = { virtualServer: "10.0.0.1", realServer: "10.0.1.1" };
  now.engine.obey(name, { action: "health", health: "down", author: "alice" });
  assertEquals(table(now), "10.0.1.2:80=1");
  now.engine.obey(name, { action: "health", health: undefined, author: "alice" });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1");
});
