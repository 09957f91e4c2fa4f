import { assertEquals } from "../../test/assert.ts";
import { loadConfig, type LoadResult } from "./load.ts";

function load(text: string): LoadResult {
  return loadConfig({ path: "f.yaml", text, hostName: "h" });
}

function codes(text: string): string[] {
  return load(text).diagnostics.map(({ code, location }) => `${code} ${location.line}:${location.column}`);
}

const INSTANCE =
  "vrrp_instance:\n  A:\n    interface: eth0\n    virtual_router_id: 1\n    virtual_ipaddress: [192.0.2.1]\n";

Deno.test("loadConfig() takes an empty YAML file for an empty configuration", () => {
  assertEquals([codes(""), codes("# nothing\n"), codes("---\n")], [[], [], []]);
  assertEquals(load("").config?.vrrpInstances, []);
});

Deno.test("loadConfig() points at the place in the YAML, for names, values and words of a line", () => {
  assertEquals(codes(`${INSTANCE}    priority: 300\n`), ["invalid-value 6:15"]);
  assertEquals(codes(`${INSTANCE}    "prioritty": 3\n`), ["unknown-keyword 6:5"]);
  assertEquals(codes(INSTANCE.replace("[192.0.2.1]", '\n      - "192.0.2.1 dve eth0"')), [
    "invalid-value 6:20",
    "invalid-value 6:24",
  ]);
  assertEquals(codes(INSTANCE.replace("interface: eth0", "interface: {}")), [
    "missing-interface 2:3",
    "yaml-structure 3:16",
  ]);
});

Deno.test("loadConfig() refuses in YAML what is a warning in keepalived.conf", () => {
  assertEquals(codes(`${INSTANCE}    thread_timer_expired: 100\n`)[0], "deprecated-keyword 6:5");
  assertEquals(
    codes("virtual_server:\n  - address: 192.0.2.1\n    port: 80\n    real_server:\n      - address: 192.0.2.2\n"),
    [
      "default-used 2:14",
      "default-used 2:14",
      "default-used 2:14",
    ],
  );
  assertEquals(codes("journal: {path: x}\n"), ["not-carried-out 1:1"]);
  assertEquals(codes("api: {listen: 127.0.0.1:1}\n"), ["yaml-structure 1:15"]);
});

Deno.test("loadConfig() follows aliases and merges, and reads flags and switches as YAML has them", () => {
  const text = `vrrp_instance:
  A: &base
    interface: eth0
    virtual_router_id: 1
    nopreempt: true
    skip_check_adv_addr: false
    virtual_ipaddress: [192.0.2.1]
  B:
    <<: *base
    virtual_router_id: 2
    nopreempt: false
    virtual_ipaddress: [{address: 192.0.2.2, dev: eth1}]
`;
  const { config, diagnostics } = load(text);
  assertEquals(diagnostics, []);
  assertEquals(config?.vrrpInstances.map(({ vrid, preemptMode }) => [vrid, preemptMode]), [[1, false], [2, true]]);
  assertEquals(config?.vrrpInstances[1]?.virtualAddresses[0]?.device, "eth1");
});

Deno.test("loadConfig() says where a file is not YAML", () => {
  assertEquals(codes("a: [1\nb: 2\n").slice(0, 1), ["yaml-syntax 2:1"]);
  assertEquals(codes("global_defs: 7\n"), ["yaml-structure 1:14"]);
  assertEquals(codes("- a\n"), ["yaml-structure 1:1"]);
});
