// `shared_checks`: one probe for equal checks, its result for all, through reloads.
import { assertEquals } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import type { Checker } from "../../config/config.ts";
import type { ProbePort, ProbeResult } from "../../ports/probes.ts";
import { questionOf } from "./shared_checks.ts";

interface Terms {
  /** Ports of the virtual servers; each has 10.0.1.1:80 behind it. */
  readonly ports?: readonly number[];
  readonly shared?: boolean;
  /** Of the checker of the last one. */
  readonly last?: string;
  readonly more?: string;
}

const CHECK = "retry: 1, delay_before_retry: 2";

function yaml({ ports = [80, 81, 82], shared = true, last = CHECK, more = "" }: Terms): string {
  const blocks = ports.map((port, index) =>
    `  - address: 10.0.0.1
    port: ${port}
    delay_loop: 6
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
${more === "" ? "" : `    ${more}\n`}    real_server:
      - {address: 10.0.1.1, port: ${port}, TCP_CHECK: {connect_port: 80, ${index === ports.length - 1 ? last : CHECK}}}
`
  );
  const instance =
    "vrrp_instance:\n  VI_1: {interface: eth0, virtual_router_id: 51, virtual_ipaddress: [10.0.0.9/24]}\n";
  return `global_defs:\n  shared_checks: ${shared}\n${instance}virtual_server:\n${blocks.join("")}`;
}

async function world(terms: Terms, more: Parameters<typeof engineWith>[1] = {}): Promise<HealthWorld> {
  const made = engineWith(serversOf(yaml(terms), "test.yaml"), more);
  made.engine.run();
  await made.time.pass(10);
  return made;
}

const reload = ({ engine }: HealthWorld, terms: Terms): void => engine.reconfigure(serversOf(yaml(terms), "test.yaml"));
const table = ({ ipvs }: HealthWorld): string =>
  ipvs.text().map((line) => line.replace("tcp 10.0.0.1:", "")).join("; ");
/** How often was asked in so many seconds. */
async function asked({ time, probes }: HealthWorld, seconds: number): Promise<number> {
  const before = probes.asked.length;
  await time.pass(seconds * 1000);
  return probes.asked.length - before;
}
const states = ({ engine }: HealthWorld): string =>
  engine.snapshot().map((server) => server.realServers[0]?.state).join();

Deno.test("without shared_checks every virtual server asks for itself", async () => {
  const now = await world({ shared: false });
  assertEquals([now.probes.asked.length, await asked(now, 60)], [3, 30]);
});

Deno.test("with shared_checks one probe is for all, and all of them go down and up with it", async () => {
  const now = await world({});
  assertEquals([now.probes.asked.length, await asked(now, 60)], [1, 10]);
  assertEquals(now.engine.snapshot()[0]?.realServers[0]?.causes, ["all its checks are good (one probe for 3 servers)"]);
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(6000);
  assertEquals(states(now), "going-down,going-down,going-down");
  assertEquals(await asked(now, 2), 1, "delay_before_retry");
  assertEquals([states(now), table(now)], ["down,down,down", "80 wrr:; 81 wrr:; 82 wrr:"]);
  assertEquals(now.engine.snapshot()[2]?.realServers[0]?.causes, [
    "TCP_CHECK (one probe for 3 servers) fails: connection refused",
  ]);
  now.probes.dead.clear();
  assertEquals([await asked(now, 6), states(now)], [1, "up,up,up"]);
});

Deno.test("checkers with other settings ask for themselves", async () => {
  const now = await world({ last: "retry: 2, delay_before_retry: 2" });
  assertEquals([now.probes.asked.length, await asked(now, 60)], [2, 20]);
});

Deno.test("a reload takes one sharer out: the others go on as they were, and the probes with them", async () => {
  const now = await world({});
  await now.time.pass(3000);
  reload(now, { ports: [81, 82] });
  assertEquals([await asked(now, 60), states(now)], [10, "up,up"]);
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(10_000);
  assertEquals(table(now), "81 wrr:; 82 wrr:");
  reload(now, { ports: [82] });
  now.probes.dead.clear();
  await now.time.pass(7000);
  assertEquals([table(now), await asked(now, 60)], ["82 wrr: 10.0.1.1:82=1", 10]);
});

Deno.test("a reload brings a sharer, or another setting, and switches sharing on and off, in place", async () => {
  const now = await world({ ports: [80] });
  reload(now, {});
  assertEquals([await asked(now, 60), states(now)], [10 + 1, "up,up,up"], "the new ones ask at once, for all");
  reload(now, { last: "retry: 5" });
  assertEquals(await asked(now, 60), 20 + 1, "the other setting is tried at once");
  reload(now, { shared: false, last: "retry: 5" });
  const before = now.engine.snapshot().map(({ sinceMs }) => sinceMs);
  assertEquals(await asked(now, 60), 30);
  reload(now, { last: "retry: 5" });
  assertEquals(await asked(now, 60), 20);
  assertEquals(now.engine.snapshot().map(({ sinceMs }) => sinceMs), before, "nothing began anew");
});

/** Probes that end when the test says so. */
class HeldProbes implements ProbePort {
  readonly #ends: ((result: ProbeResult) => void)[] = [];

  get running(): number {
    return this.#ends.length;
  }

  run(): Promise<ProbeResult> {
    return new Promise((resolve) => this.#ends.push(resolve));
  }

  end(ok: boolean): void {
    for (const end of this.#ends.splice(0)) end({ ok, status: ok ? "L4OK" : "L4CON", text: "said", durationUs: 1 });
  }
}

Deno.test("a reload while the probe runs: who asked may go, who waits gets the result all the same", async () => {
  const probes = new HeldProbes();
  const now = await world({}, { probes });
  assertEquals(probes.running, 1);
  reload(now, { ports: [81, 82] }); // the one that asked is gone
  reload(now, { ports: [81, 82], shared: false }); // and nobody shares any more
  assertEquals(probes.running, 1);
  probes.end(false);
  await now.time.pass(1);
  assertEquals(states(now), "down,down");
  await now.time.pass(6000);
  assertEquals(probes.running, 2, "each goes on by itself");
  reload(now, { ports: [81, 82] });
  probes.end(true);
  await now.time.pass(6100);
  assertEquals([probes.running, states(now)], [1, "up,up"]);
  const stopped = now.engine.stop({ keepTable: true });
  probes.end(true);
  await stopped;
  assertEquals(now.time.pending, 0);
});

Deno.test("who is held back gets no results, neither loses its turn for good", async () => {
  let isMaster = false;
  const now = await world({ more: "follow_instance: VI_1" }, { isMaster: () => isMaster });
  assertEquals(await asked(now, 30), 0);
  isMaster = true;
  now.engine.surroundingsChanged();
  assertEquals(await asked(now, 60), 11);
  isMaster = false;
  now.engine.surroundingsChanged();
  assertEquals(await asked(now, 60), 0);
  isMaster = true;
  now.engine.surroundingsChanged();
  assertEquals(await asked(now, 60), 11);
});

const tcp: Checker = {
  type: "tcp",
  address: "10.0.1.1",
  port: 80,
  connectTimeoutMs: 5000,
  delayLoopMs: 6000,
  retry: 1,
  delayBeforeRetryMs: 1000,
  warmupMs: 6000,
};

Deno.test("questionOf() tells questions apart by all that they ask, and by nothing else", () => {
  const key = questionOf(tcp);
  const { retry, ...rest } = tcp;
  assertEquals(questionOf({ ...rest, retry } as Checker), key, "the order of the settings does not matter");
  assertEquals(questionOf({ ...tcp, alpha: true, warmupMs: 1, logsAllFailures: true }), key);
  const others: Checker[] = [
    { ...tcp, address: "10.0.1.2" },
    { ...tcp, port: 81 },
    { ...tcp, retry: 2 },
    { ...tcp, delayLoopMs: 7000 },
    { ...tcp, source: { interface: "eth1" } },
    { ...tcp, type: "ping" },
  ];
  assertEquals(
    questionOf({ ...tcp, type: "ping", port: 81 }),
    questionOf({ ...tcp, type: "ping" }),
    "a ping has no port",
  );
  assertEquals(new Set([...others.map(questionOf), key]).size, others.length + 1);
});
