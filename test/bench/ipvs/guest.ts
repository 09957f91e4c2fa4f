// Holdfast, keepalived and `ipvsadm -R` side by side on one kernel with IPVS: tables applied, changed and read, servers
// checked, dead ones removed. Runs in the test VM (test/bench/ipvs/run.sh); prints a table for docs/measurements.md.
import { run } from "../../support/command.ts";
import { checkedScale, cpuText, measureLoad } from "./check_load.ts";
import { configOf, keyOf, mortalConfig, rulesOf, type Scale } from "./configs.ts";
import { Director, elapsed, type Kind, KINDS, metric, pause, until } from "./director.ts";
import { MORTAL_ADDRESS, MORTAL_PORTS, Mortals } from "./mortals.ts";
import { Table } from "./result_table.ts";
import { TableWatch } from "./table_watch.ts";

const ONE_LARGE: Scale = { virtualServers: 1, realServers: 1000 };
const MANY: Scale = { virtualServers: 1000, realServers: 10 };
/** The virtual server of those that die is behind the others. */
const MORTALS_AT = 60_000;
const SECONDS = Number(Deno.env.get("SECONDS_EACH") || "15");
const cells = (Deno.env.get("CELLS") || "apply checks death").split(" ");

const folder = await Deno.makeTempDir();
const watch = new TableWatch();
const results = new Table(["Holdfast", "keepalived", "`ipvsadm -R`"]);

if (cells.includes("apply")) {
  await apply("1 x 1000", ONE_LARGE);
  await apply("1000 x 10", MANY);
}
if (cells.includes("death")) await deaths("at rest");
if (cells.includes("checks")) {
  await checks(1000);
  await checks(10_000);
}
results.print();

/** The table of an empty kernel made whole, one real server of it changed, and its counters read. */
async function apply(title: string, scale: Scale): Promise<void> {
  const last = scale.virtualServers - 1;
  const isWhole = (): boolean => watch.realServers(keyOf(last)).length === scale.realServers;
  for (const kind of KINDS) {
    const director = new Director(kind, folder, configOf(scale));
    results.set(
      `${title}: from start to the whole table`,
      kind,
      await elapsed("the whole table", director.startedMs, isWhole),
    );
    await expectWhole(scale);
    await pause(10_000); // an emulated machine is busy with the start for so long
    if (scale.virtualServers > 1) {
      await pause(2000);
      const startMs = performance.now();
      director.reload(configOf({ ...scale, lastWeight: 2 }));
      const isChanged = (): boolean => watch.realServers(keyOf(last)).some(({ entry }) => entry.weight === 2);
      results.set(
        `${title}: one real server changed, from SIGHUP`,
        kind,
        await elapsed("the change", startMs, isChanged, 2),
      );
    }
    if (kind === "holdfast") {
      await until("the API has numbers", async () => await tableMetric("count", "read") > 0, 30_000);
      const [sum, count] = [await tableMetric("sum", "read"), await tableMetric("count", "read")];
      const before = director.usage();
      await pause(5000);
      console.log(`holdfast with ${title}, unchecked: ${cpuText(before, director.usage(), 5)}`);
      await until("the counters are read again", async () => await tableMetric("count", "read") > count, 60_000);
      const reads = await tableMetric("count", "read") - count;
      results.set(`${title}: counters read`, kind, 1000 * (await tableMetric("sum", "read") - sum) / reads);
      results.set(`${title}: all changes of the table`, kind, 1000 * await tableMetric("sum", "apply"));
    }
    await director.stop();
    await run("ipvsadm", "-C");
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

/** Of Holdfast's time for the kernel's table. */
async function tableMetric(name: "sum" | "count", operation: "read" | "apply"): Promise<number> {
  return await metric(`holdfast_ipvs_apply_seconds_${name}{op="${operation}"}`).catch(() => 0);
}

async function expectWhole({ virtualServers, realServers }: Scale): Promise<void> {
  const lines = Number(await run("bash", "-c", "ipvsadm -Sn | wc -l"));
  if (lines !== virtualServers * (realServers + 1)) throw new Error(`the table has ${lines} lines`);
}

/** Many servers checked once a second, and some that die meanwhile. */
async function checks(count: number): Promise<void> {
  for (const kind of KINDS) {
    const mortals = new Mortals();
    const config = configOf(checkedScale(count)) + mortalConfig(MORTALS_AT, MORTAL_ADDRESS, MORTAL_PORTS);
    const director = new Director(kind, folder, config);
    await elapsed("the whole table", director.startedMs, () => watch.realServers(keyOf(MORTALS_AT)).length > 0, 100);
    await measureLoad(director, { count: count + MORTAL_PORTS.length, seconds: SECONDS, folder }, results);
    await removal(`with ${count} checks`, kind, mortals);
    await director.stop();
    await run("ipvsadm", "-C");
  }
}

async function deaths(title: string): Promise<void> {
  for (const kind of KINDS) {
    const mortals = new Mortals();
    const director = new Director(kind, folder, mortalConfig(MORTALS_AT, MORTAL_ADDRESS, MORTAL_PORTS));
    await elapsed("the table", director.startedMs, () => watch.realServers(keyOf(MORTALS_AT)).length > 0, 100);
    await pause(15_000); // on an emulated machine it takes so long until all is at rest
    await removal(title, kind, mortals);
    await director.stop();
    await run("ipvsadm", "-C");
  }
}

async function removal(title: string, kind: Kind, mortals: Mortals): Promise<void> {
  const over = await mortals.die(watch, keyOf(MORTALS_AT));
  results.set(`dead server removed ${title}: over the least time, median`, kind, over[over.length >> 1] ?? NaN);
  results.set(`dead server removed ${title}: over the least time, at most`, kind, over.at(-1) ?? NaN);
}

Deno.exit(0);
