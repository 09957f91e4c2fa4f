import { assertEquals } from "../../../test/assert.ts";
import { route, rule } from "../../../test/support/fake_routing.ts";
import { address, instance, location, World } from "../../../test/support/vrrp_world.ts";
import { NO_STATICS, type StaticConfig, StaticParts } from "./static_parts.ts";

const STATICS: StaticConfig = {
  staticAddresses: [{ ...address("198.51.100.1", { device: "eth1" }), trackGroup: "TG" }],
  staticRoutes: [route("203.0.113.0/24 dev eth1"), route("203.0.114.0/24 dev eth1 no_track")],
  staticRules: [{ ...rule("from 198.51.100.1 table 5 preference 10"), trackGroup: "TG" }],
  trackGroups: [{ name: "TG", members: ["VI_1"], location }],
};

interface Setup {
  readonly world: World;
  readonly statics: StaticParts;
  readonly lost: string[];
}

function setup(config: StaticConfig = STATICS): Setup {
  const world = new World([]);
  const lost: string[] = [];
  const statics = new StaticParts({
    clock: { nowUs: () => world.nowUs, wallMs: () => 0 },
    network: world,
    log: (line) => world.log.push(line),
    lost: (names, what) => lost.push(`${names}: ${what}`),
  });
  statics.use(config, []);
  return { world, statics, lost };
}

Deno.test("static parts come in order, and go in the other", () => {
  const { world, statics } = setup();
  assertEquals(world.told(), [
    "add 198.51.100.1",
    "add route 203.0.113.0/24 eth1",
    "add route 203.0.114.0/24 eth1",
    "add rule 10 5",
  ]);
  statics.networkChanged();
  assertEquals(world.told(), []);
  statics.remove();
  assertEquals(world.told(), [
    "remove rule 10 5",
    "remove route 203.0.113.0/24 eth1",
    "remove route 203.0.114.0/24 eth1",
    "remove 198.51.100.1",
  ]);
});

Deno.test("static parts are put back, and instances of their track group are told", () => {
  const { world, statics, lost } = setup();
  world.told();
  world.held.delete("198.51.100.1");
  statics.networkChanged();
  assertEquals(world.told(), ["add 198.51.100.1"]);
  assertEquals(lost.splice(0), ["VI_1: static address 198.51.100.1/24"]);
  world.routing.lose("route 203.0.113.0/24 eth1");
  world.routing.lose("rule 10 5");
  statics.networkChanged();
  assertEquals(world.told(), ["add route 203.0.113.0/24 eth1", "add rule 10 5"]);
  assertEquals(lost, ["VI_1: static rule from 198.51.100.1 table 5 preference 10 track_group TG"]);
});

Deno.test("nobody is told again and again of what cannot be put back", () => {
  const { world, statics, lost } = setup();
  world.routing.lose("rule 10 5");
  world.routing.refused.add("rule 10 5");
  for (let change = 0; change < 3; change++) statics.networkChanged();
  assertEquals(lost.length, 1);
  world.routing.refused.clear();
  statics.networkChanged();
  assertEquals(world.routing.present.has("rule 10 5"), true);
});

Deno.test("routes that the kernel took with their interface come back with it", () => {
  const { world, statics, lost } = setup();
  world.told();
  world.down.add("eth1");
  for (const text of ["route 203.0.113.0/24 eth1", "route 203.0.114.0/24 eth1"]) world.routing.lose(text);
  world.held.clear();
  statics.networkChanged();
  assertEquals(world.told(), []);
  world.down.clear();
  statics.networkChanged();
  assertEquals(world.told(), ["add 198.51.100.1", "add route 203.0.113.0/24 eth1", "add route 203.0.114.0/24 eth1"]);
  assertEquals(lost, []);
});

Deno.test("a reload changes static parts by their difference, and leaves an address that is virtual now", () => {
  const { world, statics } = setup();
  world.told();
  statics.use(STATICS, []);
  assertEquals(world.told(), []);
  const staticRoutes = [route("203.0.113.0/24 via 198.51.100.9 dev eth1"), route("203.0.115.0/24 dev eth1")];
  statics.use({ ...STATICS, staticRoutes, staticAddresses: [] }, [
    instance({ virtualAddresses: [address("198.51.100.1", { device: "eth1" })] }),
  ]);
  assertEquals(world.told(), [
    "remove route 203.0.114.0/24 eth1",
    "replace route 203.0.113.0/24 198.51.100.9",
    "add route 203.0.115.0/24 eth1",
  ]);
  assertEquals(world.held.has("198.51.100.1"), true);
});

Deno.test("promote_secondaries is turned on while it is configured, and off again only where it was off", () => {
  const { world, statics } = setup(NO_STATICS);
  const promoting = (name: string) => instance({ interface: name, promotesSecondaries: true });
  world.routing.promoted.add("eth1");
  statics.use(NO_STATICS, [promoting("eth0"), promoting("eth1"), promoting("eth2")]);
  assertEquals([...world.routing.promoted].sort(), ["eth0", "eth1", "eth2"]);
  statics.use(NO_STATICS, [promoting("eth1"), promoting("eth2")]);
  assertEquals([...world.routing.promoted].sort(), ["eth1", "eth2"]);
  statics.remove();
  assertEquals([...world.routing.promoted], ["eth1"]);
});

Deno.test("VrrpEngine.lose() takes the masters that track it to backup, and no other", () => {
  const world = World.ofMasters(instance(), instance({ name: "VI_2", vrid: 52, virtualAddresses: [] }));
  world.engine.lose(["VI_2"], "static rule 10");
  assertEquals(world.engine.snapshot().map(({ state }) => state), ["master", "backup"]);
  assertEquals(world.snapshot("VI_2").lastTransition?.reason, "static rule 10 was removed by somebody else");
});
