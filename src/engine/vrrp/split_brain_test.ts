import { assertEquals } from "../../../test/assert.ts";
import { instance, SECOND, World } from "../../../test/support/vrrp_world.ts";

const claim = { address: "192.0.2.100", hardwareAddress: "02:00:00:00:00:09" };

Deno.test("a master announces its addresses again once another one that claimed them is silent, and says what lasted", () => {
  const world = World.ofMasters(instance());
  for (let round = 0; round < 9; round++) {
    world.engine.claimed("eth0", claim);
    world.engine.claimed("eth1", claim);
    world.engine.claimed("eth0", { ...claim, address: "192.0.2.1" });
    world.pass(SECOND / 2);
  }
  assertEquals(world.told().filter((line) => line.startsWith("arp")), []);
  const [sign] = world.snapshot().splitBrain ?? [];
  assertEquals([sign?.kind, sign?.who, sign?.address, sign?.count], [
    "address",
    claim.hardwareAddress,
    claim.address,
    9,
  ]);
  world.pass(SECOND);
  assertEquals(world.told().filter((line) => line.startsWith("arp")), ["arp 192.0.2.100"]);
  world.pass(10 * SECOND);
  assertEquals([world.snapshot().splitBrain, world.snapshot().counters.rivalSigns], [undefined, 9]);
  assertEquals(world.told().filter((line) => line.startsWith("arp")), []);
});

Deno.test("a backup does not mind who has the addresses", () => {
  const world = new World([instance()]);
  world.engine.claimed("eth0", claim);
  world.pass(SECOND);
  assertEquals([world.snapshot().state, world.snapshot().counters.rivalSigns], ["backup", 0]);
});

Deno.test("our own announcements, echoed by the link, are nobody else's", () => {
  const world = World.ofMasters(instance());
  for (let round = 0; round < 9; round++) {
    world.engine.claimed("eth0", { ...claim, hardwareAddress: "00:00:00:00:00:00" });
    world.pass(SECOND / 2);
  }
  assertEquals([world.snapshot().splitBrain, world.snapshot().counters.rivalSigns], [undefined, 0]);
});
