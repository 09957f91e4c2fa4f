import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { startable } from "./carried_out.ts";
import { loadConfig, type LoadResult } from "./load.ts";

function load(section: string, tracked = "haproxy"): LoadResult {
  const text = `${section}
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_ipaddress: [192.0.2.1/24]
    track_process: [${tracked}]
`;
  return loadConfig({ path: "/etc/holdfast/holdfast.yaml", text, hostName: "lb1" });
}

const messages = ({ diagnostics }: LoadResult): string => diagnostics.map(({ message }) => message).join("; ");

Deno.test("without the section there is no HAProxy, and nothing to track", () => {
  const result = load("");
  assertEquals(result.config, undefined);
  assertStringIncludes(messages(result), "`vrrp_track_process haproxy`, which `VI_1` tracks, is not there");
});

Deno.test("an empty section takes all defaults", () => {
  for (const section of ["haproxy: {}", "haproxy:"]) {
    const { config, diagnostics } = load(section);
    assertEquals(diagnostics, []);
    assert(config?.haproxy !== undefined);
    const { location: _, ...rest } = config.haproxy;
    assertEquals(rest, {
      file: "/etc/haproxy/haproxy.cfg",
      binary: "/usr/sbin/haproxy",
      graceMs: 1000,
      watches: true,
      staysAtEnd: false,
    });
    assertEquals(startable(config).config.vrrpInstances[0]?.tracking.processes.map(({ name }) => name), ["haproxy"]);
  }
});

Deno.test("each setting is taken, and a relative file stands beside this one", () => {
  const { config } = load(
    "haproxy: { config: web.cfg, binary: /opt/haproxy, fail_after: 2.5, watch: false, keep_running: true, run_dir: /run/x }",
    "{ name: haproxy, weight: -20 }",
  );
  const { location: _, ...rest } = config?.haproxy ?? {};
  assertEquals(rest, {
    file: "/etc/holdfast/web.cfg",
    binary: "/opt/haproxy",
    folder: "/run/x",
    graceMs: 2500,
    watches: false,
    staysAtEnd: true,
  });
  assertEquals(config?.vrrpInstances[0]?.tracking.processes[0]?.weight, -20);
});

Deno.test("what is wrong is said", () => {
  for (
    const [section, message] of [
      ["haproxy: { conf: x }", "`haproxy` has no `conf`"],
      ["haproxy: { binary: haproxy }", "`binary` does not have its form"],
      [`haproxy: { run_dir: "/run/a b" }`, "`run_dir` does not have its form"],
      ["haproxy: { fail_after: -1 }", "`fail_after` must be a number from 0 to 3600"],
      ["haproxy: [x]", "`haproxy` must be a mapping"],
      ["haproxy: {}\nvrrp_track_process: { haproxy: { process: haproxy } }", "name this otherwise"],
    ] as const
  ) assertStringIncludes(messages(load(section)), message);
});
