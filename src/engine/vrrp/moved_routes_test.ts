import { assertEquals } from "../../../test/assert.ts";
import { route, rule } from "../../../test/support/fake_routing.ts";
import { address, instance, SECOND, World } from "../../../test/support/vrrp_world.ts";
import type { VrrpInstance } from "../../config/config.ts";

const routes = [route("198.51.100.0/24 via 192.0.2.9 dev eth0"), route("203.0.113.0/24 dev eth0 no_track")];
const rules = [rule("from 192.0.2.100 table 5 preference 10")];
const moving = (more: Partial<VrrpInstance> = {}): VrrpInstance => instance({ routes, rules, ...more });

/** The story without advertisements and announcements. */
function changes(world: World): string[] {
  return world.told().filter((line) => !/^(advert|arp) /.test(line));
}

Deno.test("a master has its addresses, then its routes, then its rules; the last come off first", () => {
  const world = new World([moving()]);
  world.pass(4 * SECOND);
  assertEquals(changes(world), [
    "add 192.0.2.100",
    "add route 198.51.100.0/24 192.0.2.9",
    "add route 203.0.113.0/24 eth0",
    "add rule 10 5",
  ]);
  world.engine.stop();
  assertEquals(world.told(), [
    "advert 51 0",
    "remove rule 10 5",
    "remove route 198.51.100.0/24 192.0.2.9",
    "remove route 203.0.113.0/24 eth0",
    "remove 192.0.2.100",
  ]);
});

Deno.test("what a killed predecessor left is removed at the start, and kept when its master is resumed", () => {
  const leave = (world: World): void => {
    world.routing.present.add("route 198.51.100.0/24 192.0.2.9");
    world.routing.present.add("rule 10 5");
  };
  const world = new World([]);
  leave(world);
  world.engine.reconfigure([moving()]);
  assertEquals(changes(world), ["remove rule 10 5", "remove route 198.51.100.0/24 192.0.2.9"]);
  assertEquals(world.log.filter((line) => line.includes("left over")), [
    "(VI_1) removed the rule from 192.0.2.100 table 5 preference 10, left over",
    "(VI_1) removed the route 198.51.100.0/24 via 192.0.2.9 dev eth0, left over",
  ]);
  const resumed = new World([moving()], [], ["eth0 51"]);
  assertEquals(resumed.snapshot().state, "master");
  assertEquals(resumed.routing.present.size, 3);
});

Deno.test("a master whose route or rule somebody removes becomes backup, unless it is not tracked", () => {
  for (const lost of ["route 198.51.100.0/24 192.0.2.9", "rule 10 5"]) {
    const world = World.ofMasters(moving());
    world.routing.lose(lost);
    world.engine.networkChanged();
    assertEquals(world.snapshot().state, "backup");
    assertEquals(world.told()[0], "advert 51 0");
    assertEquals([...world.routing.present, ...world.held], []);
    world.pass(4 * SECOND);
    assertEquals(world.snapshot().state, "master");
    assertEquals(world.routing.present.size, 3);
  }
  const world = World.ofMasters(moving());
  world.routing.lose("route 203.0.113.0/24 eth0");
  world.engine.networkChanged();
  assertEquals(world.snapshot().state, "master");
});

Deno.test("a reload changes a master's routes and rules by their difference, and in their place", () => {
  const world = World.ofMasters(moving());
  world.engine.reconfigure([moving({
    routes: [route("198.51.100.0/24 via 192.0.2.8 dev eth0"), route("203.0.113.128/25 dev eth0 no_track")],
    rules: [rule("from 192.0.2.100 table 6 preference 10"), rule("from 192.0.2.101 table 5 preference 11")],
  })]);
  assertEquals(changes(world), [
    "remove route 203.0.113.0/24 eth0",
    "replace route 198.51.100.0/24 192.0.2.8",
    "add route 203.0.113.128/25 eth0",
    "add rule 10 6",
    "add rule 11 5",
    "remove rule 10 5",
  ]);
  world.engine.reconfigure([instance()]);
  assertEquals(world.routing.present.size, 0);
});

Deno.test("a reload that changes addresses asks for all routes again, since the kernel may have taken some away", () => {
  const world = World.ofMasters(moving({ virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")] }));
  world.routing.present.delete("route 198.51.100.0/24 192.0.2.9");
  world.engine.reconfigure([moving()]);
  assertEquals(changes(world).at(-1), "add route 198.51.100.0/24 192.0.2.9");
});

Deno.test("a backup holds no routes of a new configuration, and a fault during a reload takes all of them away", () => {
  const world = new World([instance()]);
  world.routing.present.add("rule 10 5");
  world.engine.reconfigure([moving()]);
  assertEquals(world.routing.present.size, 0);
  world.pass(4 * SECOND);
  assertEquals(world.routing.present.size, 3);
  world.down.add("eth0");
  world.engine.reconfigure([moving({ routes: [route("198.51.100.0/24 via 192.0.2.8 dev eth0")] })]);
  assertEquals(world.snapshot().state, "fault");
  assertEquals(world.routing.present.size, 0);
});

Deno.test("a route that the kernel refuses keeps nothing else from coming", () => {
  const world = new World([moving()]);
  world.routing.refused.add("route 198.51.100.0/24 192.0.2.9");
  world.pass(4 * SECOND);
  assertEquals([...world.routing.present], ["route 203.0.113.0/24 eth0", "rule 10 5"]);
  assertEquals(world.log.some((line) => line.includes("Network is unreachable")), true);
  world.engine.networkChanged();
  assertEquals(world.snapshot().state, "master");
  assertEquals(world.log.filter((line) => line.includes("unreachable")).length, 1);
  world.routing.refused.clear();
  for (let second = 0; second < 3; second++) world.pass(SECOND);
  assertEquals(world.routing.present.size, 3);
});
