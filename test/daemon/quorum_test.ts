// An instance that follows the quorum of a virtual server, a virtual server that follows an instance, and what becomes of
// both when the health role dies. IPVS is not needed: what counts is what the checks say.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { killRole } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";
import { startYaml, writeYaml } from "../support/yaml_daemon.ts";

const VIP = "10.9.0.100";
const SERVED = `tcp ${VIP}:80`;

function config(folder: string, tracked: string): string {
  const real = (index: number, file: string): string =>
    `      - {address: 10.9.0.1${index}, port: 80, MISC_CHECK: {misc_path: "/usr/bin/test -e ${folder}/${file}"}}\n`;
  const server = (port: number, more: string): string =>
    `  - address: ${VIP}
    port: ${port}
    delay_loop: 1
    retry: 1
    delay_before_retry: 0.2
    lvs_sched: rr
    lvs_method: NAT
    protocol: TCP
${more}    real_server:
`;
  const follower = (port: number): string =>
    `${server(port, "    follow_instance: VI_1\n")}      - address: 10.9.0.13
        port: ${port}
        MISC_CHECK: {misc_path: "/bin/sh -c 'echo x >>${folder}/asked'"}
`;
  return `global_defs:
  script_user: root
  shared_checks: true
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    priority: 150
    advert_int: 0.3
    virtual_ipaddress: [${VIP}/24]
    track_virtual_server: ["${tracked}"]
virtual_server:
${server(80, "    fail_open: last\n")}${real(1, "a")}${real(2, "b")}${follower(81)}${follower(82)}`;
}

daemonTest("an instance leaves with the quorum of a virtual server, and comes back with it", "hfquor", async (lab) => {
  const { hosts: { a }, comes, has, instances } = lab;
  const folder = await Deno.makeTempDir();
  const touch = (name: string): void => Deno.writeTextFileSync(`${folder}/${name}`, "");
  const asked = (): number => Deno.readTextFileSync(`${folder}/asked`).length;
  const holdfast = async (...words: readonly string[]): Promise<string> =>
    (await tryRun(...inside(a, [...holdfastCommand(), ...words]))).output;
  for (const name of ["a", "b", "asked"]) touch(name);
  const daemon = startYaml(a, folder, config(folder, `${VIP}:80`));
  try {
    await comes("it is master", () => has(VIP));
    await comes("what follows it is checked", () => asked() > 0);
    const [first, startMs] = [asked(), Date.now()];
    // Once a second, a line of two characters each time: by themselves, two virtual servers would ask twice as often.
    await comes("four more probes", () => asked() >= first + 8);
    assert(Date.now() - startMs > 2600, `one probe for both: four within ${Date.now() - startMs} ms`);
    assertStringIncludes(await holdfast("servers"), "all its checks are good (one probe for 2 servers)");

    Deno.removeSync(`${folder}/a`);
    await comes("one server is down", async () => (await holdfast("servers")).includes("MISC_CHECK fails"));
    assert(await has(VIP), "one is enough");
    Deno.removeSync(`${folder}/b`);
    await comes("the address leaves with the quorum", async () => !await has(VIP));
    await comes("it is in fault", async () => (await instances())[0]?.state === "fault");
    assertStringIncludes(await lab.status(), `virtual server ${SERVED} has too few healthy servers`);
    // The picture of all servers comes once a second.
    const held = "it gets connections although its checks fail: no real server is up";
    await comes("it says why", async () => (await holdfast("servers")).includes(held));
    assertStringIncludes(
      await holdfast("status"),
      "no real server is up, so failed ones stay in the table (fail_open)",
    );
    const why = await holdfast("why", "VI_1");
    assertStringIncludes(why, `virtual server ${SERVED} has no quorum: 0 servers up, weight 0`);
    await comes("what follows it is held back", () => daemon.output.includes("Suspending healthcheckers of VS"));
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a check that ran then has ended
    const before = asked();

    killRole(daemon.pid, "health");
    await comes("the role is back", () => daemon.output.includes("the health role ("));
    for (let look = 0; look < 20; look++) {
      assertEquals([(await instances())[0]?.state, await has(VIP)], ["fault", false], "its death changes nothing");
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    assertEquals(asked(), before, "and what follows is not checked");
    touch("b");
    await comes("the address comes back with a server", () => has(VIP));
    await comes("what follows it is checked again", () => asked() > before);

    await comes("the status knows it", async () => (await instances())[0]?.state === "master");
    const [master] = await instances();
    killRole(daemon.pid, "health");
    await comes("the role is back again", () => daemon.output.split("the health role (").length > 2);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const [still] = await instances();
    assertEquals([still?.state, still?.since], ["master", master?.since]);

    writeYaml(a, folder, config(folder, `${SERVED} weight -60 min_servers 2`));
    assertStringIncludes(await holdfast("reload"), "vrrp_instance VI_1: tracking changed");
    await comes("one server is too few now", async () => (await instances())[0]?.priority.effective === 90);
    assertEquals((await instances())[0]?.since, master?.since, "and it stayed master");
    touch("a");
    await comes("two are enough", async () => (await instances())[0]?.priority.effective === 150);
  } finally {
    await daemon.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
