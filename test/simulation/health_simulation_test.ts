// Seeds of the health simulation. SEED=n runs that one and prints its timeline.
import { assert, assertEquals } from "../assert.ts";
import { HealthSimulation } from "./health_simulation.ts";

const SEEDS = Number(Deno.env.get("HOLDFAST_SIMULATION_SEEDS") ?? "500");
const single = Deno.env.get("SEED");

async function simulate(seed: number): Promise<HealthSimulation> {
  const simulation = new HealthSimulation(seed);
  try {
    await simulation.run();
  } catch (error) {
    throw new Error(`health simulation, seed ${seed}:\n${simulation.timeline}`, { cause: error });
  }
  return simulation;
}

Deno.test(`health keeps every virtual server served and ends with the table as wanted (${SEEDS} seeds)`, async () => {
  let events = 0;
  let refused = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const simulation = await simulate(seed);
    events += simulation.timeline.split("\n").length;
    refused += simulation.refused;
  }
  assert(events > 20 * SEEDS && refused > SEEDS, "the seeds make trouble");
});

Deno.test("a health simulation is a function of its seed", async () => {
  const seed = Number(single ?? "42");
  const { timeline } = await simulate(seed);
  if (single !== undefined) console.log(timeline);
  assertEquals((await simulate(seed)).timeline, timeline);
});
