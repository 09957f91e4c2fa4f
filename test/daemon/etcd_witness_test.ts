// A real etcd as arbiter between two daemons that do not believe each other's advertisements: one of them is master at any time.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, pause, run } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import type { TestHost } from "../support/two_hosts.ts";
import { startYaml } from "../support/yaml_daemon.ts";

const VIP = "10.9.0.100";
const ARBITER = "10.9.0.250";
const PORT = 2379;

function config(host: TestHost, priority: number): string {
  return `vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 2
    priority: ${priority}
    advert_int: 1
    authentication: { auth_type: PASS, auth_pass: ${host.namespace} }
    virtual_ipaddress: [${VIP}/24]
witness:
  timeout: 30
  when_silent: forbid
  witnesses:
    - etcd: ["http://${ARBITER}:1", "http://${ARBITER}:${PORT}"]
      holder: ${host.namespace}
      interval: 0.5
      ttl: 6
`;
}

daemonTest("etcd gives its key to one of two hosts, and to the other when that one is gone", "hfetcd", async (lab) => {
  const { hosts: { a, b }, comes, hosts } = lab;
  const folder = await Deno.makeTempDir({ prefix: "holdfast-etcd-" });
  const sw = "hfetcd-sw";
  await run("ip", "-n", sw, "address", "add", `${ARBITER}/24`, "dev", "bridge");
  await run("ip", "-n", sw, "link", "set", "lo", "up");
  const url = `http://${ARBITER}:${PORT}`;
  const urls = [
    "--listen-client-urls",
    url,
    "--advertise-client-urls",
    url,
    "--listen-peer-urls",
    "http://127.0.0.1:2380",
  ];
  const etcd = new BackgroundProcess(
    ["ip", "netns", "exec", sw, "etcd", "--data-dir", `${folder}/data`, "--initial-cluster-state", "new", ...urls],
  );
  const started: BackgroundProcess[] = [];
  const startOn = (host: TestHost, priority: number): BackgroundProcess => {
    const daemon = startYaml(host, folder, config(host, priority));
    started.push(daemon);
    return daemon;
  };
  const output = (): string => [...started, etcd].map((process) => process.output.slice(-6000)).join("\n---\n");
  try {
    await comes("etcd serves", () => etcd.output.includes("ready to serve client requests"));
    const daemonA = startOn(a, 200);
    await comes("a is given the key, and is master", () => hosts.has(a, VIP));
    const daemonB = startOn(b, 100);
    const why = "etcd 10.9.0.250:1 has given its key to hfetcd-a";
    await comes("b waits", () => daemonB.output.includes(`would become master, but must not: ${why}`));
    assertEquals(await hosts.has(b, VIP), false);

    await daemonA.killTree();
    await hosts.powerOff(a);
    await comes("b is given the key when a is gone", () => hosts.has(b, VIP));
    await hosts.powerOn(a);
    const again = startOn(a, 200);
    await comes("a waits now", () => again.output.includes("has given its key to hfetcd-b: speaks against VI_1"));
    await pause(4000);
    assertEquals([await hosts.has(a, VIP), await hosts.has(b, VIP)], [false, true]);

    await etcd.killTree();
    await comes("etcd is missed", () => daemonB.output.includes("cannot be asked"));
    await pause(2000);
    assert(await hosts.has(b, VIP), "a master stays master, whatever witnesses say");
    await comes("a misses it, too", () => again.output.includes("is silent on VI_1 becoming master"));
    assertEquals(await hosts.has(a, VIP), false);
  } catch (error) {
    throw new Error(output(), { cause: error });
  } finally {
    for (const daemon of started) await daemon.killTree();
    await etcd.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
