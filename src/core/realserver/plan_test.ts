// planUp(), planDown(), faultsOf(): what a real server needs, in which order, and the way back.
import { assert, assertEquals } from "../../../test/assert.ts";
import {
  commandOf,
  faultsOf,
  type LinkState,
  NO_MEMORY,
  planDown,
  planUp,
  type RealServerFacts,
  type RealServerMemory,
  type RealServerPlan,
  type RealServerStep,
} from "./plan.ts";

/** A machine in memory. */
class Machine {
  readonly settings = new Map<string, string>();
  readonly links = new Map<string, LinkState>();
  readonly addresses = new Map<string, string[]>();
  memory: RealServerMemory = NO_MEMORY;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    const quiet = {
      "ipv4/conf/all/arp_ignore": "0",
      "ipv4/conf/all/arp_announce": "0",
      "ipv4/conf/default/rp_filter": "1",
    };
    for (const [path, value] of Object.entries({ ...quiet, ...settings })) this.settings.set(path, value);
  }

  get facts(): RealServerFacts {
    return {
      setting: (path) => this.settings.get(path),
      link: (name) => this.links.get(name) ?? "absent",
      devicesOf: (address) => this.addresses.get(address) ?? [],
    };
  }

  carryOut(plan: RealServerPlan): string[] {
    assert(plan.ok);
    for (const step of plan.steps) this.#apply(step);
    this.memory = JSON.parse(JSON.stringify(plan.memory));
    return plan.steps.map((step) => commandOf(step).replace(/ +#.*/, ""));
  }

  #apply(step: RealServerStep): void {
    if (step.type === "setting") this.settings.set(step.path, step.value);
    else if (step.type === "address") this.addresses.set(step.address, step.action === "add" ? [step.device] : []);
    else {
      this.links.set(step.name, step.to);
      this.settings.set(`ipv4/conf/${step.name}/rp_filter`, "1");
    }
  }

  state(): unknown {
    return [[...this.settings], [...this.links], [...this.addresses].filter(([, devices]) => devices.length > 0)];
  }
}

Deno.test("direct routing: settings, then addresses; twice changes nothing; the way back ends where it began", () => {
  const machine = new Machine();
  const before = machine.state();
  const up = (...addresses: string[]): string[] =>
    machine.carryOut(planUp(addresses, "dr", machine.facts, machine.memory));
  assertEquals(up("192.0.2.1", "2001:db8::1", "192.0.2.1"), [
    "sysctl -w net.ipv4.conf.all.arp_ignore=1",
    "sysctl -w net.ipv4.conf.all.arp_announce=2",
    "ip addr add 192.0.2.1/32 dev lo",
    "ip addr add 2001:db8::1/128 dev lo",
  ]);
  assertEquals(faultsOf("192.0.2.1", "dr", machine.facts), []);
  assertEquals(up("192.0.2.1"), []);
  assertEquals(up("192.0.2.2"), ["ip addr add 192.0.2.2/32 dev lo"]);
  const down = (...addresses: string[]): string[] =>
    machine.carryOut(planDown(addresses, machine.facts, machine.memory));
  assertEquals(down("192.0.2.1", "2001:db8::1"), [
    "ip addr del 2001:db8::1/128 dev lo",
    "ip addr del 192.0.2.1/32 dev lo",
  ]);
  assertEquals(down("192.0.2.2"), [
    "ip addr del 192.0.2.2/32 dev lo",
    "sysctl -w net.ipv4.conf.all.arp_announce=0",
    "sysctl -w net.ipv4.conf.all.arp_ignore=0",
  ]);
  assertEquals(machine.state(), before);
  assertEquals(machine.memory, NO_MEMORY);
});

Deno.test("tunneling: the tunnel first, loose reverse path filter on it alone, and down again", () => {
  const machine = new Machine();
  machine.links.set("ip6tnl0", "down");
  const up = machine.carryOut(planUp(["192.0.2.1", "2001:db8::1"], "tun", machine.facts, machine.memory));
  assertEquals(up, [
    "modprobe ipip; ip link set tunl0 up",
    "modprobe ip6_tunnel; ip link set ip6tnl0 up",
    "sysctl -w net.ipv4.conf.all.arp_ignore=1",
    "sysctl -w net.ipv4.conf.all.arp_announce=2",
    "sysctl -w net.ipv4.conf.tunl0.rp_filter=2",
    "ip addr add 192.0.2.1/32 dev tunl0",
    "ip addr add 2001:db8::1/128 dev lo",
  ]);
  assertEquals(faultsOf("192.0.2.1", "tun", machine.facts), []);
  const down = machine.carryOut(planDown(["2001:db8::1", "192.0.2.1"], machine.facts, machine.memory));
  assertEquals(down.slice(2), [
    "sysctl -w net.ipv4.conf.tunl0.rp_filter=1",
    "sysctl -w net.ipv4.conf.all.arp_announce=0",
    "sysctl -w net.ipv4.conf.all.arp_ignore=0",
    "ip link set ip6tnl0 down",
    "ip link set tunl0 down; ip link del tunl0",
  ]);
});

Deno.test("what is stricter already, was there before, or was changed by others is left alone", () => {
  const machine = new Machine({ "ipv4/conf/all/arp_ignore": "2" });
  machine.addresses.set("192.0.2.1", ["lo"]);
  const up = machine.carryOut(planUp(["192.0.2.1"], "dr", machine.facts, machine.memory));
  assertEquals(up, ["sysctl -w net.ipv4.conf.all.arp_announce=2"]);
  machine.settings.set("ipv4/conf/all/arp_announce", "1");
  const plan = planDown(["192.0.2.1", "192.0.2.9"], machine.facts, machine.memory);
  assert(plan.ok);
  assertEquals(plan.steps, []);
  assertEquals(plan.notes, [
    "192.0.2.1 was there before and stays",
    "192.0.2.9 was not put up by `realserver up`; it is left as it is",
    "net.ipv4.conf.all.arp_announce was changed to 1 by somebody else and stays; before `up` it was 0",
  ]);
});

Deno.test("an address that the network hears of, or that is up in another way, is refused", () => {
  const machine = new Machine();
  machine.addresses.set("192.0.2.1", ["eth0"]);
  const plan = planUp(["192.0.2.1"], "dr", machine.facts, NO_MEMORY);
  assert(!plan.ok && plan.problem.includes("ip addr del 192.0.2.1 dev eth0"));
  machine.carryOut(planUp(["192.0.2.2"], "dr", machine.facts, NO_MEMORY));
  const other = planUp(["192.0.2.2"], "tun", machine.facts, machine.memory);
  assert(!other.ok && other.problem.includes("another forwarding method"));
});

Deno.test("faultsOf() names each thing that is missing", () => {
  const machine = new Machine({ "ipv4/conf/tunl0/rp_filter": "1" });
  machine.addresses.set("192.0.2.1", ["eth0"]);
  assertEquals(faultsOf("192.0.2.1", "tun", machine.facts).map((fault) => fault.split(":")[0]), [
    "the address is on eth0, where the network hears of it",
    "the address is not on tunl0",
    "tunl0 is absent",
    "net.ipv4.conf.all.arp_ignore is 0",
    "net.ipv4.conf.all.arp_announce is 0",
    "net.ipv4.conf.tunl0.rp_filter is 1",
  ]);
  assertEquals(faultsOf("2001:db8::1", "dr", machine.facts), ["the address is not on lo: its packets are dropped"]);
});
