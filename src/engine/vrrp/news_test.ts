import { assertEquals } from "../../../test/assert.ts";
import { instance, location, SECOND, World } from "../../../test/support/vrrp_world.ts";
import { parseIp } from "../../base/ip.ts";
import { Advertiser } from "./advertiser.ts";
import { advertiserConfig } from "./terms.ts";

Deno.test("a master that hears lower advertisements says so, once a second at most", () => {
  const world = World.ofMasters(instance());
  const peer = new Advertiser(advertiserConfig(instance(), undefined));
  const hear = (priority: number, from: string): void => {
    const [packet] = peer.next(parseIp(from) ?? new Uint8Array(), priority, 0);
    world.engine.receive("eth0", packet ?? new Uint8Array(), packet?.length ?? 0);
  };
  for (let count = 0; count < 100; count++) hear(50, "192.0.2.2");
  assertEquals(world.notices, [
    { kind: "instance", name: "VI_1", event: "lower-heard", state: "master", priority: 100 },
  ]);
  world.nowUs += SECOND;
  hear(100, "192.0.2.0"); // equal, from a lower address
  assertEquals(world.notices.length, 2);
  world.nowUs += SECOND;
  hear(0, "192.0.2.2"); // goodbye is no priority
  hear(150, "192.0.2.2"); // and this one is master from now on
  hear(50, "192.0.2.2");
  assertEquals(world.notices.length, 2);
});

Deno.test("an instance says when its effective priority changes, not when it is told the same again", () => {
  const files = [{ name: "load", weight: 1, reverse: false, location }];
  const world = World.ofMasters(instance({ tracking: { interfaces: [], scripts: [], files, processes: [], bfd: [] } }));
  world.engine.track({ scripts: {}, files: { load: 20 }, processes: {}, bfd: {} });
  world.engine.track({ scripts: {}, files: { load: 20 }, processes: {}, bfd: {} });
  assertEquals(world.notices, [
    { kind: "instance", name: "VI_1", event: "priority", state: "master", priority: 120 },
  ]);
});
