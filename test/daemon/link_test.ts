// The link of `use_vmac` in a namespace of its own, as `ip` shows it. (`use_ipvlan`: test/integration, in the VM.)
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";

const instance = (link: string, more = ""): string =>
  `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  ${link}
  virtual_ipaddress {
    10.9.0.100/24
  }
  ${more}
}
`;

test("use_vmac makes a link with the virtual MAC, and leaves nothing behind", "hfvmac", async (lab) => {
  const ip = (...args: string[]): Promise<string> => run("ip", "-n", lab.hosts.a.namespace, ...args);
  const inside = (...command: string[]): Promise<string> =>
    run("ip", "netns", "exec", lab.hosts.a.namespace, ...command);
  const sysctl = async (name: string): Promise<string> => (await inside("cat", `/proc/sys/net/${name}`)).trim();
  await inside(
    "sh",
    "-c",
    "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/lo/rp_filter",
  );
  const before = await sysctl("ipv4/conf/eth0/arp_ignore");
  await lab.write(instance("use_vmac"));
  const daemon = lab.start();
  const held = async (): Promise<string> =>
    (await tryRun("ip", "-n", lab.hosts.a.namespace, "-o", "addr", "show", "dev", "vrrp.51")).output;
  await lab.comes("master", async () => (await held()).includes("10.9.0.100/24"));
  const link = await ip("-d", "link", "show", "dev", "vrrp.51");
  assertStringIncludes(link, "00:00:5e:00:01:33");
  assertStringIncludes(link, "macvlan mode private");
  assertStringIncludes(link, "addrgenmode none");
  const settings = ["ipv4/conf/vrrp.51/arp_ignore", "ipv4/conf/vrrp.51/accept_local", "ipv4/conf/vrrp.51/rp_filter"];
  assertEquals(await Promise.all(settings.map(sysctl)), ["1", "1", "0"]);
  assertEquals(await Promise.all(["all", "lo"].map((name) => sysctl(`ipv4/conf/${name}/rp_filter`))), ["0", "1"]);
  assertEquals(await sysctl("ipv4/conf/eth0/arp_ignore"), "1");

  await ip("link", "del", "vrrp.51");
  await lab.comes("made again, and master again", async () => (await held()).includes("10.9.0.100/24"));

  await lab.write(instance("use_vmac vip0 02:aa:bb:cc:dd"));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("moved", async () => (await ip("-o", "addr", "show", "dev", "vip0")).includes("10.9.0.100/24"));
  assertStringIncludes(await ip("link", "show", "dev", "vip0"), "02:aa:bb:cc:dd:33");
  await lab.comes("the old one is gone", async () => !(await ip("-o", "link")).includes("vrrp.51"));

  await daemon.stop();
  const left = await ip("-o", "link");
  assert(!left.includes("vip0"), left);
  assertEquals(await sysctl("ipv4/conf/eth0/arp_ignore"), before);
  assertEquals(await Promise.all(["all", "lo"].map((name) => sysctl(`ipv4/conf/${name}/rp_filter`))), ["1", "0"]);
});
