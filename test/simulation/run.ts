// `make sim SEEDS=1000000`: many seeds, for a long night; `make sim SEED=8157`: one, with its timeline.
import { simulate, SimulationFailure } from "./vrrp_simulation.ts";

/** Seeds between two lines of progress. */
const PROGRESS = 10_000;

const seed = Deno.env.get("SEED");
const failed = seed ? replay(Number(seed)) : runMany(Number(Deno.env.get("SEEDS") || "100000"));
Deno.exit(failed ? 1 : 0);

function replay(one: number): boolean {
  try {
    console.log(simulate(one).timeline.join("\n"));
    console.log(`seed ${one} is well`);
    return false;
  } catch (error) {
    return report(error);
  }
}

function runMany(count: number): boolean {
  for (let one = 1; one <= count; one++) {
    try {
      simulate(one);
    } catch (error) {
      return report(error);
    }
    if (one % PROGRESS === 0) console.log(`${one} seeds are well`);
  }
  console.log(`all ${count} seeds are well`);
  return false;
}

function report(error: unknown): boolean {
  if (!(error instanceof SimulationFailure)) throw error;
  console.error(error.message);
  return true;
}
