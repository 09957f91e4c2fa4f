import { assert, assertEquals } from "../../../test/assert.ts";
import { realServer, tcpChecker, virtualServer } from "../../../test/support/health_servers.ts";
import type { RealServer, VirtualServer } from "../../config/config.ts";
import { NO_TRAFFIC } from "../../core/ipvs/model.ts";
import type { IpvsCommand } from "../../core/ipvs/table.ts";
import type { ProbePort, ProbeResult } from "../../ports/probes.ts";
import type { RealServerSnapshot } from "../../ports/snapshot.ts";
import { FakeIpvs } from "./fake_ipvs.ts";
import { FakeTime } from "./fake_time.ts";
import { HealthEngine } from "./health_engine.ts";
import { policyOf, realServerEntry } from "./policy.ts";

const elsewhere = { file: "test.conf", line: 70, column: 1, length: 1 };

/** Probes that answer after 100 ms: servers in `dead` refuse. */
class SlowProbes implements ProbePort {
  readonly dead = new Set<string>();
  readonly asked: string[] = [];
  readonly #time: FakeTime;

  constructor(time: FakeTime) {
    this.#time = time;
  }

  run(request: Parameters<ProbePort["run"]>[0]): Promise<ProbeResult> {
    const { address } = request.target;
    this.asked.push(address);
    const result: ProbeResult = this.dead.has(address)
      ? { ok: false, status: "L4CON", text: "connection refused", durationUs: 100_000 }
      : { ok: true, status: "L4OK", text: "connected", durationUs: 100_000 };
    return new Promise((resolve) => this.#time.after(100, () => resolve(result)));
  }
}

/** An engine whose first checks, 3 s after the start, are through. */
async function running(...virtualServers: readonly VirtualServer[]): Promise<{
  time: FakeTime;
  ipvs: FakeIpvs;
  probes: SlowProbes;
  log: string[];
  engine: HealthEngine;
  told: () => string[];
  server: (address: string) => RealServerSnapshot;
}> {
  const time = new FakeTime();
  const ipvs = new FakeIpvs();
  const probes = new SlowProbes(time);
  const log: string[] = [];
  const engine = new HealthEngine({
    virtualServers,
    clock: time,
    timers: time,
    openIpvs: () => ipvs,
    probes,
    random: () => 0.5,
    log: (line) => log.push(line),
  });
  engine.run();
  await time.pass(4000);
  ipvs.commands.length = log.length = probes.asked.length = 0;
  const told = (): string[] => ipvs.commands.splice(0).map(describe);
  const server = (address: string): RealServerSnapshot => {
    const found = engine.snapshot().flatMap(({ realServers }) => realServers).find((entry) =>
      entry.address === address
    );
    assert(found !== undefined, `${address} is there`);
    return found;
  };
  return { time, ipvs, probes, log, engine, told, server };
}

function describe(command: IpvsCommand): string {
  if (command.type === "add-real-server" || command.type === "set-real-server") {
    return `${command.type} ${command.entry.address}=${command.entry.weight} ${command.entry.forwardingMethod}`;
  }
  return command.type === "delete-real-server" ? `${command.type} ${command.address}` : command.type;
}

Deno.test("HealthEngine.reconfigure() does not touch what is the same in another place of the file", async () => {
  const { time, engine, told, probes, log } = await running(virtualServer());
  await time.pass(5050); // 9.05 s: the second checks are under way
  assertEquals(probes.asked, ["10.0.1.11", "10.0.1.12"]);
  const before = engine.snapshot();
  engine.reconfigure([virtualServer({
    location: elsewhere,
    realServers: [realServer("10.0.1.11", { location: elsewhere }), realServer("10.0.1.12")],
  })]);
  assertEquals(engine.snapshot(), before);
  await time.pass(100);
  assertEquals(engine.snapshot()[0]?.realServers.map(({ check }) => check?.atMs), [1_009_100, 1_009_100]);
  await time.pass(6000);
  assertEquals(probes.asked.length, 4);
  assertEquals(told(), []);
  assertEquals(log, []);
});

Deno.test("HealthEngine.reconfigure() edits weight, forwarding method, scheduler and persistence in the kernel", async () => {
  const { engine, told, server } = await running(virtualServer());
  const before = server("10.0.1.12");
  engine.reconfigure([virtualServer({
    scheduler: "wrr",
    persistenceTimeoutSeconds: 60,
    realServers: [realServer("10.0.1.11", { weight: 5 }), realServer("10.0.1.12", { forwardingMethod: "dr" })],
  })]);
  assertEquals(told(), ["set-real-server 10.0.1.11=5 nat", "set-real-server 10.0.1.12=1 dr", "set-virtual-server"]);
  const after = server("10.0.1.12");
  assertEquals([after.sinceMs, after.check, after.state], [before.sinceMs, before.check, "up"]);
});

Deno.test("HealthEngine.reconfigure() adds and removes real servers, and leaves the others as they are", async () => {
  const { time, engine, told, server, log, probes } = await running(virtualServer());
  const before = server("10.0.1.12");
  engine.reconfigure([virtualServer({ realServers: [realServer("10.0.1.12"), realServer("10.0.1.13")] })]);
  assertEquals(told(), ["add-real-server 10.0.1.13=1 nat", "delete-real-server 10.0.1.11"]);
  assertEquals(server("10.0.1.12"), before);
  assertEquals(log, [
    "Adding service [10.0.1.13]:tcp:80 to VS [10.0.0.100]:tcp:80",
    "Removing service [10.0.1.11]:tcp:80 from VS [10.0.0.100]:tcp:80",
  ]);
  await time.pass(3000);
  assertEquals(probes.asked, ["10.0.1.13"]); // at its spread time, as at start
});

Deno.test("HealthEngine.reconfigure() lets a new real server of an alpha virtual server wait for its first check", async () => {
  const { time, engine, told, server } = await running(virtualServer());
  const realServers = [realServer("10.0.1.11"), realServer("10.0.1.12"), realServer("10.0.1.13")];
  engine.reconfigure([virtualServer({ alpha: true, realServers })]);
  assertEquals(told(), []);
  assertEquals([server("10.0.1.11").state, server("10.0.1.13").state], ["up", "down"]);
  await time.pass(3100);
  assertEquals(told(), ["add-real-server 10.0.1.13=1 nat"]);
});

Deno.test("HealthEngine.reconfigure() holds the state of a server whose checker changed until the next result", async () => {
  const { time, engine, told, server, probes } = await running(virtualServer());
  probes.dead.add("10.0.1.11");
  await time.pass(6400);
  assertEquals(told(), ["delete-real-server 10.0.1.11"]);
  const before = server("10.0.1.11");
  const slower = (address: string): RealServer =>
    realServer(address, { checkers: [tcpChecker(address, { delayLoopMs: 8000 })] });
  engine.reconfigure([virtualServer({ realServers: [slower("10.0.1.11"), slower("10.0.1.12")] })]);
  assertEquals(told(), []);
  const after = server("10.0.1.11");
  assertEquals([after.state, after.sinceMs, after.failedChecks], ["down", before.sinceMs, before.failedChecks]);
  assertEquals(server("10.0.1.12").state, "up");
  probes.dead.clear();
  await time.pass(3200);
  assertEquals(told(), ["add-real-server 10.0.1.11=1 nat"]);
});

Deno.test("HealthEngine.reconfigure() gives a changed checker of an up server all its tries", async () => {
  const { time, engine, told, probes, server } = await running(virtualServer());
  const changed = realServer("10.0.1.11", { checkers: [tcpChecker("10.0.1.11", { connectTimeoutMs: 900 })] });
  engine.reconfigure([virtualServer({ realServers: [changed, realServer("10.0.1.12")] })]);
  probes.dead.add("10.0.1.11");
  await time.pass(3200);
  assertEquals(server("10.0.1.11").state, "going-down");
  assertEquals(told(), []);
  await time.pass(1100);
  assertEquals(told(), ["delete-real-server 10.0.1.11"]);
});

Deno.test("HealthEngine.reconfigure() forgets results that were under way for a checker that is gone", async () => {
  const { time, engine, told, probes, server } = await running(
    virtualServer({ realServers: [realServer("10.0.1.11")] }),
  );
  await time.pass(5150); // 9.15 s: the check has begun
  assertEquals(probes.asked, ["10.0.1.11"]);
  engine.reconfigure([virtualServer({ realServers: [realServer("10.0.1.11", { checkers: [] })] })]);
  await time.pass(20_000);
  assertEquals(server("10.0.1.11").state, "no-check");
  assertEquals(probes.asked, ["10.0.1.11"]);
  assertEquals(told(), []);
});

Deno.test("HealthEngine.reconfigure() takes a server up whose failing checker is gone", async () => {
  const checkers = [tcpChecker("10.0.1.11"), tcpChecker("10.0.2.11")];
  const { time, engine, told, probes, server } = await running(
    virtualServer({ realServers: [realServer("10.0.1.11", { checkers }), realServer("10.0.1.12")] }),
  );
  probes.dead.add("10.0.2.11");
  await time.pass(6400);
  assertEquals(told(), ["delete-real-server 10.0.1.11"]);
  engine.reconfigure([virtualServer()]);
  assertEquals(told(), ["add-real-server 10.0.1.11=1 nat"]);
  assertEquals(server("10.0.1.11").state, "up");
});

Deno.test("HealthEngine.reconfigure() judges the quorum again, and a new sorry server takes over at once", async () => {
  const { engine, told, log } = await running(virtualServer());
  const sorryServer = { address: "10.0.1.99", port: 80, forwardingMethod: "nat" } as VirtualServer["sorryServer"];
  const realServers = [realServer("10.0.1.11", { weight: 0 }), realServer("10.0.1.12", { weight: 0 })];
  engine.reconfigure([virtualServer({ realServers, ...(sorryServer && { sorryServer }) })]);
  assertEquals(told(), [
    "add-real-server 10.0.1.99=1 nat",
    "delete-real-server 10.0.1.11",
    "delete-real-server 10.0.1.12",
  ]);
  assertEquals(log[0], "Lost quorum 1-0=1 > 0 for VS [10.0.0.100]:tcp:80");
  assertEquals(engine.snapshot()[0]?.downTransitions, 1);
  engine.reconfigure([virtualServer()]);
  assertEquals(told(), [
    "add-real-server 10.0.1.11=1 nat",
    "add-real-server 10.0.1.12=1 nat",
    "delete-real-server 10.0.1.99",
  ]);
});

Deno.test("HealthEngine.reconfigure() adds and deletes virtual servers, and leaves foreign ones alone", async () => {
  const { time, ipvs, engine, told, probes } = await running(virtualServer());
  const other = virtualServer({
    name: "tcp 10.0.0.101:80",
    address: "10.0.0.101",
    realServers: [realServer("10.0.1.13")],
  });
  const foreign = policyOf(virtualServer({ address: "10.0.0.200" })).entries[0];
  ipvs.tamper({ type: "add-virtual-server", entry: foreign });
  engine.reconfigure([other]);
  assertEquals(told(), ["add-virtual-server", "add-real-server 10.0.1.13=1 nat", "delete-virtual-server"]);
  assertEquals(ipvs.text(), ["tcp 10.0.0.101:80 rr: 10.0.1.13:80=1", "tcp 10.0.0.200:80 rr:"]);
  await time.pass(6000);
  assertEquals(probes.asked, ["10.0.1.13"]);
});

Deno.test("HealthEngine.reconfigure() adopts what the kernel already has of a new virtual server", async () => {
  const { ipvs, engine, told, time } = await running(virtualServer());
  const other = virtualServer({ name: "tcp 10.0.0.101:80", address: "10.0.0.101" });
  const entry = policyOf(other).entries[0];
  ipvs.tamper({ type: "add-virtual-server", entry });
  const kept = realServerEntry(realServer("10.0.1.12"));
  ipvs.tamper({ type: "add-real-server", key: entry.key, entry: kept });
  await time.pass(1000);
  engine.reconfigure([virtualServer(), other]);
  assertEquals(told(), []); // 10.0.1.11 stays out of it until its first good check
  assertEquals(engine.snapshot()[1]?.counters, NO_TRAFFIC);
});
