import { assert, assertEquals } from "../../test/assert.ts";
import { realServer, snapshot, virtualServer } from "./fixture_snapshot.ts";
import { metricsFormat, renderMetrics } from "./metrics.ts";

Deno.test("renderMetrics() gives each family its help, its type and no value that is not a number", () => {
  const text = renderMetrics({ snapshot: snapshot() });
  const families = new Set(
    text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) =>
      line.includes('le="') || /_(sum|count)[{ ]/.test(line)
        ? line.split(/[{ ]/)[0]?.replace(/_(bucket|sum|count)$/, "")
        : line.split(/[{ ]/)[0]
    ),
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

Deno.test("renderMetrics() tells VRRP in our names and in keepalived-exporter's", () => {
  const lines = scrape();
  const identity = `iname="VI_1",intf="eth0",vrid="51",family="4"`;
  has(lines, `holdfast_vrrp_state{${identity},state="master"} 1`);
  has(lines, `holdfast_vrrp_state{${identity},state="backup"} 0`);
  has(lines, `holdfast_vrrp_adverts_total{iname="VI_1",direction="out"} 5400`);
  has(lines, `holdfast_vrrp_adverts_discarded_total{iname="VI_1",reason="checksum"} 2`);
  has(lines, `holdfast_vrrp_vip_present{iname="VI_1",vip="10.0.1.254",device="eth1"} 0`);
  has(lines, `keepalived_up 1`);
  has(lines, `holdfast_vrrp_transitions_total{iname="VI_1",from="backup",to="master",reason="timeout"} 2`);
  has(lines, `holdfast_vrrp_track_status{iname="VI_1",track="chk_proxy",kind="script"} 0`);
  has(lines, `holdfast_vrrp_sync_group_state{group="VG_1",state="master"} 0`);
  has(lines, `keepalived_script_status{name="chk_proxy"} 0`);
  has(lines, `keepalived_gratuitous_arp_delay_total{iname="VI_1",intf="eth0",vrid="51"} 5`);
  has(lines, `keepalived_vrrp_excluded_state{iname="VI_1",intf="eth1",vrid="51",ip_address="10.0.1.254/24"} 2`);
  has(lines, `keepalived_vrrp_state{iname="VI_1",intf="eth0",vrid="51",ip_address="10.0.0.100/24"} 2`);
  has(lines, `keepalived_vrrp_state{iname="VI_2",intf="eth0",vrid="52",ip_address="10.0.0.100/24"} 3`);
  has(lines, `keepalived_advertisements_sent_total{iname="VI_1",intf="eth0",vrid="51"} 5400`);
  has(lines, `keepalived_authentication_failure_total{iname="VI_1",intf="eth0",vrid="51"} 1`);
});

Deno.test("renderMetrics() tells IPVS in our names and in node_exporter's", () => {
  const lines = scrape();
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

Deno.test("renderMetrics() forgets what is gone, and does not make up what the kernel was not asked for", () => {
  assert(scrape().some((line) => line.includes("10.0.0.101")));
  const { counters: _counters, ...unread } = virtualServer({ realServers: [] });
  const text = renderMetrics({ snapshot: snapshot({ virtualServers: [unread] }) });
  assert(!text.includes("10.0.0.101"));
  assert(!text.includes("node_ipvs_connections_total"));
  assert(!text.includes("holdfast_vs_connections_total"));
});

function scrape(): string[] {
  return (renderMetrics({ snapshot: snapshot() })).split("\n");
}

function has(lines: readonly string[], line: string): void {
  assert(
    lines.includes(line),
    `no line ${line}\nbut:\n${lines.filter((other) => other.startsWith(line.split(/[{ ]/)[0] ?? "")).join("\n")}`,
  );
}

Deno.test("renderMetrics() writes histograms with cumulative buckets", () => {
  const lines = scrape();
  const name = "holdfast_vrrp_send_delay_seconds";
  has(lines, `${name}_bucket{iname="VI_1",le="0.01"} 1`);
  has(lines, `${name}_bucket{iname="VI_1",le="0.1"} 3`);
  has(lines, `${name}_bucket{iname="VI_1",le="+Inf"} 4`);
  has(lines, `${name}_count{iname="VI_1"} 4`);
  has(lines, `${name}_sum{iname="VI_1"} 0.42`);
  has(
    lines,
    `holdfast_check_results_total{vs="tcp 10.0.0.100:80",rs="10.0.1.11:80",type="tcp",result="timeout",reason="L4TOUT"} 1`,
  );
});

Deno.test("renderMetrics() names a firewall mark as /proc/net/ip_vs does, and tells no rows of a group's members", () => {
  const marked = virtualServer({ name: "fwmark 7", address: "fwmark 7", port: 0, fwmark: 7 });
  const group = virtualServer({ name: "tcp group G", address: "group G" });
  const text = renderMetrics({ snapshot: snapshot({ virtualServers: [marked, group] }) });
  const labels = `local_address="",local_port="",remote_address="10.0.1.11",remote_port="80",proto="FWM"`;
  assert(text.includes(`node_ipvs_backend_weight{${labels},local_mark="00000007"} 1`));
  assert(!text.includes(`local_address="group G"`));
  assert(text.includes(`proto="fwm",vip="",vport="",fwmark="7"`));
});

Deno.test("renderMetrics() writes OpenMetrics: counters' families have no _total, and the end is marked", () => {
  const text = renderMetrics({ snapshot: snapshot() }, "openmetrics");
  assert(text.endsWith("\n# EOF\n"));
  assert(text.includes("# TYPE holdfast_vrrp_adverts counter"));
  assert(text.includes(`holdfast_vrrp_adverts_total{iname="VI_1",direction="out"} 5400`));
  assert(!/^# TYPE \S+_total /m.test(text));
});

Deno.test("renderMetrics() writes each series once, whatever is configured twice", () => {
  const twice = virtualServer({ realServers: [realServer(), realServer()] });
  const text = renderMetrics({ snapshot: snapshot({ virtualServers: [twice, twice] }) });
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) =>
    line.split(" ").slice(0, -1).join(" ")
  );
  assertEquals(lines.length, new Set(lines).size);
});

Deno.test("metricsFormat() follows the Accept header", () => {
  assertEquals(metricsFormat(undefined), "text");
  assertEquals(metricsFormat("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), "text");
  assertEquals(
    metricsFormat("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
    "openmetrics",
  );
  assertEquals(metricsFormat("application/openmetrics-text;q=0.3, text/plain;q=0.5"), "text");
  assertEquals(metricsFormat("application/openmetrics-text;q=0"), "text");
});

Deno.test("renderMetrics() tells which virtual servers run on failed real servers", async () => {
  const held = virtualServer({ realServers: [realServer({ state: "down", held: true })] });
  const text = await renderMetrics({ snapshot: snapshot({ virtualServers: [held] }) });
  has(text.split("\n"), `holdfast_vs_failing_open{vs="${held.name}"} 1`);
  has(await scrape(), `holdfast_vs_failing_open{vs="tcp 10.0.0.100:80"} 0`);
});
