import { assert, assertEquals } from "../../test/assert.ts";
import { engineWith, serversOf } from "../../test/support/health_engine.ts";
import { pause, until } from "../../test/support/command.ts";
import { HealthReporter, type Reported } from "./health_reporter.ts";
import { HealthReports } from "./health_reports.ts";
import type { FromChild, HealthReport } from "./messages.ts";

const SERVICE =
  "virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.1.1 80 {\n}\n}\n";

class Told {
  readonly messages: FromChild[] = [];

  send(message: FromChild): boolean {
    this.messages.push(message);
    return true;
  }

  sendText(json: string): boolean {
    return this.send(JSON.parse(json));
  }
}

Deno.test("HealthReporter tells of a configuration as the engine shows it", async () => {
  const { engine, ipvs, time } = engineWith(serversOf(SERVICE));
  engine.run();
  ipvs.reads = 0;
  await time.pass(2000);
  ipvs.connect("10.0.1.1", 3);
  const told = new Told();
  const reporter = new HealthReporter(told);
  const reported = async (count: number): Promise<void> => {
    reporter.report(engine);
    await until("it is told", () => told.messages.length === count, 5000); // on a slow machine in more than one go
    reporter.stop();
  };
  await reported(1);
  const { type, virtualServers, statistics } = told.messages[0] as FromChild & { type: "health" };
  assertEquals([type, told.messages.length], ["health", 1]);
  assertEquals(virtualServers, JSON.parse(JSON.stringify(engine.snapshot())));
  assertEquals(virtualServers[0]?.realServers[0]?.activeConnections, 3);
  await reported(2);
  assertEquals(ipvs.reads, 1); // the counters are new enough
  assertEquals(statistics?.table.read.counts.reduce((sum, count) => sum + count, 0), 2);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthReporter lets others work while it gathers, and tells again of what changed meanwhile", async () => {
  let [steps, rounds] = [0, 0];
  const { engine } = engineWith(serversOf(SERVICE));
  const slow: Reported = {
    *snapshots(): ReturnType<Reported["snapshots"]> {
      rounds++;
      for (let step = 0; step < 5; step++) {
        for (const startMs = performance.now(); performance.now() - startMs < 4;);
        steps++;
        yield undefined;
      }
    },
    statistics: () => engine.statistics(),
    warnings: [{ code: "x", message: "y", sinceMs: 0 }],
    generation: 0,
  };
  const told = new Told();
  const reporter = new HealthReporter(told);
  reporter.report(slow);
  assertEquals(steps, 1);
  reporter.report(slow);
  assertEquals([steps, told.messages.length], [1, 0]);
  await until("both rounds are told of", () => told.messages.length >= 3, 5000);
  assertEquals(told.messages.map(({ type }) => type), ["health", "warnings", "health"]);
  assertEquals(rounds, 2);
  await pause(50);
  assert(rounds === 2, "the next one waits");
  reporter.stop();
});

Deno.test("HealthReporter tells of many servers in parts, and waits where there is no room", async () => {
  const { engine } = engineWith(serversOf(SERVICE));
  engine.run();
  const [server] = engine.snapshot();
  assert(server !== undefined, "there is one");
  const names = Array.from({ length: 200 }, (_, at) => `${at} ${"x".repeat(1000)}`);
  const many: Reported = {
    *snapshots(): ReturnType<Reported["snapshots"]> {
      for (const name of names) yield { ...server, name };
    },
    statistics: () => engine.statistics(),
    warnings: [],
    generation: 7,
  };
  const told = new Told();
  let refusals = 3;
  const narrow = {
    send: (message: FromChild): boolean => told.send(message),
    sendText: (json: string): boolean => refusals-- <= 0 && told.sendText(json),
  };
  const reporter = new HealthReporter(narrow);
  reporter.report(many);
  const reports = new HealthReports();
  const isTold = (): boolean => told.messages.some((message) => (message as HealthReport).part?.isLast);
  await until("it is told", isTold, 5000);
  reporter.stop();
  assert(told.messages.length > 3 && refusals < 0, "in parts, after some that were refused");
  for (const message of told.messages) reports.take(message as HealthReport);
  assertEquals(reports.whole.virtualServers.map(({ name }) => name), names);
  assert(reports.whole.statistics !== undefined, "with the statistics");
  assertEquals((told.messages[0] as HealthReport).part, { generation: 7, from: 0, isLast: false });
});
