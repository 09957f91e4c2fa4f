import { assert, assertEquals } from "../../../test/assert.ts";
import { realServer, tcpChecker, virtualServer } from "../../../test/support/health_servers.ts";
import type { Checker, VirtualServer } from "../../config/config.ts";
import { NO_TRAFFIC } from "../../core/ipvs/model.ts";
import type { IpvsCommand, VirtualServerRow } from "../../core/ipvs/table.ts";
import type { ProbePort, ProbeResult } from "../../ports/probes.ts";
import { type IpvsPort, IpvsUnavailableError } from "../../ports/ipvs.ts";
import { FakeIpvs, FakeIpvsSettings } from "./fake_ipvs.ts";
import { FakeTime } from "./fake_time.ts";
import { HealthEngine, type HealthEngineOptions } from "./health_engine.ts";
import { keysOf, policyOf, realServerEntry } from "./policy.ts";

/** A table row of a virtual server with the weights that the kernel has. */
function rowOf(config: VirtualServer, weights: Readonly<Record<string, number>>): VirtualServerRow {
  const realServers = Object.entries(weights).map(([address, weight]) => {
    const entry = { ...realServerEntry(realServer(address)), weight };
    return { entry, activeConnections: 3, inactiveConnections: 2, persistentConnections: 1, counters: NO_TRAFFIC };
  });
  return { entry: policyOf(config).entries[0], counters: { ...NO_TRAFFIC, connections: 42 }, realServers };
}

/** Probes that answer at once: servers in `dead` refuse. */
class FakeProbes implements ProbePort {
  readonly dead = new Set<string>();
  readonly asked: string[] = [];

  run(request: Parameters<ProbePort["run"]>[0]): Promise<ProbeResult> {
    const { address } = request.target;
    this.asked.push(request.type === "http" ? `${address}${request.url.path}` : address);
    return Promise.resolve(
      this.dead.has(address)
        ? { ok: false, status: "L4CON", text: "connection refused", durationUs: 150 }
        : { ok: true, status: "L4OK", text: "connected", durationUs: 250 },
    );
  }
}

interface World {
  readonly time: FakeTime;
  readonly ipvs: FakeIpvs;
  readonly probes: FakeProbes;
  readonly log: string[];
  readonly engine: HealthEngine;
}

function setUp(
  virtualServers: readonly VirtualServer[] = [virtualServer()],
  more: Partial<HealthEngineOptions> & { rows?: readonly VirtualServerRow[] } = {},
): World {
  const { rows, ...options } = more;
  const time = new FakeTime();
  const ipvs = new FakeIpvs(rows);
  const probes = new FakeProbes();
  const log: string[] = [];
  const engine = new HealthEngine({
    virtualServers,
    clock: time,
    timers: time,
    openIpvs: () => ipvs,
    probes,
    random: () => 0.5,
    log: (line) => log.push(line),
    ...options,
  });
  return { time, ipvs, probes, log, engine };
}

const types = (commands: readonly IpvsCommand[]): string[] => commands.map(({ type }) => type);

Deno.test("HealthEngine fills the table at start and checks at the spread time, then every delay_loop", async () => {
  const { time, ipvs, probes, engine } = setUp();
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"]);
  await time.pass(2999);
  assertEquals(probes.asked, []);
  await time.pass(1);
  assertEquals(probes.asked, ["10.0.1.11", "10.0.1.12"]);
  await time.pass(6000);
  assertEquals(probes.asked.length, 4);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine removes a dead server after its retry and restores it, in keepalived's words", async () => {
  const { time, ipvs, probes, log, engine } = setUp();
  engine.run();
  await time.pass(3000);
  log.length = 0;
  probes.dead.add("10.0.1.11");
  await time.pass(6999);
  assertEquals([ipvs.text(), log], [["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"], []]);
  assertEquals(engine.snapshot()[0]?.realServers[0]?.state, "going-down");
  await time.pass(1);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.12:80=1"]);
  probes.dead.clear();
  await time.pass(6000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"]);
  assertEquals(log, [
    "TCP connection to [10.0.1.11]:tcp:80 failed.",
    "Check on service [10.0.1.11]:tcp:80 failed after 1 retry.",
    "Removing service [10.0.1.11]:tcp:80 from VS [10.0.0.100]:tcp:80",
    "TCP connection to [10.0.1.11]:tcp:80 success.",
    "Adding service [10.0.1.11]:tcp:80 to VS [10.0.0.100]:tcp:80",
  ]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine puts the sorry server in when quorum is lost, before it takes the last one out", async () => {
  const sorryServer = { address: "10.0.1.99", port: 80, forwardingMethod: "nat", inhibit: false } as const;
  const { time, ipvs, probes, log, engine } = setUp([virtualServer({ sorryServer })]);
  engine.run();
  await time.pass(3000);
  probes.dead.add("10.0.1.11").add("10.0.1.12");
  log.length = 0;
  ipvs.commands.length = 0;
  await time.pass(7000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.99:80=1"]);
  assertEquals(types(ipvs.commands), ["delete-real-server", "add-real-server", "delete-real-server"]);
  assertEquals(log.slice(-4), [
    "Removing service [10.0.1.12]:tcp:80 from VS [10.0.0.100]:tcp:80",
    "Lost quorum 1-0=1 > 0 for VS [10.0.0.100]:tcp:80",
    "Adding sorry server [10.0.1.99]:tcp:80 to VS [10.0.0.100]:tcp:80",
    "Removing alive servers from the pool for VS [10.0.0.100]:tcp:80",
  ]);
  const [down] = engine.snapshot();
  assertEquals([down?.up, down?.sorryServer?.active, down?.quorum], [false, true, { need: 1, have: 0 }]);

  probes.dead.delete("10.0.1.12");
  log.length = 0;
  await time.pass(6000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.12:80=1"]);
  assertEquals(log, [
    "TCP connection to [10.0.1.12]:tcp:80 success.",
    "Gained quorum 1+0=1 <= 1 for VS [10.0.0.100]:tcp:80",
    "Adding alive servers to the pool for VS [10.0.0.100]:tcp:80",
    "Removing sorry server [10.0.1.99]:tcp:80 from VS [10.0.0.100]:tcp:80",
    "Adding service [10.0.1.12]:tcp:80 to VS [10.0.0.100]:tcp:80",
  ]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine keeps an inhibited server at weight 0", async () => {
  const realServers = [realServer("10.0.1.11", { inhibitOnFailure: true, weight: 3 }), realServer("10.0.1.12")];
  const { time, ipvs, probes, log, engine } = setUp([virtualServer({ realServers })]);
  probes.dead.add("10.0.1.11");
  engine.run();
  await time.pass(3000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=0 10.0.1.12:80=1"]);
  assert(log.includes("Disabling service [10.0.1.11]:tcp:80 from VS [10.0.0.100]:tcp:80"));
  assertEquals(engine.snapshot()[0]?.realServers[0]?.weight, { configured: 3, effective: 0, kernel: 0 });
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine with alpha waits for the first good check", async () => {
  const { time, ipvs, engine } = setUp([virtualServer({ alpha: true })]);
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr:"]);
  assertEquals(engine.snapshot()[0]?.up, false);
  await time.pass(3000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"]);
  assertEquals(engine.snapshot()[0]?.up, true);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine adopts the kernel's table without touching what matches", async () => {
  const foreign = virtualServer({ address: "10.0.0.200" });
  const rows = [rowOf(virtualServer(), { "10.0.1.11": 1 }), rowOf(foreign, { "10.0.9.9": 7 })];
  const { time, ipvs, engine } = setUp([virtualServer({ alpha: true })], { rows });
  engine.run();
  assertEquals(ipvs.commands, []);
  assertEquals(engine.snapshot()[0]?.counters?.connections, 42);
  await time.pass(3000);
  assertEquals(types(ipvs.commands), ["add-real-server"]);
  assertEquals(ipvs.text(), [
    "tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1",
    "tcp 10.0.0.200:80 rr: 10.0.9.9:80=7",
  ]);
  await engine.stop({ keepTable: false });
  assertEquals(ipvs.text(), ["tcp 10.0.0.200:80 rr: 10.0.9.9:80=7"]);
});

Deno.test("HealthEngine deletes what left the configuration, last, and only if it was ours", async () => {
  const gone = virtualServer({ address: "10.0.0.101" });
  const foreign = virtualServer({ address: "10.0.0.200" });
  const rows = [rowOf(gone, { "10.0.1.11": 1 }), rowOf(foreign, { "10.0.9.9": 7 })];
  const { ipvs, engine } = setUp([virtualServer()], { rows, previousKeys: keysOf(gone) });
  engine.run();
  assertEquals(types(ipvs.commands), [
    "add-virtual-server",
    "add-real-server",
    "add-real-server",
    "delete-virtual-server",
  ]);
  assertEquals(ipvs.text(), [
    "tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1",
    "tcp 10.0.0.200:80 rr: 10.0.9.9:80=7",
  ]);
  await engine.stop({ keepTable: true });
  assertEquals(ipvs.text().length, 2);
});

Deno.test("HealthEngine puts right within 30 s what others change, and says so", async () => {
  const { time, ipvs, log, engine } = setUp();
  engine.run();
  await time.pass(10_000);
  log.length = 0;
  ipvs.tamper({ type: "delete-real-server", key: keysOf(virtualServer())[0], address: "10.0.1.11", port: 80 });
  await time.pass(20_000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"]);
  assertEquals(log, ["IPVS table was changed by others, entries put right: 1"]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine notices a lost table with its next change", async () => {
  const { time, ipvs, probes, engine } = setUp();
  engine.run();
  await time.pass(3000);
  ipvs.tamper({ type: "delete-virtual-server", key: keysOf(virtualServer())[0] });
  probes.dead.add("10.0.1.11");
  await time.pass(7000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.12:80=1"]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine never empties a virtual server because its other server was refused", async () => {
  const rows = [rowOf(virtualServer(), { "10.0.1.13": 1 })];
  const { time, ipvs, engine } = setUp([virtualServer()], { rows });
  ipvs.refuse = ({ type }) => type === "add-real-server" ? "ENOMEM" : undefined;
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.13:80=1"]);
  assertEquals(engine.warnings, [{
    code: "ipvs-refused",
    message: "Cannot add real server tcp 10.0.0.100:80: ENOMEM (and 1 more)",
    sinceMs: 1_000_000,
  }]);
  ipvs.refuse = () => undefined;
  await time.pass(1000);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.11:80=1 10.0.1.12:80=1"]);
  assertEquals(engine.warnings, []);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine believes a refusal that names another command for the same server", async () => {
  const rows = [rowOf(virtualServer(), { "10.0.1.13": 1 })];
  const kernel = new FakeIpvs(rows);
  kernel.refuse = ({ type }) => type === "add-real-server" ? "EEXIST" : undefined;
  const openIpvs = (): IpvsPort => ({
    readSlowly: () => [],
    settings: new FakeIpvsSettings(),
    read: () => kernel.read(),
    apply: (commands) =>
      kernel.apply(commands).map((failure) => {
        const { command } = failure;
        const tried = command.type === "add-real-server" ? { ...command, type: "set-real-server" as const } : command;
        return { ...failure, command: tried };
      }),
  });
  const { engine } = setUp([virtualServer()], { openIpvs });
  engine.run();
  assertEquals(kernel.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.13:80=1"]);
  assertEquals(engine.snapshot()[0]?.realServers.map(({ inKernel }) => inKernel), [false, false]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine goes on checking without IPVS, warns once, and tries again every 30 s", async () => {
  let opened = 0;
  let missing = true;
  const ipvs = new FakeIpvs();
  const openIpvs = (): FakeIpvs => {
    opened++;
    if (missing) throw new IpvsUnavailableError("IPVS cannot be used: the module ip_vs is missing");
    return ipvs;
  };
  const { time, probes, log, engine } = setUp(undefined, { openIpvs });
  probes.dead.add("10.0.1.11");
  engine.run();
  await time.pass(25_000);
  const atStart = opened;
  const [server] = engine.snapshot();
  assertEquals([server?.inKernel, server?.realServers[0]?.state, server?.realServers[1]?.state], [false, "down", "up"]);
  assertEquals(engine.warnings.map(({ code }) => code), ["ipvs-unavailable"]);
  assertEquals(log.filter((line) => line.includes("IPVS")), ["IPVS cannot be used: the module ip_vs is missing"]);
  missing = false;
  await time.pass(5000);
  assertEquals(opened, atStart + 1);
  assertEquals(ipvs.text(), ["tcp 10.0.0.100:80 rr: 10.0.1.12:80=1"]);
  assertEquals(engine.warnings, []);
  await engine.stop({ keepTable: false });
  assertEquals(ipvs.text(), []);
});

Deno.test("HealthEngine reads counters for snapshots at most once a second", async () => {
  const { time, ipvs, engine } = setUp();
  engine.run();
  const before = ipvs.reads;
  for (let count = 0; count < 10; count++) engine.snapshot();
  assertEquals(ipvs.reads, before);
  await time.pass(1000);
  for (let count = 0; count < 10; count++) engine.snapshot();
  assertEquals(ipvs.reads, before + 1);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine asks every url of a checker and reports the one that fails", async () => {
  const urls = [{ path: "/a", statusCodes: [] }, { path: "/b", statusCodes: [] }];
  const http = { ...tcpChecker("10.0.1.11"), type: "http", urls, httpVersion: "1.0" } as Checker;
  const { time, probes, engine } = setUp([
    virtualServer({ realServers: [realServer("10.0.1.11", { checkers: [http] })] }),
  ]);
  engine.run();
  assertEquals(engine.snapshot()[0]?.realServers[0]?.check, {
    type: "http",
    status: "INI",
    text: "not checked yet",
    durationUs: 0,
    atMs: 0,
    fall: 2,
    rise: 1,
    consecutiveFailures: 0,
  });
  await time.pass(3000);
  assertEquals(probes.asked, ["10.0.1.11/a", "10.0.1.11/b"]);
  probes.dead.add("10.0.1.11");
  await time.pass(6000);
  assertEquals(probes.asked.length, 3);
  assertEquals(engine.snapshot()[0]?.realServers[0]?.check, {
    type: "http",
    status: "L4CON",
    text: "/a: connection refused",
    durationUs: 150,
    atMs: 1_009_000,
    fall: 2,
    rise: 1,
    consecutiveFailures: 1,
  });
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine snapshot() shows one virtual server whole", async () => {
  const realServers = [realServer("10.0.1.11", { checkers: [] })];
  const { time, engine } = setUp([virtualServer({ realServers })]);
  engine.run();
  await time.pass(500);
  assertEquals(engine.snapshot(), [{
    name: "tcp 10.0.0.100:80",
    protocol: "tcp",
    address: "10.0.0.100",
    port: 80,
    scheduler: "rr",
    forwardingMethod: "nat",
    persistenceTimeoutSeconds: 0,
    up: true,
    sinceMs: 1_000_000,
    quorum: { need: 1, have: 1 },
    inKernel: true,
    counters: NO_TRAFFIC,
    downTransitions: 0,
    realServers: [{
      address: "10.0.1.11",
      port: 80,
      forwardingMethod: "nat",
      state: "no-check",
      sinceMs: 1_000_000,
      weight: { configured: 1, effective: 1, kernel: 1 },
      inKernel: true,
      activeConnections: 0,
      inactiveConnections: 0,
      persistentConnections: 0,
      counters: NO_TRAFFIC,
      failedChecks: 0,
      downTransitions: 0,
      downtimeMs: 0,
      presence: "present",
      causes: ["nothing checks it, so it counts as up"],
    }],
  }]);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine stop() ends everything: run() settles, no timer is left, a second stop() is harmless", async () => {
  const { time, ipvs, engine } = setUp();
  const running = engine.run();
  await time.pass(3000);
  await engine.stop({ keepTable: false });
  await engine.stop({ keepTable: true });
  await running;
  assertEquals([time.pending, ipvs.text()], [0, []]);
});
