import { assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import type { Checker } from "./config.ts";
import { writeKeepalived } from "./keepalived_writer.ts";
import { loadConfig } from "./load.ts";
import { printConfig } from "./print_config.ts";
import { redactedText } from "./running_text.ts";
import { writeYaml } from "./yaml_writer.ts";

function yaml(...checks: readonly string[]): string {
  return `virtual_server:
  - address: 10.0.0.1
    port: 443
    lvs_sched: rr
    lvs_method: NAT
    protocol: TCP
    delay_loop: 10
    real_server:
      - address: 10.0.1.1
        port: 443
${checks.map((check) => `        ${check}\n`).join("")}`;
}

const ALL = yaml(
  "AGENT_CHECK: {connect_port: 9000, send: web 1, delay_loop: 2}",
  "TLS_CHECK: {warn_days: 20, fail_days: 3, sni_name: www.example.net}",
  "GRPC_CHECK: {service: my.Service, tls: true}",
  "MYSQL_CHECK: {username: probe, connect_port: 3306}",
  "POSTGRESQL_CHECK: {username: probe, bindto: 10.0.1.9}",
  "REDIS_CHECK: {password_file: /etc/redis, role: replica, retry: 2}",
);
const checkersOf = (text: string): readonly Checker[] =>
  configOf(text, "a.yaml").virtualServers[0]?.realServers[0]?.checkers ?? [];
const messages = (text: string, path = "a.yaml"): string[] =>
  loadConfig({ path, text, hostName: "a" }).diagnostics.map(({ message }) => message);

Deno.test("the checkers that keepalived does not have are read in holdfast.yaml, with what all checkers have", () => {
  const common = { address: "10.0.1.1", port: 443, connectTimeoutMs: 5000, delayLoopMs: 10_000, retry: 1 };
  const timing = { ...common, delayBeforeRetryMs: 1000, warmupMs: 10_000 };
  assertEquals(checkersOf(ALL), [
    { type: "agent", ...timing, port: 9000, delayLoopMs: 2000, warmupMs: 2000, send: "web 1" },
    { type: "tls", ...timing, warnDays: 20, failDays: 3, serverName: "www.example.net" },
    { type: "grpc", ...timing, tls: true, service: "my.Service" },
    { type: "mysql", ...timing, port: 3306, userName: "probe" },
    { type: "postgresql", ...timing, source: { address: "10.0.1.9" }, userName: "probe" },
    { type: "redis", ...timing, retry: 2, tls: false, passwordFile: "/etc/redis", role: "replica" },
  ]);
  assertEquals(checkersOf(yaml("TLS_CHECK:", "GRPC_CHECK:", "REDIS_CHECK:")), [
    { type: "tls", ...timing, warnDays: 14 },
    { type: "grpc", ...timing, tls: false },
    { type: "redis", ...timing, tls: false },
  ]);
});

Deno.test("several of one kind, and an agent on the port of the service, are written and read again", () => {
  for (const text of [ALL, yaml("AGENT_CHECK: {connect_port: 443}", "REDIS_CHECK: [{}, {connect_port: 1}]")]) {
    const written = writeYaml(printConfig(configOf(text, "a.yaml")));
    assertEquals(checkersOf(written), checkersOf(text), written);
  }
});

Deno.test("keepalived.conf has no such checkers: they are refused there, and written as comments", () => {
  const conf = "virtual_server 10.0.0.1 443 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n" +
    "real_server 10.0.1.1 443 {\nREDIS_CHECK {\nrole master\n}\n}\n}\n";
  const { config, diagnostics } = loadConfig({ path: "a.conf", text: conf, hostName: "a" });
  assertEquals(diagnostics.map(({ severity, message, help }) => [severity, message, help]), [[
    "error",
    "`REDIS_CHECK` is not a keyword in `real_server`",
    "keepalived has no such word: it works in holdfast.yaml",
  ]]);
  assertEquals(config, undefined);
  const text = writeKeepalived(printConfig(configOf(ALL, "a.yaml")));
  assertStringIncludes(text, "        # only in holdfast.yaml: GRPC_CHECK {\n        #     delay_loop 10\n");
  assertEquals(messages(text, "a.conf"), []);
  assertEquals(configOf(text).virtualServers[0]?.realServers[0]?.checkers, []);
  assertEquals(redactedText(configOf(ALL, "a.yaml")).syntax, "yaml");
});

Deno.test("what is wrong with them is said", () => {
  assertEquals(messages(yaml("AGENT_CHECK: {send: x}")), ["`AGENT_CHECK` needs `connect_port`: the port of the agent"]);
  assertEquals(messages(yaml("REDIS_CHECK: {role: slave}")), [
    "`role` must be one of `master`, `replica`, not `slave`",
  ]);
  assertEquals(messages(yaml("REDIS_CHECK: {password: x}")), ["`password` is not a keyword in `REDIS_CHECK`"]);
  assertEquals(messages(yaml("REDIS_CHECK: {username: x}")), [
    "`username` is ignored: without `password_file` nobody logs in",
  ]);
  assertEquals(messages(yaml("TLS_CHECK: {warn_days: -1}")), [
    "`warn_days` must be a whole number from 0 to 3650, not `-1`",
  ]);
  assertEquals(messages(yaml("MYSQL_CHECK: {username: a b}")), [
    "`username` must have no blanks or control characters, not `a b`",
  ]);
  assertEquals(messages("TLS_CHECK: {}\n"), ["`TLS_CHECK` is not a keyword at the top level"]);
});
