import { assertEquals } from "../../../test/assert.ts";
import { address, instance, location, SECOND, syncGroup, World } from "../../../test/support/vrrp_world.ts";

const inside = instance({ name: "in", interface: "eth0", vrid: 51 });
const outside = instance({
  name: "out",
  interface: "eth1",
  vrid: 52,
  priority: 50,
  virtualAddresses: [address("198.51.100.1", { device: "eth1" })],
});
const group = syncGroup(["in", "out"]);

/** States and addresses of all instances. */
function seen(world: World): unknown {
  return [world.engine.snapshot().map(({ state }) => state), [...world.held]];
}

function masters(): World {
  const world = new World([inside, outside], [group]);
  world.pass(4 * SECOND);
  world.pass(4 * SECOND);
  assertEquals(seen(world), [["master", "master"], ["192.0.2.100", "198.51.100.1"]]);
  world.told();
  world.transitions.length = 0;
  return world;
}

Deno.test("a sync group becomes master when all of its instances have timed out, and one waits for the other", () => {
  const world = new World([inside, outside], [group]);
  world.pass(3_650_000); // `in` has timed out, `out` of lower priority has not
  assertEquals(seen(world), [["backup", "backup"], []]);
  world.pass(4 * SECOND);
  world.pass(4 * SECOND);
  assertEquals(seen(world), [["master", "master"], ["192.0.2.100", "198.51.100.1"]]);
  const groupMoves = world.transitions.filter(({ kind }) => kind === "group").map(({ name, to }) => [name, to]);
  assertEquals(groupMoves, [["VG_1", "backup"], ["VG_1", "master"]]);
});

Deno.test("a fault of one instance takes all of its sync group, each saying so to its peers", () => {
  const world = masters();
  world.down.add("eth1");
  world.engine.networkChanged();
  assertEquals(world.told(), ["advert 51 0", "remove 192.0.2.100", "advert 52 0", "remove 198.51.100.1"]);
  assertEquals(world.snapshot("in").faults, ["sync group: out: interface eth1 is down"]);
  assertEquals(world.snapshot("out").faults, ["interface eth1 is down"]);
  assertEquals(world.transitions.map(({ name, to }) => [name, to]), [["in", "fault"], ["out", "fault"], [
    "VG_1",
    "fault",
  ]]);
  world.down.delete("eth1");
  world.engine.networkChanged();
  assertEquals(seen(world), [["backup", "backup"], []]);
});

Deno.test("what a sync group tracks counts for all its instances, and their own weights do not", () => {
  const tracking = { ...group.tracking, interfaces: [{ name: "eth9", weight: -20, reverse: false, location }] };
  const own = { ...group.tracking, interfaces: [{ name: "eth8", weight: -7, reverse: false, location }] };
  const world = new World([{ ...inside, tracking: own }, outside], [syncGroup(["in", "out"], { tracking })]);
  world.down.add("eth9").add("eth8");
  world.engine.networkChanged();
  assertEquals(world.engine.snapshot().map(({ effectivePriority }) => effectivePriority), [80, 30]);
  world.engine.reconfigure([{ ...inside, tracking: own }, outside], [
    syncGroup(["in", "out"], { tracking, keepsWeights: true }),
  ]);
  assertEquals(world.engine.snapshot().map(({ effectivePriority }) => effectivePriority), [73, 30]);
  world.engine.reconfigure([{ ...inside, tracking: own }, outside], []);
  assertEquals(world.engine.snapshot().map(({ effectivePriority }) => effectivePriority), [93, 50]);
});

Deno.test("a sync group is resumed when all of its instances were master, and not otherwise", () => {
  const both = new World([inside, outside], [group], ["eth0 51", "eth1 52"]);
  assertEquals(seen(both), [["master", "master"], ["192.0.2.100", "198.51.100.1"]]);
  const one = new World([inside, outside], [group], ["eth0 51"]);
  assertEquals(seen(one), [["backup", "backup"], []]);
});

Deno.test("masters that a reload puts into a sync group stay masters, and without it each is alone again", () => {
  const world = World.ofMasters(inside, outside);
  world.engine.reconfigure([inside, outside], [group]);
  assertEquals(world.told(), []);
  world.down.add("eth1");
  world.engine.networkChanged();
  assertEquals(seen(world), [["fault", "fault"], []]);
  world.engine.reconfigure([inside, outside], []);
  world.pass(4 * SECOND);
  assertEquals(seen(world), [["master", "fault"], ["192.0.2.100"]]);
});

Deno.test("an instance in fault that a reload puts into a sync group takes the group along", () => {
  const world = World.ofMasters(inside, outside);
  world.down.add("eth1");
  world.engine.networkChanged();
  world.engine.reconfigure([inside, outside], [group]);
  assertEquals(seen(world), [["fault", "fault"], []]);
});

Deno.test("the end of a sync group is told once, after its instances'", () => {
  const world = masters();
  world.engine.stop();
  assertEquals(world.transitions.map(({ name, to }) => [name, to]), [["in", "init"], ["out", "init"], [
    "VG_1",
    "init",
  ]]);
});
