import { assertEquals } from "../../../test/assert.ts";
import { instance, SECOND, World } from "../../../test/support/vrrp_world.ts";
import { listenersOf } from "./vrrp_engine.ts";

const link = { type: "macvlan", name: "vrrp.51", options: [] } as const;
const vmac = instance({ link });

Deno.test("advertisements to the group arrive by the VMAC: peers send from the same hardware address", () => {
  const heard = (more: Partial<typeof vmac>): string[] =>
    listenersOf([{ ...vmac, ...more }]).map(({ interfaceName, groups }) => [interfaceName, ...groups].join(" "));
  assertEquals(heard({}), ["vrrp.51 224.0.0.18"]);
  assertEquals(heard({ sendsFromParent: true }), ["vrrp.51 224.0.0.18", "eth0"]);
  assertEquals(heard({ unicastPeers: [{ address: "192.0.2.2" }] }), ["eth0"]);
  assertEquals(heard({ link: { ...link, type: "ipvlan" } }), ["eth0 224.0.0.18"]);
});

Deno.test("a backup with a VMAC hears its master by it", () => {
  let packet = new Uint8Array();
  const sender = new World([instance({ priority: 200 })]);
  sender.sendAdvertisement = (_, sent: Uint8Array): undefined => void (packet = sent.slice());
  sender.pass(4 * SECOND);
  const world = new World([vmac]);
  const real = world.interface.bind(world);
  world.interface = (name) => real(name) ?? real("eth0");
  world.engine.networkChanged();
  world.engine.receive("vrrp.51", packet, packet.length);
  assertEquals(world.snapshot().counters.advertisementsReceived, 1);
  world.engine.receive("eth0", packet, packet.length);
  assertEquals(world.snapshot().counters.advertisementsReceived, 1, "what arrives by both counts once");
});
