import { assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { startable } from "./carried_out.ts";
import { writeKeepalived } from "./keepalived_writer.ts";
import { loadConfig } from "./load.ts";
import { printConfig } from "./print_config.ts";
import { writeYaml } from "./yaml_writer.ts";

const YAML = `virtual_server:
  - address: 10.0.0.1
    port: 80
    lvs_sched: rr
    lvs_method: NAT
    protocol: TCP
    drain_timeout: 60
    real_server:
      - {address: 10.0.1.1, port: 80, slow_start: 2.5, drain_timeout: 0}
`;
const CONF = `virtual_server 10.0.0.1 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    drain_timeout 60
    real_server 10.0.1.1 80 {
        slow_start 5
    }
}
`;

Deno.test("drain_timeout and slow_start are read in holdfast.yaml", () => {
  const [server] = configOf(YAML, "a.yaml").virtualServers;
  assertEquals([server?.drainTimeoutMs, server?.slowStartMs], [60_000, undefined]);
  const [real] = server?.realServers ?? [];
  assertEquals([real?.drainTimeoutMs, real?.slowStartMs], [0, 2500]);
});

Deno.test("they are unknown in keepalived.conf, as in keepalived, and the message says where they work", () => {
  const { config, diagnostics } = loadConfig({ path: "a.conf", text: CONF, hostName: "a" });
  assertEquals(diagnostics.map(({ severity, code, message, help }) => [severity, code, message, help]), [
    [
      "warning",
      "unknown-keyword",
      "`drain_timeout` is not a keyword in `virtual_server`",
      "keepalived has no such word: it works in holdfast.yaml",
    ],
    [
      "warning",
      "unknown-keyword",
      "`slow_start` is not a keyword in `real_server`",
      "keepalived has no such word: it works in holdfast.yaml",
    ],
  ]);
  assertEquals(config?.virtualServers[0]?.drainTimeoutMs, undefined);
});

Deno.test("a wrong time, and the words where they do not belong, are refused", () => {
  const messages = (text: string): string[] =>
    loadConfig({ path: "a.yaml", text, hostName: "a" }).diagnostics.map(({ message }) => message);
  assertEquals(messages(YAML.replace("drain_timeout: 60", "drain_timeout: soon")), [
    "`drain_timeout` must be a time from 0 to 86400 seconds, not `soon`",
  ]);
  assertEquals(messages("global_defs:\n  slow_start: 5\n"), ["`slow_start` is not a keyword in `global_defs`"]);
});

const POOL = `virtual_server:
  - address: 10.0.0.1
    port: 80
    lvs_sched: rr
    lvs_method: NAT
    protocol: TCP
    fail_open: true
    backup_below: 2
    real_server:
      - {address: 10.0.1.1, port: 80}
      - {address: 10.0.1.2, port: 80, backup: true}
`;

Deno.test("fail_open, backup and backup_below are read, and survive a conversion", () => {
  const [server] = configOf(POOL, "a.yaml").virtualServers;
  assertEquals([server?.failOpen, server?.backupBelow], ["last", 2]);
  assertEquals(server?.realServers.map(({ backup }) => backup), [undefined, true]);
  const all = configOf(POOL.replace("fail_open: true", "fail_open: all"), "a.yaml");
  assertEquals(all.virtualServers[0]?.failOpen, "all");
  const none = configOf(POOL.replace("fail_open: true", "fail_open: false"), "a.yaml");
  assertEquals(none.virtualServers[0]?.failOpen, undefined);
});

Deno.test("keepalived.conf gets own keywords as comments, but never loses what happens to be called like one", () => {
  const words = writeKeepalived(printConfig(configOf(POOL, "a.yaml")));
  assertEquals(words.includes("        # only in holdfast.yaml: backup on\n"), true);
  const group = { keyword: "group", words: [], block: [{ keyword: "backup", words: [] }] };
  assertEquals(
    writeKeepalived([{ keyword: "vrrp_sync_group", words: ["A"], block: [group] }]),
    "vrrp_sync_group A {\n    group {\n        backup\n    }\n}\n",
  );
});

Deno.test("shared_checks of global_defs reaches every virtual server, in YAML only", () => {
  const config = configOf(`global_defs:\n  shared_checks: true\n${POOL}`, "a.yaml");
  assertEquals(config.global.sharesChecks, true);
  assertEquals(startable(config).config.virtualServers.map(({ sharesChecks }) => sharesChecks), [true]);
  assertEquals(configOf(writeYaml(printConfig(config)), "a.yaml").global.sharesChecks, true);
  const text = "global_defs {\n    shared_checks\n}\n";
  const { config: conf, diagnostics } = loadConfig({ path: "a.conf", text, hostName: "a" });
  assertEquals([conf?.global.sharesChecks, diagnostics.map(({ code }) => code)], [undefined, ["unknown-keyword"]]);
});

Deno.test("an own word with a slip is recognised in YAML", () => {
  const text = POOL.replace("backup_below", "backups_below");
  const { diagnostics } = loadConfig({ path: "a.yaml", text, hostName: "a" });
  assertEquals(diagnostics.map(({ help }) => help), ["did you mean `backup_below`?"]);
});
