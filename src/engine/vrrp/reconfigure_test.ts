import { assertEquals } from "../../../test/assert.ts";
import { address, instance, location, SECOND, World } from "../../../test/support/vrrp_world.ts";
import { RuntimeDigests } from "../../linux/digests.ts";
import { VrrpEngine } from "./vrrp_engine.ts";

Deno.test("VrrpEngine.reconfigure() does not touch what is the same in another place of the file", () => {
  const world = World.ofMasters(instance());
  const before = world.snapshot();
  const moved = { ...location, line: 99 };
  world.engine.reconfigure([
    instance({ location: moved, virtualAddresses: [address("192.0.2.100", { location: moved })] }),
  ]);
  assertEquals(world.told(), []);
  assertEquals(world.snapshot(), before);
});

Deno.test("VrrpEngine.reconfigure() changes a master's priority, interval and name in place", () => {
  const world = World.ofMasters(instance());
  const before = world.snapshot();
  world.engine.reconfigure([instance({ name: "VI_new", priority: 150, advertisementIntervalUs: SECOND / 2 })]);
  assertEquals(world.told(), ["advert 51 150"]);
  const after = world.snapshot("VI_new");
  assertEquals([after.state, after.sinceMs, after.basePriority], ["master", before.sinceMs, 150]);
  assertEquals(after.counters, {
    ...before.counters,
    advertisementsSent: before.counters.advertisementsSent + 1,
  });
  world.pass(SECOND / 2);
  assertEquals(world.told(), ["advert 51 150"]);
});

Deno.test("VrrpEngine.reconfigure() adds and removes the difference of a master's addresses, and announces what is new", () => {
  const world = World.ofMasters(instance({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")] }));
  world.engine.reconfigure([
    instance({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.102")] }),
  ]);
  assertEquals(world.told(), [
    "remove 192.0.2.101",
    "add 192.0.2.100", // the kernel may have removed it with the first of its subnet
    "advert 51 100",
    "add 192.0.2.102",
    "arp 192.0.2.102",
  ]);
  assertEquals([...world.held].sort(), ["192.0.2.100", "192.0.2.102"]);
});

Deno.test("VrrpEngine.reconfigure() replaces an address whose label is another", () => {
  const world = World.ofMasters(instance());
  world.engine.reconfigure([instance({ virtualAddresses: [address("192.0.2.100", { label: "eth0:1" })] })]);
  assertEquals(world.told(), ["remove 192.0.2.100", "advert 51 100", "add 192.0.2.100", "arp 192.0.2.100"]);
});

Deno.test("VrrpEngine.reconfigure() lets an address move from one master to another without leaving", () => {
  const second = instance({ name: "VI_2", vrid: 52, virtualAddresses: [address("192.0.2.200")] });
  const world = World.ofMasters(
    instance({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.150")] }),
    second,
  );
  world.engine.reconfigure([
    instance(),
    { ...second, virtualAddresses: [address("192.0.2.200"), address("192.0.2.150")] },
  ]);
  const told = world.told();
  assertEquals(told.filter((line) => line.startsWith("remove")), []);
  assertEquals([...world.held].sort(), ["192.0.2.100", "192.0.2.150", "192.0.2.200"]);
  world.engine.networkChanged();
  assertEquals(world.engine.snapshot().map(({ state }) => state), ["master", "master"]);
});

Deno.test("VrrpEngine.reconfigure() ends what is gone with priority 0 and starts what is new as backup", () => {
  const gone = instance({ name: "VI_2", vrid: 52, virtualAddresses: [address("192.0.2.200")] });
  const world = World.ofMasters(instance(), gone);
  const kept = world.snapshot();
  world.engine.reconfigure([instance({ name: "VI_3", interface: "eth1", vrid: 53, virtualAddresses: [] }), instance()]);
  assertEquals(world.told(), ["advert 52 0", "remove 192.0.2.200"]);
  assertEquals(world.engine.snapshot().map(({ name, state }) => `${name} ${state}`), ["VI_3 backup", "VI_1 master"]);
  assertEquals(world.snapshot(), kept);
  assertEquals(world.engine.listeners.map(({ interfaceName }) => interfaceName), ["eth1", "eth0"]);
});

Deno.test("VrrpEngine.reconfigure() takes another VRID or version for another router", () => {
  for (const change of [{ vrid: 52 }, { version: 2 }] as const) {
    const world = World.ofMasters(instance());
    world.engine.reconfigure([instance(change)]);
    assertEquals(world.told(), ["advert 51 0", "remove 192.0.2.100"]);
    assertEquals(world.snapshot().state, "backup");
  }
});

Deno.test("VrrpEngine.reconfigure() lets a backup go on waiting, and holds none of its new addresses", () => {
  const world = new World([instance()]);
  world.held.add("192.0.2.101"); // left over by somebody
  world.engine.reconfigure([instance({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")] })]);
  assertEquals(world.told(), ["remove 192.0.2.101"]);
  assertEquals(world.engine.nextTakeoverUs(), 4_609_375); // 1 s + 3 * 1 s + 156/256 s: as before
  world.pass(4 * SECOND);
  assertEquals([...world.held].sort(), ["192.0.2.100", "192.0.2.101"]);
});

Deno.test("VrrpEngine.reconfigure() before the start starts nothing", () => {
  const world = World.ofMasters();
  const idle = new VrrpEngine([instance()], {
    clock: { nowUs: () => 0, wallMs: () => 0 },
    network: world,
    digests: new RuntimeDigests(),
    log: () => {},
    changed: () => {},
  });
  idle.reconfigure([instance({ priority: 200 }), instance({ name: "VI_2", vrid: 52 })]);
  assertEquals(idle.snapshot().map(({ state, basePriority }) => `${state} ${basePriority}`), ["init 200", "init 100"]);
  assertEquals(world.told(), []);
});

Deno.test("VrrpEngine without Accept_Mode refuses packets before an address comes, and no more after it is gone", () => {
  const world = World.ofMasters(instance());
  world.engine.reconfigure([instance({ acceptMode: false })]);
  assertEquals(world.told(), ["refuse 192.0.2.100", "advert 51 100"]);
  world.engine.reconfigure([
    instance({ acceptMode: false, virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")] }),
  ]);
  assertEquals(world.told(), ["advert 51 100", "refuse 192.0.2.101", "add 192.0.2.101", "arp 192.0.2.101"]);
  world.engine.reconfigure([instance({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")] })]);
  assertEquals(world.told(), ["accept 192.0.2.100", "accept 192.0.2.101", "advert 51 100"]);
});
