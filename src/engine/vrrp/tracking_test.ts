import { assertEquals } from "../../../test/assert.ts";
import type { TrackedItem, Tracking } from "../../config/config_vrrp.ts";
import { NO_STATUS } from "./tracked_items.ts";
import { instance, location, SECOND, World } from "../../../test/support/vrrp_world.ts";

const NOTHING: Tracking = { interfaces: [], scripts: [], files: [], processes: [], bfd: [] };

function item(name: string, weight: number): TrackedItem {
  return { name, weight, reverse: false, location };
}

function tracks(more: Partial<Tracking>): Parameters<typeof instance>[0] {
  return { tracking: { ...NOTHING, ...more } };
}

Deno.test("a script without weight holds an instance back until it succeeds, and puts it in fault when it fails", () => {
  const world = new World([instance(tracks({ scripts: [item("chk", 0)] }))]);
  world.pass(10 * SECOND);
  assertEquals([world.snapshot().state, world.snapshot().faults], ["init", ["script chk has no result yet"]]);
  world.engine.track({ ...NO_STATUS, scripts: { chk: "up" } });
  assertEquals(world.snapshot().state, "backup");
  world.pass(4 * SECOND);
  assertEquals(world.snapshot().state, "master");
  world.told();
  world.engine.track({ ...NO_STATUS, scripts: { chk: "down" } });
  assertEquals([world.snapshot().state, world.snapshot().faults], ["fault", ["script chk fails"]]);
  assertEquals(world.told(), ["advert 51 0", "remove 192.0.2.100"]);
  assertEquals(world.transitions.map(({ to }) => to), ["backup", "master", "fault"]);
});

Deno.test("weights change the effective priority, which a master advertises at once", () => {
  const world = World.ofMasters(instance(tracks({ scripts: [item("chk", -20)], files: [item("load", -2)] })));
  world.engine.track({ ...NO_STATUS, scripts: { chk: "down" } });
  assertEquals(world.told(), ["advert 51 80"]);
  world.engine.track({ ...NO_STATUS, scripts: { chk: "down" }, files: { load: 5 } });
  assertEquals(world.told(), ["advert 51 70"]);
  assertEquals([world.snapshot().basePriority, world.snapshot().effectivePriority], [100, 70]);
  world.engine.track({ ...NO_STATUS, scripts: { chk: "up" } });
  assertEquals(world.told(), ["advert 51 100"]);
  assertEquals(world.log.slice(-1), ["(VI_1) Changing effective priority from 70 to 100"]);
});

Deno.test("the priority of an address owner does not change", () => {
  const world = World.ofMasters(instance({ priority: 255, ...tracks({ scripts: [item("chk", -20)] }) }));
  world.engine.track({ ...NO_STATUS, scripts: { chk: "down" } });
  assertEquals([world.told(), world.snapshot().effectivePriority], [[], 255]);
});

Deno.test("a tracked interface counts as the network says", () => {
  const world = World.ofMasters(instance(tracks({ interfaces: [item("eth1", 0), item("eth2", -30)] })));
  world.down.add("eth2");
  world.engine.networkChanged();
  assertEquals([world.snapshot().state, world.snapshot().effectivePriority], ["master", 70]);
  world.down.add("eth1");
  world.engine.networkChanged();
  assertEquals(world.snapshot().faults, ["interface eth1 is down"]);
  world.down.clear();
  world.engine.networkChanged();
  assertEquals([world.snapshot().state, world.snapshot().effectivePriority], ["backup", 100]);
});

Deno.test("dont_track_primary lets an instance live without its interface's link", () => {
  const world = World.ofMasters(instance({ ignoresInterfaceState: true }));
  world.down.add("eth0");
  world.engine.networkChanged();
  assertEquals(world.snapshot().state, "master");
});

Deno.test("a script that a reload brings does not take a master down before it has said anything", () => {
  const world = World.ofMasters(instance());
  world.engine.reconfigure([instance(tracks({ scripts: [item("new", 0)] }))]);
  assertEquals(world.snapshot().state, "master");
  world.engine.track({ ...NO_STATUS, scripts: { new: "down" } });
  assertEquals(world.snapshot().state, "fault");
});

Deno.test("processes count once they were counted", () => {
  const world = World.ofMasters(instance(tracks({ processes: [item("nginx", 0), item("helper", 20)] })));
  assertEquals(world.snapshot().effectivePriority, 100);
  world.engine.track({ ...NO_STATUS, processes: { nginx: true, helper: true } });
  assertEquals(world.snapshot().effectivePriority, 120);
  world.engine.track({ ...NO_STATUS, processes: { nginx: false, helper: true } });
  assertEquals([world.snapshot().state, world.snapshot().faults], ["fault", ["process nginx has no quorum"]]);
});

Deno.test("a BFD session counts once it has said something", () => {
  const world = World.ofMasters(instance(tracks({ bfd: [item("peer", 0), item("other", -30)] })));
  world.engine.track({ ...NO_STATUS, bfd: { other: false } });
  assertEquals([world.snapshot().state, world.snapshot().effectivePriority], ["master", 70]);
  world.engine.track({ ...NO_STATUS, bfd: { peer: false, other: true } });
  assertEquals([world.snapshot().state, world.snapshot().faults], ["fault", ["BFD session peer is down"]]);
  world.engine.track({ ...NO_STATUS, bfd: { peer: true, other: true } });
  assertEquals([world.snapshot().state, world.snapshot().effectivePriority], ["backup", 100]);
});

Deno.test("track_src_ip puts an instance in fault while its source address is missing, whichever that is", () => {
  const tracksSourceAddress = true;
  const world = World.ofMasters(instance({ tracksSourceAddress, sourceAddress: "192.0.2.1" }));
  world.engine.reconfigure([instance({ tracksSourceAddress, sourceAddress: "192.0.2.77" })]);
  assertEquals([world.snapshot().state, world.snapshot().faults], ["fault", ["the source address is missing"]]);
  world.engine.reconfigure([instance({ tracksSourceAddress, sourceAddress: "192.0.2.1" })]);
  assertEquals(world.snapshot().faults, []);
  world.engine.reconfigure([instance({ sourceAddress: "192.0.2.77" })]);
  assertEquals(world.snapshot().faults, []);
});

Deno.test("an instance that waits for a script is put in fault by its interface, and begins when both are well", () => {
  const world = new World([instance(tracks({ scripts: [item("chk", -10)] }))]);
  world.down.add("eth0");
  world.engine.networkChanged();
  assertEquals(world.snapshot().state, "fault");
  world.engine.track({ ...NO_STATUS, scripts: { chk: "down" } });
  assertEquals(world.snapshot().faults, ["interface eth0 is down"]);
  world.down.clear();
  world.engine.networkChanged();
  assertEquals([world.snapshot().state, world.snapshot().effectivePriority], ["backup", 90]);
});

Deno.test("an instance that waits for a script begins when a reload takes the script away, and ends without a word", () => {
  const waiting = [instance(tracks({ scripts: [item("chk", 0)] }))];
  const world = new World(waiting);
  world.engine.reconfigure([instance()]);
  assertEquals(world.snapshot().state, "backup");
  const other = new World(waiting);
  other.engine.stop();
  other.engine.track({ ...NO_STATUS, scripts: { chk: "up" } });
  assertEquals([other.snapshot().state, other.transitions, other.told()], ["init", [], []]);
});
