import { assertEquals } from "../../../test/assert.ts";
import { configOf } from "../../../test/support/config_values.ts";
import { FakeIpvs } from "./fake_ipvs.ts";
import { FakeTime } from "./fake_time.ts";
import { HealthEngine } from "./health_engine.ts";

const CONFIG = configOf(`
bfd_instance left {
    neighbor_ip 198.51.100.1
}
bfd_instance right {
    neighbor_ip 198.51.100.2
}
virtual_server 192.0.2.1 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 198.51.100.1 80 {
        BFD_CHECK {
            name left
        }
    }
    real_server 198.51.100.2 80 {
        BFD_CHECK {
            name right
        }
    }
}
`);

function setUp(): { engine: HealthEngine; time: FakeTime; log: string[]; table: () => string[] } {
  const time = new FakeTime();
  const ipvs = new FakeIpvs();
  const log: string[] = [];
  const engine = new HealthEngine({
    virtualServers: CONFIG.virtualServers,
    clock: time,
    timers: time,
    openIpvs: () => ipvs,
    probes: { run: () => Promise.reject(new Error("nothing is asked")) },
    random: () => 0.5,
    log: (line) => log.push(line),
  });
  const table = (): string[] => ipvs.rows.flatMap(({ realServers }) => realServers.map(({ entry }) => entry.address));
  return { engine, time, log, table };
}

Deno.test("BFD_CHECK goes by what its session says, at once and without a probe", () => {
  const { engine, log, table } = setUp();
  engine.run();
  assertEquals(table(), ["198.51.100.1", "198.51.100.2"]);
  engine.bfd({ left: true, right: false });
  assertEquals(table(), ["198.51.100.1"]);
  assertEquals(log.slice(-3), [
    "BFD check of [198.51.100.2]:tcp:80 failed: BFD session right is down.",
    "Check on service [198.51.100.2]:tcp:80 failed.",
    "Removing service [198.51.100.2]:tcp:80 from VS [192.0.2.1]:tcp:80",
  ]);
  const lines = log.length;
  engine.bfd({ left: true, right: false });
  assertEquals(log.length, lines);
  engine.bfd({ left: false, right: true });
  assertEquals(table(), ["198.51.100.2"]);
});

Deno.test("a session that has said nothing changes nothing, and a reload knows what was said", () => {
  const { engine, table } = setUp();
  engine.run();
  engine.bfd({ right: false });
  assertEquals(table(), ["198.51.100.1"]);
  engine.bfd({});
  engine.bfd({ right: false });
  assertEquals(table(), ["198.51.100.1"]);
  const swapped = CONFIG.virtualServers.map((server) => ({
    ...server,
    realServers: server.realServers.map((real) => ({
      ...real,
      checkers: real.checkers.map((checker) => ({ ...checker, instance: "right" })),
    })),
  }));
  engine.reconfigure(swapped);
  assertEquals(table(), []);
});
