// Holdfast and Debian's keepalived on one link, each as master and as backup of the other: every row of the matrix, several
// at a time in network namespaces of their own. What was seen is docs/interop.md; `UPDATE=1` writes it.
import { assertEquals } from "../../assert.ts";
import { run } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";
import { type Setup, SETUPS } from "./matrix.ts";
import { COLUMNS, expectation, type RowResult, runRow } from "./row.ts";

/** Rows at the same time: most of the time they wait. */
const ROWS_AT_ONCE = Number(Deno.env.get("INTEROP_ROWS") ?? "16");
/** For work on one row: a part of its name. */
const ONLY = Deno.env.get("INTEROP_ONLY") ?? "";
const PAGE = new URL("../../../docs/interop.md", import.meta.url);

testWith(["root", "program:ip", "program:keepalived"], `VRRP with keepalived: ${SETUPS.length} rows`, async () => {
  const chosen = SETUPS.filter((setup) => `${setup.name}, ${setup.mode}`.includes(ONLY));
  const results = new Map<Setup, RowResult>();
  const runOne = async (setup: Setup): Promise<string | undefined> => {
    const start = performance.now();
    const title = `${setup.name}, ${setup.mode}, ${setup.a} and ${setup.b}`;
    try {
      results.set(setup, await runRow(setup, `hfmx${SETUPS.indexOf(setup)}`));
      console.log(`${title}: ${Math.round((performance.now() - start) / 1000)} s`);
      return undefined;
    } catch (error) {
      console.log(`${title}: failed`);
      return error instanceof Error ? error.message : String(error);
    }
  };
  const waiting = [...chosen];
  const again: Setup[] = [];
  const work = async (): Promise<void> => {
    for (let setup = waiting.shift(); setup !== undefined; setup = waiting.shift()) {
      if (await runOne(setup) !== undefined) again.push(setup);
    }
  };
  await Promise.all(Array.from({ length: ROWS_AT_ONCE }, work));
  // Advertisements 0.2 s apart want a CPU in time, and a machine may be busy: what failed is tried again, alone.
  const failures: string[] = [];
  for (const setup of again) {
    let failure = await runOne(setup);
    if (failure !== undefined) failure = await runOne(setup);
    if (failure !== undefined) failures.push(failure);
  }
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
  for (const [setup, result] of results) assertEquals(result, expectation(setup), setup.name);
  if (chosen.length < SETUPS.length) return;
  const page = pageOf(results, await keepalivedVersion());
  if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(PAGE, page);
  assertEquals(Deno.readTextFileSync(PAGE), page, "docs/interop.md is out of date: UPDATE=1 test/run.sh interop");
});

async function keepalivedVersion(): Promise<string> {
  const output = await run("sh", "-c", "PATH=$PATH:/usr/sbin keepalived --version 2>&1");
  return output.match(/v(\d+\.\d+\.\d+)/)?.[1] ?? "of an unknown version";
}

function pageOf(results: ReadonlyMap<Setup, RowResult>, version: string): string {
  const cells = (list: readonly string[]): string => `| ${list.join(" | ")} |`;
  const rows = SETUPS.flatMap((setup) => {
    const result = results.get(setup);
    if (result === undefined) return [];
    return [cells([setup.name, setup.mode, setup.a, setup.b, ...COLUMNS.map((column) => result[column])])];
  });
  const head = ["protocol", "mode", "a, higher", "b, lower", ...COLUMNS];
  return `# Interoperation with keepalived

This page is made from what \`test/interop/vrrp\` saw (\`UPDATE=1 test/run.sh interop\`); don't edit it.

Debian's keepalived ${version} and Holdfast on one link, in network namespaces, with the same configuration but for the
priority: 150 for a, 100 for b. Each column is something that happens, after the one before; the cell says who alone holds
all virtual addresses then. \`a killed\` is a power loss: kill -9, and the link is gone. It \`returns lower\` with priority 50.
With \`nopreempt\`, b is restarted between the columns where a must be master again. \`preempt_delay\` is 3 s, and was waited for.
Advertisements are 1 s apart in version 2 and 0.2 s in version 3. In no row did either side find fault with a packet of
the other.

${cells(head)}
${cells(head.map(() => "---"))}
${rows.join("\n")}
`;
}
