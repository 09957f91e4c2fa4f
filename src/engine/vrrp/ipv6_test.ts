import { assertEquals } from "../../../test/assert.ts";
import { address, instance, SECOND, World } from "../../../test/support/vrrp_world.ts";
import { parseIp } from "../../base/ip.ts";
import { Advertiser } from "./advertiser.ts";
import { advertiserConfig } from "./terms.ts";

const inet6 = instance({ family: 6, virtualAddresses: [address("fe80::100", { prefixLength: 64 })] });

Deno.test("VrrpEngine runs an instance of each IP version with one VRID on one interface", () => {
  const world = new World([instance({ name: "VI_4" }), { ...inet6, name: "VI_6" }]);
  assertEquals(
    world.engine.listeners.map((
      { interfaceName, family, protocol, groups },
    ) => [interfaceName, family, protocol, ...groups]),
    [
      ["eth0", 4, 112, "224.0.0.18"],
      ["eth0", 6, 112, "ff02::12"],
    ],
  );
  world.pass(4 * SECOND);
  assertEquals(world.told(), [
    "advert 51 100",
    "add 192.0.2.100",
    "arp 192.0.2.100",
    "advert 51 100",
    "add fe80::100",
    "neighbor fe80::100",
  ]);
});

Deno.test("a master over IPv6 gives way to a higher peer, and of two with one priority the higher address stays", () => {
  const world = World.ofMasters(inet6);
  const hear = (priority: number, from: string): string => {
    const [packet] = new Advertiser(advertiserConfig(inet6, undefined)).next(
      parseIp(from) ?? new Uint8Array(),
      priority,
      0,
    );
    world.engine.receive("eth0", packet ?? new Uint8Array(), packet?.length ?? 0);
    return world.snapshot().state;
  };
  assertEquals(hear(99, "fe80::2"), "master");
  assertEquals(hear(100, "fe80::"), "master");
  assertEquals(hear(100, "fe80::2"), "backup");
  world.pass(4 * SECOND);
  assertEquals(world.snapshot().state, "master");
  assertEquals(hear(101, "fe80::"), "backup");
  assertEquals(world.snapshot().counters.advertisementsReceived, 4);
});
