import { configOf } from "../../../test/support/config_values.ts";
import { assertEquals } from "../../../test/assert.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { FakeIpvs } from "./fake_ipvs.ts";
import { FakeTime } from "./fake_time.ts";
import { HealthEngine, type HealthEngineOptions } from "./health_engine.ts";
import type { ServerNews } from "./server_news.ts";

/** One virtual server with two real ones; quorum 1, or as `more` says. */
function text(more = "", servers: readonly string[] = ["10.0.1.11", "10.0.1.12"], checks = 1): string {
  const check = "TCP_CHECK {\n retry 1\n delay_before_retry 1\n delay_loop 6\n warmup 0\n}\n";
  const real = servers.map((address) => `real_server ${address} 80 {\n${check.repeat(checks)}}\n`);
  return `virtual_server 10.0.0.100 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n ${more}\n${real.join("")}}\n`;
}

class Bench {
  readonly time = new FakeTime();
  readonly dead = new Set<string>();
  readonly engine: HealthEngine;
  #news: string[] = [];

  constructor(config: string, more: Partial<HealthEngineOptions> = {}) {
    this.engine = new HealthEngine({
      virtualServers: configOf(config).virtualServers,
      clock: this.time,
      timers: this.time,
      openIpvs: () => new FakeIpvs(),
      probes: { run: ({ target }) => Promise.resolve(this.#answer(target.address)) },
      random: () => 0,
      log: () => {},
      tell: (news) => this.#news.push(...news.map(short)),
      ...more,
    });
    this.engine.run();
  }

  async pass(seconds: number): Promise<string[]> {
    await this.time.pass(seconds * 1000);
    return this.told();
  }

  told(): string[] {
    return this.#news.splice(0);
  }

  #answer(address: string): ProbeResult {
    return this.dead.has(address)
      ? { ok: false, status: "L4CON", text: "refused", durationUs: 1 }
      : { ok: true, status: "L4OK", text: "connected", durationUs: 1 };
  }
}

function short({ kind, virtualServer, realServer, to, reason }: ServerNews): string {
  return `${kind} ${realServer?.address ?? virtualServer} ${to}: ${reason}`;
}

const QUORUM_AT_START = "virtual-server tcp 10.0.0.100:80 up: live weight 2, quorum 1";
const QUORUM_LOST = "virtual-server tcp 10.0.0.100:80 down: live weight 0, quorum 1";

Deno.test("HealthEngine tells of real servers, then of their virtual server; of the start only that the quorum is there", async () => {
  const bench = new Bench(text());
  assertEquals(await bench.pass(13), [QUORUM_AT_START]);
  bench.dead.add("10.0.1.11");
  assertEquals(await bench.pass(13), ["real-server 10.0.1.11 down: refused"]);
  bench.dead.add("10.0.1.12");
  assertEquals(await bench.pass(13), ["real-server 10.0.1.12 down: refused", QUORUM_LOST]);
  bench.dead.clear();
  assertEquals(await bench.pass(13), [
    "real-server 10.0.1.11 up: connected",
    "virtual-server tcp 10.0.0.100:80 up: live weight 1, quorum 1",
    "real-server 10.0.1.12 up: connected",
  ]);
});

Deno.test("HealthEngine tells of the start with rs_init_notifies, and of the end with omega", async () => {
  const bench = new Bench(text("omega"), { tellsInitialStates: true });
  assertEquals(bench.told(), [
    "real-server 10.0.1.11 up: it counts as up from the start",
    "real-server 10.0.1.12 up: it counts as up from the start",
    QUORUM_AT_START,
  ]);
  bench.dead.add("10.0.1.11");
  await bench.pass(13);
  await bench.engine.stop({ keepTable: false });
  assertEquals(bench.told().slice(-2), [
    "real-server 10.0.1.12 down: the daemon ends",
    QUORUM_LOST,
  ]);
  const plain = new Bench(text());
  await plain.engine.stop({ keepTable: false });
  assertEquals(plain.told(), [QUORUM_AT_START]);
  const kept = new Bench(text("omega"));
  await kept.engine.stop({ keepTable: true });
  assertEquals(kept.told(), [QUORUM_AT_START]);
  assertEquals(new Bench(text(), { tellsInitialStates: true, isRestart: true }).told(), []);
  assertEquals(new Bench(text("alpha")).told(), []);
});

Deno.test("HealthEngine tells of what a reload removes while it is up, and of the quorum of what it adds", async () => {
  const bench = new Bench(text());
  const use = (config: string): void => bench.engine.reconfigure(configOf(config).virtualServers);
  assertEquals(bench.told(), [QUORUM_AT_START]);
  use(text("", ["10.0.1.12", "10.0.1.13"]));
  assertEquals(bench.told(), ["real-server 10.0.1.11 down: it was removed"]);
  bench.dead.add("10.0.1.12");
  assertEquals(await bench.pass(13), ["real-server 10.0.1.12 down: refused"]);
  use(text("", ["10.0.1.13"]));
  assertEquals(bench.told(), []);
  use(text().replace("10.0.0.100", "10.0.0.200"));
  assertEquals(bench.told(), [
    "real-server 10.0.1.13 down: it was removed",
    "virtual-server tcp 10.0.0.100:80 down: it was removed",
    "virtual-server tcp 10.0.0.200:80 up: live weight 2, quorum 1",
  ]);
});

Deno.test("HealthEngine tells of checkers that change nothing about their server", async () => {
  let failing = 0;
  let asked = 0;
  // Of the two checkers of a server, the first `failing` ones fail.
  const run = (): Promise<ProbeResult> =>
    Promise.resolve(
      asked++ % 2 < failing
        ? { ok: false, status: "L4CON", text: "refused", durationUs: 1 }
        : { ok: true, status: "L4OK", text: "connected", durationUs: 1 },
    );
  const bench = new Bench(text("", ["10.0.1.11"], 2), { probes: { run } });
  assertEquals(await bench.pass(5), ["virtual-server tcp 10.0.0.100:80 up: live weight 1, quorum 1"]);
  failing = 2;
  assertEquals(await bench.pass(13), [
    "real-server 10.0.1.11 down: refused",
    QUORUM_LOST,
    "checker 10.0.1.11 down: refused",
  ]);
});
