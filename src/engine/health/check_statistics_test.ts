import { configOf } from "../../../test/support/config_values.ts";
import { assertEquals } from "../../../test/assert.ts";
import type { VirtualServer } from "../../config/config.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { FakeIpvs } from "./fake_ipvs.ts";
import { FakeTime } from "./fake_time.ts";
import { HealthEngine } from "./health_engine.ts";

const VS = "tcp 10.0.0.100:80";

Deno.test("HealthEngine counts results, durations and reaction, and forgets what is configured no more", async () => {
  const { engine, time, dead } = setUp(servers(["10.0.1.11", "10.0.1.12"]));
  engine.run();
  await time.pass(3000);
  dead.add("10.0.1.11");
  await time.pass(7000); // fails at 9 s, counts as down at its retry 1 s later
  const { checks, reactions, scheduleDelay, inFlight, overruns, drifts } = engine.statistics();
  const series = checks.find(({ rs }) => rs === "10.0.1.11:80");
  assertEquals([series?.vs, series?.type, series?.results], [VS, "tcp", { L4OK: 1, L4CON: 2 }]);
  assertEquals(series?.durations.fail?.counts.slice(0, 2), [2, 0]);
  assertEquals(reactions.map(({ vs, to, histogram }) => [vs, to, histogram.sum]), [[VS, "down", 1]]);
  assertEquals([scheduleDelay.counts[0], inFlight, overruns, drifts], [5, 0, 0, 0]);
  engine.reconfigure(servers(["10.0.1.12"]));
  assertEquals(engine.statistics().checks.map(({ rs }) => rs), ["10.0.1.12:80"]);
  engine.reconfigure([]);
  assertEquals(engine.statistics().reactions, []);
  await engine.stop({ keepTable: true });
});

Deno.test("HealthEngine counts more than 200 real servers together", async () => {
  const { engine, time } = setUp(servers(Array.from({ length: 201 }, (_, index) => `10.1.0.${index}`)));
  engine.run();
  await time.pass(3000);
  assertEquals(engine.statistics().checks.map(({ vs, rs, results }) => [vs, rs, results]), [[VS, undefined, {
    L4OK: 201,
  }]]);
  await engine.stop({ keepTable: true });
});

function servers(addresses: readonly string[]): readonly VirtualServer[] {
  const real = addresses.map((address) =>
    `real_server ${address} 80 {
      TCP_CHECK {
        connect_timeout 1
        retry 1
        delay_before_retry 1
      }
    }`
  );
  return configOf(`virtual_server 10.0.0.100 80 {
    delay_loop 6
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    ${real.join("\n")}
  }`).virtualServers;
}

function setUp(virtualServers: readonly VirtualServer[]): {
  engine: HealthEngine;
  time: FakeTime;
  dead: Set<string>;
} {
  const time = new FakeTime();
  const dead = new Set<string>();
  const ipvs = new FakeIpvs();
  const run = ({ target }: { target: { address: string } }): Promise<ProbeResult> =>
    Promise.resolve(
      dead.has(target.address)
        ? { ok: false, status: "L4CON", text: "connection refused", durationUs: 150 }
        : { ok: true, status: "L4OK", text: "connected", durationUs: 250 },
    );
  const engine = new HealthEngine({
    virtualServers,
    clock: time,
    timers: time,
    openIpvs: () => ipvs,
    probes: { run },
    random: () => 0.5,
    log: () => {},
  });
  return { engine, time, dead };
}
