// `make sim SEEDS=1000000`: many seeds on all cores, for a long night; `make sim SEED=8157`: one, with its timeline.
import { simulate, SimulationFailure } from "./vrrp_simulation.ts";

/** Seeds that a worker takes at a time. */
const BATCH = 250;
/** Seeds between two lines of progress. */
const PROGRESS = 10_000;

/** What a worker says of a batch. */
export interface BatchResult {
  readonly seeds: number;
  readonly failure?: string;
}

if (import.meta.main) {
  const seed = Deno.env.get("SEED");
  const failed = seed ? replay(Number(seed)) : await runMany(Number(Deno.env.get("SEEDS") || "100000"));
  Deno.exit(failed ? 1 : 0);
}

/** Runs seeds one after the other, up to the first that fails. */
export function runBatch(first: number, count: number): BatchResult {
  for (let seed = first; seed < first + count; seed++) {
    const failure = failureOf(seed);
    if (failure !== undefined) return { seeds: count, failure };
  }
  return { seeds: count };
}

function replay(seed: number): boolean {
  const failure = failureOf(seed);
  if (failure !== undefined) {
    console.error(failure);
    return true;
  }
  console.log(simulate(seed).timeline.join("\n"));
  console.log(`seed ${seed} is well`);
  return false;
}

function failureOf(seed: number): string | undefined {
  try {
    simulate(seed);
    return undefined;
  } catch (error) {
    if (error instanceof SimulationFailure) return error.message;
    return `seed ${seed}: ${error instanceof Error ? error.stack : error}\nreplay: make sim SEED=${seed}`;
  }
}

async function runMany(count: number): Promise<boolean> {
  const start = performance.now();
  let next = 1;
  let done = 0;
  let failure: string | undefined;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    while (next <= count && failure === undefined) {
      const first = next;
      next += BATCH;
      const result = await ask(worker, first, Math.min(BATCH, count - first + 1));
      failure ??= result.failure;
      if (Math.floor((done + result.seeds) / PROGRESS) > Math.floor(done / PROGRESS)) {
        console.log(`${done + result.seeds} seeds`);
      }
      done += result.seeds;
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
  if (failure !== undefined) console.error(failure);
  else console.log(`all ${count} seeds are well (${Math.round((performance.now() - start) / 1000)} s)`);
  return failure !== undefined;
}

function ask(worker: Worker, first: number, count: number): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ first, count });
  });
}
