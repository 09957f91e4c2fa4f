import { assertEquals } from "../../../test/assert.ts";
import { route } from "../../../test/support/fake_routing.ts";
import { address, instance, location, World } from "../../../test/support/vrrp_world.ts";
import type { VrrpInstance } from "../../config/config.ts";
import { RuntimeDigests } from "../../linux/digests.ts";
import { castOf, rehearse } from "./rehearsal.ts";

/** Rehearses on a host, and says how far it came and what was asked of the host. */
function rehearsed(world: World, instances: readonly VrrpInstance[]): { masters: boolean[]; story: string[] } {
  const ports = {
    clock: { nowUs: () => world.nowUs, wallMs: () => 0 },
    network: world,
    digests: new RuntimeDigests(),
    log: () => {},
    changed: () => {},
  };
  const advance = (us: number): void => void (world.nowUs += us);
  const masters = castOf(instances).map((each) => rehearse(each, { ports, advance }));
  return { masters, story: world.told() };
}

Deno.test("rehearse() becomes master with an address that no host has, and leaves nothing behind", () => {
  const tracked = {
    interfaces: [],
    scripts: [{ name: "never_asked", reverse: false, location }],
    files: [],
    processes: [],
    bfd: [],
  };
  const real = instance({ tracking: tracked, routes: [route("203.0.113.0/24 dev eth0")], preemptDelayUs: 60_000_000 });
  const world = new World([]);
  const { masters, story } = rehearsed(world, [real]);
  assertEquals(masters, [true]);
  assertEquals([...new Set(story)], ["advert 51 100", "add 0.0.0.1", "arp 0.0.0.1", "advert 51 0", "remove 0.0.0.1"]);
  assertEquals(world.held.size, 0);
});

Deno.test("rehearse() goes through one instance of each family", () => {
  const ipv6 = instance({ name: "VI_6", family: 6, virtualAddresses: [address("2001:db8::100")] });
  const { masters, story } = rehearsed(new World([]), [instance(), instance({ name: "VI_2", vrid: 52 }), ipv6]);
  assertEquals(masters, [true, true]);
  assertEquals(story.filter((line) => line.startsWith("add ")), ["add 0.0.0.1", "add 100::1"]);
});

Deno.test("rehearse() without a link gets nowhere and asks for nothing", () => {
  const world = new World([]);
  world.down.add("eth0");
  assertEquals(rehearsed(world, [instance()]), { masters: [false], story: [] });
});
