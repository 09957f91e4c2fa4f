import { assert, assertEquals } from "../../../test/assert.ts";
import { instance, SECOND, syncGroup, World } from "../../../test/support/vrrp_world.ts";
import type { VrrpInstance } from "../../config/config.ts";
import { Advertiser } from "./advertiser.ts";
import { advertiserConfig } from "./terms.ts";

const PEER = new Uint8Array([192, 0, 2, 2]);

/** Lets the engine hear an advertisement of a peer. */
function hear(world: World, config: VrrpInstance, priority: number): void {
  const [packet] = new Advertiser(advertiserConfig(config, undefined)).next(PEER, priority, 0);
  assert(packet !== undefined);
  world.engine.receive(config.interface, packet, packet.length);
}

const failover = (target: string, force = false) => ({ type: "failover", target, force } as const);

Deno.test("a failover is priority 0 and a hold: who is heard then is followed, whatever its priority", () => {
  const config = instance();
  const world = World.ofMasters(config);
  hear(world, config, 50);
  world.told();
  const answer = world.engine.operate(failover("VI_1"));
  assertEquals(answer, { done: true, members: ["VI_1"], text: "VI_1 has resigned" });
  assertEquals(world.told(), ["advert 51 0", "remove 192.0.2.100"]);
  assertEquals(world.snapshot().lastTransition?.reason, "an operator asked for a failover");
  for (let time = 0; time < 10; time++) {
    hear(world, config, 50);
    world.pass(SECOND);
  }
  assertEquals([world.snapshot().state, world.snapshot().master], ["backup", { address: "192.0.2.2", priority: 50 }]);
  world.engine.steer(new Map());
  for (let time = 0; time < 5; time++) {
    hear(world, config, 50);
    world.pass(SECOND);
  }
  assertEquals(world.snapshot().state, "master", "released, it preempts");
});

Deno.test("a held instance takes over when nobody is heard", () => {
  const config = instance();
  const world = World.ofMasters(config);
  hear(world, config, 50);
  world.engine.operate(failover("VI_1"));
  world.pass(4 * SECOND);
  assertEquals(world.snapshot().state, "master");
});

Deno.test("a failover is refused where it leads nowhere, and done by force where nobody has been heard", () => {
  const world = World.ofMasters(instance());
  const refused = world.engine.operate(failover("VI_1"));
  assert(!refused.done && refused.why.startsWith("no peer of VI_1 has been heard yet"));
  assertEquals(world.engine.operate(failover("VI_9", true)).done, false);
  assertEquals(world.told(), []);
  assertEquals(world.engine.operate(failover("VI_1", true)).done, true);
  assertEquals(world.snapshot().state, "backup");
  const again = world.engine.operate(failover("VI_1", true));
  assert(!again.done && again.why.includes("is not master (it is in backup)"));
});

Deno.test("a sync group moves as a whole, by its name and by a member's, every member with priority 0", () => {
  for (const target of ["VG_1", "a", "b"]) {
    const members = [instance({ name: "a", vrid: 51 }), instance({ name: "b", vrid: 52, virtualAddresses: [] })];
    const world = new World(members, [syncGroup(["a", "b"])]);
    world.pass(4 * SECOND);
    for (const member of members) hear(world, member, 50);
    world.told();
    const answer = world.engine.operate(failover(target));
    assert(answer.done && answer.members.length === 2);
    assertEquals(world.told().filter((line) => line.startsWith("advert")).sort(), ["advert 51 0", "advert 52 0"]);
    assertEquals(world.engine.snapshot().map(({ state }) => state), ["backup", "backup"]);
    for (let time = 0; time < 10; time++) {
      for (const member of members) hear(world, member, 50);
      world.pass(SECOND);
    }
    assertEquals(world.engine.snapshot().map(({ state }) => state), ["backup", "backup"], "both are held");
  }
});

Deno.test("a hold that comes while a backup is about to preempt keeps it back", () => {
  const config = instance({ advertisementIntervalUs: SECOND });
  const world = new World([config]);
  for (let time = 0; time < 3; time++) {
    world.pass(SECOND);
    hear(world, config, 50);
  }
  world.engine.steer(new Map([["VI_1", { held: true }]]));
  for (let time = 0; time < 5; time++) {
    world.pass(SECOND);
    hear(world, config, 50);
  }
  assertEquals(world.snapshot().state, "backup");
});

Deno.test("a priority of an operator's is advertised at once, counts with what is tracked, and survives a reload", () => {
  const item = { name: "chk", weight: -20, reverse: false, location: instance().location };
  const tracking = { interfaces: [], scripts: [item], files: [], processes: [], bfd: [] };
  const world = World.ofMasters(instance({ tracking }));
  world.engine.steer(new Map([["VI_1", { held: false, priority: 200 }]]));
  assertEquals(world.told(), ["advert 51 200"]);
  world.engine.track({ scripts: { chk: "down" }, files: {}, processes: {}, bfd: {} });
  assertEquals(world.told(), ["advert 51 180"]);
  world.engine.reconfigure([instance({ tracking, priority: 90 })]);
  assertEquals([world.snapshot().basePriority, world.snapshot().effectivePriority], [90, 180]);
  world.engine.steer(new Map());
  assertEquals(world.snapshot().effectivePriority, 70);
});

Deno.test("an instance that a reload brings is steered, and an owner keeps its priority", () => {
  const world = World.ofMasters(instance());
  world.engine.steer(new Map([["VI_2", { held: false, priority: 7 }], ["VI_1", { held: false, priority: 7 }]]));
  world.engine.reconfigure([instance({ priority: 255 }), instance({ name: "VI_2", vrid: 52, virtualAddresses: [] })]);
  assertEquals(world.engine.snapshot().map(({ effectivePriority }) => effectivePriority), [255, 7]);
});

Deno.test("a master announces its addresses again when asked, and nobody else does", () => {
  const world = World.ofMasters(instance());
  const answer = world.engine.operate({ type: "announce", target: "VI_1" });
  assertEquals(answer, { done: true, members: ["VI_1"], text: "sent 1 announcement for 1 address" });
  assertEquals(world.told(), ["arp 192.0.2.100"]);
  world.engine.operate(failover("VI_1", true));
  world.told();
  assertEquals(world.engine.operate({ type: "announce", target: "VI_1" }).done, false);
  assertEquals(world.told(), []);
});
