// Announcements that are kept apart or repeated, in the story of instances.
import { assertEquals } from "../../../test/assert.ts";
import { address, instance, SECOND, World } from "../../../test/support/vrrp_world.ts";
import type { AnnouncementPacing } from "./announcement_pacer.ts";

const MS = 1000;
const PACING: AnnouncementPacing = { arpUs: 100 * MS, naUs: 0, groups: [] };
const GARP = instance().gratuitousArp;

/** What left in each step of so many. */
function steps(world: World, count: number, us: number): string[] {
  return Array.from({ length: count }, () => {
    world.pass(us);
    return world.told().filter((line) => /^(arp|neighbor)/.test(line)).join(", ");
  });
}

function paced(pacing: AnnouncementPacing, more: Parameters<typeof instance>[0] = {}): World {
  const world = new World([instance({
    gratuitousArp: { ...GARP, repeat: 3 },
    virtualAddresses: [address("192.0.2.100"), address("192.0.2.101")],
    ...more,
  })]);
  world.pacer.use(pacing);
  world.told();
  return world;
}

Deno.test("a take-over says each address at once, and the rest in turn with the pause between", () => {
  const world = paced(PACING);
  assertEquals(steps(world, 1, 4 * SECOND), ["arp 192.0.2.100, arp 192.0.2.101"]);
  assertEquals(world.engine.nextDeadlineUs(), world.nowUs + 100 * MS);
  assertEquals(steps(world, 10, 50 * MS), [
    "",
    "arp 192.0.2.100",
    "",
    "arp 192.0.2.101",
    "",
    "arp 192.0.2.100",
    "",
    "arp 192.0.2.101",
    "",
    "",
  ]);
  assertEquals(world.snapshot().counters.gratuitousArpSent, 6);
});

Deno.test("what is queued is dropped when the instance leaves master", () => {
  const world = paced(PACING);
  world.pass(4 * SECOND);
  world.told();
  world.down.add("eth0");
  world.engine.networkChanged();
  assertEquals(world.snapshot().state, "fault");
  world.told();
  assertEquals(steps(world, 3, 200 * MS), ["", "", ""]);
  assertEquals(world.pacer.deadlineUs, undefined);
});

Deno.test("an operator's set is paced from its first message, and is counted as a whole", () => {
  const world = paced(PACING);
  world.pass(4 * SECOND);
  steps(world, 10, 100 * MS);
  const answer = world.engine.operate({ type: "announce", target: "VI_1" });
  assertEquals(answer.done && answer.text, "sent 6 announcements for 2 addresses");
  assertEquals(steps(world, 6, 100 * MS).filter((line) => line.includes(",")), []);
});

Deno.test("gna_interval is a pause of its own, and interfaces of a garp_group share theirs", () => {
  const virtualAddresses = [address("192.0.2.100"), address("192.0.2.200", { device: "eth1" })];
  const excludedAddresses = [address("2001:db8::100")];
  const group = { interfaces: ["eth0", "eth1"], arpUs: 100 * MS, naUs: 30 * MS };
  const world = paced({ arpUs: 0, naUs: 0, groups: [group] }, { virtualAddresses, excludedAddresses });
  world.pass(4 * SECOND);
  world.told();
  assertEquals(steps(world, 8, 50 * MS), [
    "neighbor 2001:db8::100",
    "arp 192.0.2.100, neighbor 2001:db8::100",
    "",
    "arp 192.0.2.200",
    "",
    "arp 192.0.2.100",
    "",
    "arp 192.0.2.200",
  ]);
});

Deno.test("a reload without the pause lets go what waits", () => {
  const world = paced(PACING);
  world.pass(4 * SECOND);
  world.told();
  world.pacer.use({ ...PACING, arpUs: 0 });
  assertEquals(steps(world, 2, 1), ["arp 192.0.2.100, arp 192.0.2.101, arp 192.0.2.100, arp 192.0.2.101", ""]);
});

Deno.test("garp_extra_if repeats one address for each device that no advertisement leaves by", () => {
  const others = [
    address("192.0.2.100"),
    address("198.51.100.1", { device: "eth1" }),
    address("198.51.100.2", { device: "eth1" }),
  ];
  const extra = { everySeconds: 2, allInterfaces: true };
  const given = instance({ virtualAddresses: others, extraAnnouncements: extra });
  const world = World.ofMasters(given);
  assertEquals(steps(world, 4, SECOND), ["", "arp 198.51.100.1", "", "arp 198.51.100.1"]);
  world.engine.reconfigure([{ ...given, extraAnnouncements: { everySeconds: 0, allInterfaces: false } }]);
  world.told();
  assertEquals(steps(world, 2, 2 * SECOND), ["", ""]);
  const own = { type: "macvlan", name: "eth51", options: [] } as const;
  const onLink = instance({
    link: own,
    sendsFromParent: true,
    virtualAddresses: [address("192.0.2.100", { device: "eth51" }), ...others.slice(1)],
    extraAnnouncements: { everySeconds: 2, allInterfaces: false },
  });
  assertEquals(steps(World.ofMasters(onLink), 2, SECOND), ["", "arp 192.0.2.100"]);
});
