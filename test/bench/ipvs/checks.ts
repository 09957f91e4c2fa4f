// Many checks a second without a table: on a machine whose kernel has no IPVS (test/bench/checks.sh).
import { checkedScale, measureLoad } from "./check_load.ts";
import { configOf } from "./configs.ts";
import { Director, KINDS } from "./director.ts";
import { Table } from "./result_table.ts";

const SECONDS = Number(Deno.env.get("SECONDS") || "15");

const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
const results = new Table(["Holdfast", "keepalived"]);
try {
  for (const count of [1000, 10_000]) {
    for (const kind of KINDS) {
      const director = new Director(kind, folder, configOf(checkedScale(count)));
      try {
        await measureLoad(director, { count, seconds: SECONDS, folder }, results);
      } finally {
        await director.stop();
      }
    }
  }
  results.print();
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);
