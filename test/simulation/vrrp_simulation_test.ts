import { assert, assertEquals, assertThrows } from "../assert.ts";
import { simulate, SimulationFailure } from "./vrrp_simulation.ts";
import { VrrpWorld } from "./vrrp_world.ts";

const SEEDS = Number(Deno.env.get("HOLDFAST_SIMULATION_SEEDS") ?? "3000");

Deno.test(`VRRP holds addresses exactly while master and heals to one master (${SEEDS} seeds)`, () => {
  let transitions = 0;
  for (let seed = 1; seed <= SEEDS; seed++) transitions += simulate(seed).timeline.length;
  assert(transitions > 10 * SEEDS, "the seeds make trouble");
});

Deno.test("a simulation is a function of its seed", () => {
  assertEquals(simulate(42).timeline, simulate(42).timeline);
});

Deno.test("a simulation sees a router that keeps its addresses when it yields", () => {
  const error = assertThrows(
    () => {
      for (let seed = 1; seed <= 20; seed++) {
        simulate(seed, (world) => world.hosts.forEach((host) => host.removeAddress = () => {}));
      }
    },
    SimulationFailure,
    "is not master but holds 192.0.2.100",
  );
  assert(error.message.includes("replay: make sim SEED="));
});

Deno.test("a simulation sees routers that do not hear each other any more", () => {
  assertThrows(
    () => simulate(1, (world) => world.transmit = () => {}),
    SimulationFailure,
    "masters after healing",
  );
});

Deno.test("without trouble the highest priority becomes master once and stays", () => {
  const world = new VrrpWorld(1, 2, 1_000_000, [{ name: "a", priority: 100 }, { name: "b", priority: 200 }]);
  for (const host of world.hosts) host.start();
  world.run(world.nowUs + 3_600_000_000, () => {});
  assertEquals(world.timeline, [
    "    1.000000  a  (VI_1) Entering BACKUP STATE (startup)",
    "    1.000000  b  (VI_1) Entering BACKUP STATE (startup)",
    // 3 s and the skew of priority 200: (256 - 200) / 256 s
    "    4.218750  b  (VI_1) Entering MASTER STATE (no advertisement within the master down interval)",
  ]);
});
