import { assert, assertEquals } from "../../test/assert.ts";
import { snapshot, virtualServer } from "./fixture_snapshot.ts";
import { renderMetrics } from "./metrics.ts";

Deno.test("renderMetrics() gives each family its help, its type and no value that is not a number", async () => {
  const text = await renderMetrics(snapshot());
  const families = new Set(
    text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => line.split(/[{ ]/)[0]),
  );
  assert(families.size > 50);
  for (const family of families) {
    assert(text.includes(`# HELP ${family} `), `${family} has no help`);
    assert(text.includes(`# TYPE ${family} `), `${family} has no type`);
    assertEquals(text.match(new RegExp(`^# TYPE ${family} `, "gm"))?.length, 1, family);
    if (family?.endsWith("_total")) assert(text.includes(`# TYPE ${family} counter`), family);
  }
  assert(!/ (nan|inf)/i.test(text));
});

Deno.test("renderMetrics() tells VRRP in our names and in keepalived-exporter's", async () => {
  const lines = await scrape();
  const identity = `iname="VI_1",intf="eth0",vrid="51",family="4"`;
  has(lines, `holdfast_vrrp_state{${identity},state="master"} 1`);
  has(lines, `holdfast_vrrp_state{${identity},state="backup"} 0`);
  has(lines, `holdfast_vrrp_adverts_total{iname="VI_1",direction="out"} 5400`);
  has(lines, `holdfast_vrrp_adverts_discarded_total{iname="VI_1",reason="checksum"} 2`);
  has(lines, `holdfast_vrrp_vip_present{iname="VI_1",vip="10.0.1.254",device="eth1"} 0`);
  has(lines, `keepalived_up 1`);
  has(lines, `keepalived_vrrp_state{iname="VI_1",intf="eth0",vrid="51",ip_address="10.0.0.100/24"} 2`);
  has(lines, `keepalived_vrrp_state{iname="VI_2",intf="eth0",vrid="52",ip_address="10.0.0.100/24"} 3`);
  has(lines, `keepalived_advertisements_sent_total{iname="VI_1",intf="eth0",vrid="51"} 5400`);
  has(lines, `keepalived_authentication_failure_total{iname="VI_1",intf="eth0",vrid="51"} 1`);
});

Deno.test("renderMetrics() tells IPVS in our names and in node_exporter's", async () => {
  const lines = await scrape();
  const rs = `vs="tcp 10.0.0.100:80",rs="10.0.1.11:80"`;
  has(lines, `holdfast_vs_up{vs="tcp 10.0.0.101:80"} 0`);
  has(lines, `holdfast_vs_real_servers{vs="tcp 10.0.0.100:80",state="up"} 2`);
  has(lines, `holdfast_vs_bytes_total{vs="tcp 10.0.0.100:80",direction="out"} 5005`);
  has(lines, `holdfast_rs_connections{${rs},kind="inactive"} 4`);
  has(lines, `holdfast_rs_state{${rs},state="up"} 1`);
  has(lines, `holdfast_check_last_duration_seconds{${rs}} 0.0012`);
  has(lines, `node_ipvs_connections_total 10002`);
  const backend =
    `local_address="10.0.0.100",local_port="80",remote_address="10.0.1.11",remote_port="80",proto="TCP",local_mark=""`;
  has(lines, `node_ipvs_backend_connections_active{${backend}} 3`);
  assert(
    !lines.some((line) => line.startsWith("holdfast_vs_bytes_total") && line.includes("0.101") && line.includes("out")),
  );
});

Deno.test("renderMetrics() forgets what is gone, and does not make up what the kernel was not asked for", async () => {
  assert((await scrape()).some((line) => line.includes("10.0.0.101")));
  const { counters: _counters, ...unread } = virtualServer({ realServers: [] });
  const text = await renderMetrics(snapshot({ virtualServers: [unread] }));
  assert(!text.includes("10.0.0.101"));
  assert(!text.includes("node_ipvs_connections_total"));
  assert(!text.includes("holdfast_vs_connections_total"));
});

async function scrape(): Promise<string[]> {
  return (await renderMetrics(snapshot())).split("\n");
}

function has(lines: readonly string[], line: string): void {
  assert(
    lines.includes(line),
    `no line ${line}\nbut:\n${lines.filter((other) => other.startsWith(line.split(/[{ ]/)[0] ?? "")).join("\n")}`,
  );
}
