import { assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { startable } from "./carried_out.ts";
import { loadConfig } from "./load.ts";
import { printConfig } from "./print_config.ts";
import { writeYaml } from "./yaml_writer.ts";

const server = (address: string, port: number, more = ""): string =>
  `  - {address: ${address}, port: ${port}, lvs_sched: rr, lvs_method: NAT, protocol: TCP${more}, ` +
  `real_server: [{address: 10.0.1.1, port: ${port}}, {address: 10.0.1.2, port: ${port}, weight: 3}]}\n`;

function yaml(tracked: string, servers: string, group = ""): string {
  return `vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_ipaddress: [10.0.0.1/24]
    track_virtual_server:
${tracked.split("\n").map((line) => `      ${line}\n`).join("")}  VI_2:
    interface: eth0
    virtual_router_id: 52
    virtual_ipaddress: [10.0.0.2/24]
${group}virtual_server:
${servers}`;
}

const messages = (text: string): string[] =>
  loadConfig({ path: "a.yaml", text, hostName: "a" }).diagnostics.map(({ message }) => message);
const TWO = server("10.0.0.1", 80) + server("10.0.0.2", 80);

Deno.test("track_virtual_server takes a name whole or as much of it as is unique, weight and watermarks", () => {
  const tracked = `- 10.0.0.1:80
- {name: "tcp 10.0.0.1:80", weight: -20, min_servers: 2}
- 10.0.0.2 weight 10 reverse min_weight 3`;
  const config = configOf(yaml(tracked, TWO), "a.yaml");
  const items = config.vrrpInstances[0]?.tracking.virtualServers?.map(({ location: _, ...item }) => item);
  assertEquals(items, [
    { name: "tcp 10.0.0.1:80", reverse: false },
    { name: "tcp 10.0.0.1:80", reverse: false, weight: -20, minServers: 2 },
    { name: "tcp 10.0.0.2:80", reverse: true, weight: 10, minWeight: 3 },
  ]);
  assertEquals(startable(config).config.virtualServers.map((entry) => entry.tracked), [true, true]);
  const again = configOf(writeYaml(printConfig(config)), "a.yaml");
  const shown = again.vrrpInstances[0]?.tracking.virtualServers?.map(({ location: _, ...item }) => item);
  assertEquals(shown, items);
});

Deno.test("a virtual server that is not there, may be two, or cannot reach the watermark is refused", () => {
  assertEquals(messages(yaml("- 10.0.0.3:80", TWO)), [
    "`virtual_server 10.0.0.3:80`, which `VI_1` tracks, is not there",
  ]);
  assertEquals(messages(yaml("- 10.0.0.1", TWO + server("10.0.0.1", 81))), [
    "`10.0.0.1`, which `VI_1` tracks, may be `tcp 10.0.0.1:80`, `tcp 10.0.0.1:81`: say which",
  ]);
  assertEquals(messages(yaml("- 10.0.0.1:80 min_servers 3", TWO)), [
    "`min_servers` 3 can't be reached: `tcp 10.0.0.1:80` has 2",
  ]);
  assertEquals(messages(yaml("- 10.0.0.1:80 min_weight 5", TWO)), [
    "`min_weight` 5 can't be reached: all weights of `tcp 10.0.0.1:80` together are 4",
  ]);
  assertEquals(messages(yaml("- 10.0.0.1:80 rise 3", TWO)).length, 1);
  assertEquals(messages(yaml("- 10.0.0.1:80 min_servers", TWO)), ["`min_servers` needs a number"]);
});

Deno.test("who tracks what is checked only while he is master is told that it would never come back", () => {
  const circle = (instance: string): string =>
    `\`VI_1\` tracks \`tcp 10.0.0.1:80\`, which is checked only while \`${instance}\` is master: once it has failed, ` +
    "neither would come back";
  assertEquals(messages(yaml("- 10.0.0.1:80", server("10.0.0.1", 80, ", follow_instance: VI_1"))), [circle("VI_1")]);
  assertEquals(messages(yaml("- 10.0.0.1:80", server("10.0.0.1", 80, ", ha_suspend: true"))), [circle("VI_1")]);
  const other = server("10.0.0.1", 80, ", follow_instance: VI_2");
  assertEquals(messages(yaml("- 10.0.0.1:80", other)), []);
  const group = "vrrp_sync_group:\n  G:\n    group: [VI_1, VI_2]\n";
  assertEquals(messages(yaml("- 10.0.0.1:80", other, group)), [circle("VI_2")]);
});

Deno.test("follow_instance names an instance, and whether the table follows, too", () => {
  const followers = (words: string): unknown =>
    configOf(yaml("- 10.0.0.2:80", TWO + server("10.0.0.2", 81, `, follow_instance: ${words}`)), "a.yaml")
      .virtualServers[2]?.followInstance;
  assertEquals(followers("VI_1"), { instance: "VI_1", withTable: false });
  assertEquals(followers("VI_1 table"), { instance: "VI_1", withTable: true });
  assertEquals(messages(yaml("- 10.0.0.2:80", TWO + server("10.0.0.2", 81, ", follow_instance: VI_9"))), [
    "`vrrp_instance VI_9`, which `tcp 10.0.0.2:81` follows, is not there",
  ]);
  assertEquals(
    messages(yaml("- 10.0.0.2:80", TWO + server("10.0.0.2", 81, ", follow_instance: VI_1 tables"))).length,
    1,
  );
});
