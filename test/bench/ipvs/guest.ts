// Holdfast, keepalived and `ipvsadm -R` side by side on one kernel with IPVS: tables applied, changed and read, servers
// checked, dead ones removed. Runs in the test VM (test/bench/ipvs/guest.sh), within a budget: an emulated machine may be
// slow, and each number is printed as soon as it is known. Prints a table for docs/measurements.md at the end.
import { run } from "../../support/command.ts";
import { checkedScale, cpuText, measureLoad } from "./check_load.ts";
import { configOf, keyOf, mortalConfig, rulesOf, type Scale } from "./configs.ts";
import { Director, elapsed, type Kind, KINDS, metric, pause, until } from "./director.ts";
import { MORTAL_ADDRESS, MORTAL_PORTS, Mortals, tellRemoval } from "./mortals.ts";
import { Table } from "./result_table.ts";
import { TableWatch } from "./table_watch.ts";

const ONE_LARGE: Scale = { virtualServers: 1, realServers: 1000 };
const MANY: Scale = { virtualServers: 1000, realServers: 10 };
/** The virtual server of those that die is behind the others. */
const MORTALS_AT = 60_000;
/** Servers that die, of each director: so many times all ports. */
const DEATHS = 3;
const SECONDS = Number(Deno.env.get("SECONDS_EACH") || "15");
/** All of it ends after so long, seconds: what has not begun by then is left out. */
const BUDGET_SECONDS = Number(Deno.env.get("BUDGET") || "300");
/** A part begins only if it has so long, seconds. */
const LEAST_SECONDS = 30;

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  death: () => deaths("at rest"),
  large: () => apply("1 x 1000", ONE_LARGE),
  many: () => apply("1000 x 10", MANY),
  checks: () => checks(Number(Deno.env.get("CHECKS") || "200")),
};

const folder = await Deno.makeTempDir();
const watch = new TableWatch();
const results = new Table(["Holdfast", "keepalived", "`ipvsadm -R`"]);
const endMs = performance.now() + BUDGET_SECONDS * 1000;

for (const name of (Deno.env.get("CELLS") || Object.keys(PARTS).join(" ")).split(" ")) {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`no such part: ${name}`);
  if (endMs - performance.now() < LEAST_SECONDS * 1000) {
    console.log(`${name}: left out, the ${BUDGET_SECONDS} s are over`);
    continue;
  }
  try {
    await part();
  } catch (error) {
    console.log(`${name}: not measured: ${error instanceof Error ? error.message : error}`);
  }
}
results.print();
Deno.exit(0);

/** Runs a director for as long as `body` takes; leaves an empty table, whatever happens. */
async function directed(kind: Kind, config: string, body: (director: Director) => Promise<void>): Promise<void> {
  const director = new Director(kind, folder, config);
  try {
    await body(director);
  } finally {
    await director.stop();
    await run("ipvsadm", "-C");
  }
}

/** The table of an empty kernel made whole, one real server of it changed, and its counters read. */
async function apply(title: string, scale: Scale): Promise<void> {
  const last = scale.virtualServers - 1;
  const isWhole = (): boolean => watch.realServers(keyOf(last)).length === scale.realServers;
  for (const kind of KINDS) {
    await directed(kind, configOf(scale), async (director) => {
      const wholeMs = await elapsed("the whole table", director.startedMs, isWhole);
      results.set(`${title}: from start to the whole table`, kind, wholeMs);
      await expectWhole(scale);
      await atRest(director);
      if (scale.virtualServers > 1) {
        const startMs = performance.now();
        director.reload(configOf({ ...scale, lastWeight: 2 }));
        const isChanged = (): boolean => watch.realServers(keyOf(last)).some(({ entry }) => entry.weight === 2);
        const changedMs = await elapsed("the change", startMs, isChanged, 2);
        results.set(`${title}: one real server changed, from SIGHUP`, kind, changedMs);
      }
      if (kind === "holdfast") await readCounters(title, director);
    });
  }
  Deno.writeTextFileSync(`${folder}/rules`, rulesOf(scale));
  const startMs = performance.now();
  await run("bash", "-c", `ipvsadm -R <${folder}/rules`);
  results.set(`${title}: from start to the whole table`, "ipvsadm", performance.now() - startMs);
  await expectWhole(scale);
  const readMs = performance.now();
  await run("bash", "-c", "ipvsadm -Ln --stats >/dev/null");
  results.set(`${title}: counters read`, "ipvsadm", performance.now() - readMs);
  await run("ipvsadm", "-C");
}

async function readCounters(title: string, director: Director): Promise<void> {
  await until("the API has numbers", async () => await tableMetric("count", "read") > 0, 30_000);
  const before = director.usage();
  await pause(5000);
  console.log(`holdfast with ${title}, unchecked: ${cpuText(before, director.usage(), 5)}`);
  // How often it reads depends on how long that takes: the mean of what there was.
  const readMs = 1000 * await tableMetric("sum", "read") / await tableMetric("count", "read");
  results.set(`${title}: counters read`, "holdfast", readMs);
  results.set(`${title}: all changes of the table`, "holdfast", 1000 * await tableMetric("sum", "apply"));
}

/** Of Holdfast's time for the kernel's table. */
async function tableMetric(name: "sum" | "count", operation: "read" | "apply"): Promise<number> {
  return await metric(`holdfast_ipvs_apply_seconds_${name}{op="${operation}"}`).catch(() => 0);
}

async function expectWhole({ virtualServers, realServers }: Scale): Promise<void> {
  const lines = Number(await run("bash", "-c", "ipvsadm -Sn | wc -l"));
  if (lines !== virtualServers * (realServers + 1)) throw new Error(`the table has ${lines} lines`);
}

/** Waits until a director does little: an emulated machine is busy with a start for a while. Not for ever. */
async function atRest(director: Director): Promise<void> {
  const cpuMs = (): number => Object.values(director.usage().cpuMs).reduce((sum, ms) => sum + ms, 0);
  for (let round = 0; round < 15; round++) {
    const before = cpuMs();
    await pause(1000);
    if (cpuMs() - before < 150) return;
  }
}

/** Many servers checked once a second, and some that die meanwhile. */
async function checks(count: number): Promise<void> {
  for (const kind of KINDS) {
    const mortals = new Mortals();
    const config = configOf(checkedScale(count)) + mortalConfig(MORTALS_AT, MORTAL_ADDRESS, MORTAL_PORTS);
    await directed(kind, config, async (director) => {
      await elapsed("the whole table", director.startedMs, () => watch.realServers(keyOf(MORTALS_AT)).length > 0, 100);
      await measureLoad(director, { count: count + MORTAL_PORTS.length, seconds: SECONDS, folder }, results);
      tellRemoval(results, `with ${count} checks`, kind, await mortals.die(mortalsThere));
    });
  }
}

function mortalsThere(): ReadonlySet<number> {
  return new Set(watch.realServers(keyOf(MORTALS_AT)).map(({ entry }) => entry.port));
}

/** Servers die, all of them several times: between two rounds they are well again. */
async function deaths(title: string): Promise<void> {
  for (const kind of KINDS) {
    const over: number[] = [];
    await directed(kind, mortalConfig(MORTALS_AT, MORTAL_ADDRESS, MORTAL_PORTS), async (director) => {
      for (let round = 0; round < DEATHS; round++) {
        const mortals = new Mortals();
        const areThere = (): boolean => watch.realServers(keyOf(MORTALS_AT)).length === MORTAL_PORTS.length;
        await elapsed("the table", performance.now(), areThere, 100);
        if (round === 0) await atRest(director);
        await pause(2000);
        const late = await mortals.die(mortalsThere);
        console.log(`${kind}, dead servers removed after the least time and ms: ${late.map(Math.round).join(" ")}`);
        over.push(...late);
      }
    });
    tellRemoval(results, title, kind, over);
  }
}
