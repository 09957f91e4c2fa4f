// Many checks a second, and servers that die, without a table: on a machine whose kernel has no IPVS (test/bench/checks.sh).
import { checkedScale, measureLoad } from "./check_load.ts";
import { configOf, mortalConfig } from "./configs.ts";
import { Director, elapsed, type Kind, KINDS, pause } from "./director.ts";
import { MORTAL_ADDRESS, MORTAL_PORTS, Mortals, tellRemoval } from "./mortals.ts";
import { Table } from "./result_table.ts";

const SECONDS = Number(Deno.env.get("SECONDS") || "15");
/** How many checks a second, one after the other. */
const COUNTS = (Deno.env.get("COUNTS") ?? "1000 10000").split(" ").filter((word) => word !== "").map(Number);
/** Servers that die, of each director: so many times all ports. */
const DEATHS = Number(Deno.env.get("DEATHS") || "5");

const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
const results = new Table(["Holdfast", "keepalived"]);
try {
  for (const count of COUNTS) {
    for (const kind of KINDS) {
      const director = new Director(kind, folder, configOf(checkedScale(count)));
      try {
        await measureLoad(director, { count, seconds: SECONDS, folder }, results);
      } finally {
        await director.stop();
      }
    }
  }
  for (const kind of KINDS) tellRemoval(results, "(by the log)", kind, await deaths(kind));
  results.print();
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

/** Servers die and come back, all of them several times. The log says which get traffic, in keepalived's words. */
async function deaths(kind: Kind): Promise<number[]> {
  const over: number[] = [];
  const director = new Director(kind, folder, mortalConfig(0, MORTAL_ADDRESS, MORTAL_PORTS));
  try {
    for (let round = 0; round < DEATHS; round++) {
      const mortals = new Mortals();
      const areThere = (): boolean =>
        director.log.length > 0 && mortalsThere(director.log).size === MORTAL_PORTS.length;
      await elapsed("all servers are up", performance.now(), areThere, 100);
      await pause(3000);
      over.push(...await mortals.die(() => mortalsThere(director.log)));
    }
  } finally {
    await director.stop();
  }
  return over;
}

function mortalsThere(log: string): ReadonlySet<number> {
  const there = new Set(MORTAL_PORTS); // they count as up from the start
  for (const [, what, port] of log.matchAll(/(Adding|Removing) service \[[^\]]*\]:tcp:(\d+)/g)) {
    if (what === "Adding") there.add(Number(port));
    else there.delete(Number(port));
  }
  return there;
}
