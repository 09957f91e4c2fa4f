import { assert, assertEquals, assertThrows } from "../assert.ts";
import { instance } from "../support/vrrp_world.ts";
import { Prng } from "../../src/base/prng.ts";
import { drawWorld } from "./vrrp_draw.ts";
import { simulate, SimulationFailure } from "./vrrp_simulation.ts";
import { VrrpWorld } from "./vrrp_world.ts";

const SEEDS = Number(Deno.env.get("HOLDFAST_SIMULATION_SEEDS") ?? "400");

Deno.test(`VRRP holds addresses exactly while master and heals to one master (${SEEDS} seeds)`, () => {
  let lines = 0;
  for (let seed = 1; seed <= SEEDS; seed++) lines += simulate(seed).timeline.length;
  assert(lines > 10 * SEEDS, "the seeds make trouble");
});

Deno.test("a simulation is a function of its seed", () => {
  assertEquals(simulate(42).timeline, simulate(42).timeline);
});

Deno.test("the worlds are of all kinds: 2 to 16 routers, up to 255 VRIDs, both versions, families and ways", () => {
  const drawings = Array.from({ length: 3000 }, (_, seed) => drawWorld(new Prng(seed)));
  const hosts = drawings.map(({ hostNames }) => hostNames.length);
  assertEquals([Math.min(...hosts), Math.max(...hosts)], [2, 16]);
  assertEquals(Math.max(...drawings.map(({ instances }) => instances[0]?.length ?? 0)), 255);
  const all = drawings.flatMap(({ instances }) => instances.flat());
  const has = (test: (entry: typeof all[number]) => boolean): number => Math.sign(all.filter(test).length);
  const kinds = [2, 3].flatMap((version) =>
    [4, 6].flatMap((family) =>
      [true, false].map((unicast) =>
        has((entry) =>
          entry.version === version && entry.family === family && (entry.unicastPeers.length > 0) === unicast
        )
      )
    )
  );
  assertEquals(kinds, [1, 1, 0, 0, 1, 1, 1, 1], "all but version 2 over IPv6, which there is not");
  const mixed = drawings.filter(({ instances: [first = [], second = []] }) =>
    first.some(({ version }, index) => version !== second[index]?.version)
  );
  assert(mixed.length > 0 && drawings.some(({ isGrouped }) => isGrouped));
});

/** What the first seeds fail with when something in every host is broken. */
function sabotaged(sabotage: (world: VrrpWorld) => void, message: string): string {
  return assertThrows(
    () => {
      for (let seed = 1; seed <= 20; seed++) simulate(seed, sabotage);
    },
    SimulationFailure,
    message,
  ).message;
}

Deno.test("a simulation sees a router that keeps its addresses when it yields", () => {
  const story = sabotaged(
    (world) => world.hosts.forEach((host) => host.removeAddress = () => {}),
    "is not master but holds",
  );
  assert(story.includes("replay: make sim SEED="));
});

Deno.test("a simulation sees a master without its addresses", () => {
  sabotaged((world) => world.hosts.forEach((host) => host.addAddress = () => {}), "is master without");
});

Deno.test("a simulation sees masters that go on beside each other", () => {
  sabotaged((world) => world.network.transmit = () => {}, "both master");
});

Deno.test("a simulation sees a router that speaks without being master", () => {
  const echo = (host: VrrpWorld["hosts"][number]): void => {
    host.receive = (device, packet) => void host.sendAdvertisement(device, packet);
  };
  sabotaged((world) => world.hosts.forEach(echo), "sends an advertisement of priority");
});

Deno.test("without trouble the highest priority becomes master once and stays", () => {
  const router = (priority: number) => [instance({ version: 2, priority })];
  const drawing = { hostNames: ["a", "b"], instances: [router(100), router(200)], syncGroups: [], isGrouped: false };
  const world = new VrrpWorld(1, new Prng(1), drawing);
  for (const host of world.hosts) host.start();
  world.network.run(world.nowUs + 3_600_000_000);
  assertEquals(world.timeline, [
    "    1.000000  a  (VI_1) init -> backup",
    "    1.000000  b  (VI_1) init -> backup",
    // 3 s and the skew of priority 200: (256 - 200) / 256 s
    "    4.218750  b  (VI_1) backup -> master",
  ]);
});
