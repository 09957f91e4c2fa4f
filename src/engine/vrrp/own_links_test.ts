import { assertEquals } from "../../../test/assert.ts";
import { address, instance, World } from "../../../test/support/vrrp_world.ts";
import { toHex } from "../../base/hex.ts";
import { baseOf, ownLinksOf } from "./own_links.ts";
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
  sender.pass((sender.engine.nextTakeoverUs() ?? 0) - sender.nowUs);
  const world = new World([vmac]);
  const real = world.interface.bind(world);
  world.interface = (name) => real(name) ?? real("eth0");
  world.engine.networkChanged();
  world.engine.receive("vrrp.51", packet, packet.length);
  assertEquals(world.snapshot().counters.advertisementsReceived, 1);
  world.engine.receive("eth0", packet, packet.length);
  assertEquals(world.snapshot().counters.advertisementsReceived, 1, "what arrives by both counts once");
});

Deno.test("links of addresses have the virtual hardware address of their IP version, and an instance is in fault without", () => {
  const addressLinks = [{ name: "vrrp1.51", parent: "eth1", family: 4 }, {
    name: "vrrp6.51",
    parent: "eth1",
    family: 6,
  }] as const;
  const virtualAddresses = [
    address("192.0.2.100", { device: "vrrp.51" }),
    address("198.51.100.1", { device: "vrrp1.51" }),
  ];
  const excludedAddresses = [address("2001:db8::1", { device: "vrrp6.51" })];
  const given = { ...vmac, addressLinks, virtualAddresses, excludedAddresses };
  assertEquals(
    ownLinksOf(given).map(({ name, parent, hardwareAddress, families }) => [
      `${name}@${parent}`,
      toHex(hardwareAddress),
      ...families,
    ]),
    [
      ["vrrp.51@eth0", "00005e000133", 4],
      ["vrrp1.51@eth1", "00005e000133", 4],
      ["vrrp6.51@eth1", "00005e000233", 6],
    ],
  );
  assertEquals(baseOf(given, "vrrp1.51"), "eth1");
  const world = new World([{ ...instance({ virtualAddresses }), addressLinks }]);
  assertEquals(world.snapshot().faults, ["a macvlan for its addresses does not exist"]);
  const untracked = virtualAddresses.map((entry) => ({ ...entry, flags: ["no_track"] }));
  assertEquals(new World([{ ...instance({ virtualAddresses: untracked }), addressLinks }]).snapshot().state, "backup");
});
