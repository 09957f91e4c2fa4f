import { assertEquals } from "../../../test/assert.ts";
import { instance, SECOND, World } from "../../../test/support/vrrp_world.ts";

function refusing(world: World, method: "addAddress" | "removeAddress"): () => void {
  const real = world[method];
  world[method] = () => {
    throw new Error(`Cannot ${method}: No buffer space available (ENOBUFS)`);
  };
  return () => world[method] = real;
}

Deno.test("a master whose kernel refused an address tries again after a second, and announces it then", () => {
  const world = new World([instance()]);
  const heal = refusing(world, "addAddress");
  world.pass(4 * SECOND);
  assertEquals([world.snapshot().state, world.held.size], ["master", 0]);
  heal();
  world.told();
  world.pass(SECOND);
  assertEquals(world.told(), ["advert 51 100", "add 192.0.2.100", "arp 192.0.2.100"]);
  world.pass(SECOND);
  assertEquals(world.told(), ["advert 51 100"]);
});

Deno.test("a backup whose kernel refused to remove an address tries again, and does not say so each time", () => {
  const world = World.ofMasters(instance());
  const heal = refusing(world, "removeAddress");
  world.down.add("eth0");
  world.engine.networkChanged();
  assertEquals([world.snapshot().state, world.held.size], ["fault", 1]);
  for (let again = 0; again < 20; again++) {
    world.nowUs += 2 * SECOND;
    world.engine.networkChanged();
  }
  world.down.delete("eth0");
  world.engine.networkChanged();
  heal();
  world.nowUs += SECOND;
  world.engine.networkChanged();
  assertEquals([world.snapshot().state, world.held.size], ["backup", 0]);
  assertEquals(world.log.filter((line) => line.includes("ENOBUFS")).length, 2);
});
