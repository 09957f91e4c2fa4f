import { assertEquals } from "../../test/assert.ts";
import { ipvsSetting, type IpvsSysctls } from "./ipvs_config.ts";
import { loadConfig } from "./load.ts";

function load(section: string): { ipvs: IpvsSysctls | undefined; problems: string[] } {
  const { config, diagnostics } = loadConfig({ path: "x.yaml", text: `ipvs: ${section}\n`, hostName: "lb" });
  return { ipvs: config?.ipvs, problems: diagnostics.map(({ message }) => message) };
}

Deno.test("ipvs says settings of the kernel, as the kernel writes them", () => {
  assertEquals(
    load("{expire_nodest_conn: true, expire_quiescent_template: false, conn_reuse_mode: 1, sync_threshold: [3, 10]}"),
    {
      ipvs: { expire_nodest_conn: "1", expire_quiescent_template: "0", conn_reuse_mode: "1", sync_threshold: "3\t10" },
      problems: [],
    },
  );
  assertEquals(load("{}"), { ipvs: undefined, problems: [] });
  assertEquals(ipvsSetting("sloppy_tcp")?.startsWith("any packet of TCP makes an entry"), true);
  assertEquals(ipvsSetting("constructor"), undefined);
});

Deno.test("ipvs refuses what the kernel would refuse", () => {
  const problems = (section: string): string[] => load(section).problems;
  assertEquals(problems("{conntrack: 1}"), ["`ipvs` has no `conntrack`"]);
  assertEquals(problems("{sync_threshold: [3]}"), ["`sync_threshold` needs 2 entries"]);
  const order = "the first number of `sync_threshold` must be less than the second";
  assertEquals(problems("{sync_threshold: [50, 3]}"), [order]);
  assertEquals(problems("{sync_threshold: [3, 0]}"), []);
  assertEquals(problems("{conn_reuse_mode: 8}").length, 1);
  assertEquals(problems("{sloppy_tcp: maybe}").length, 1);
  assertEquals(problems("yes").length, 1);
});
