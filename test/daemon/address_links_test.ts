// Macvlans of single addresses, as `ip` shows them and another host hears them, in a network namespace.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { daemonTest as test, type Lab } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

function config(addresses: string, inside = ""): string {
  return `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 58
  priority 255
  advert_int 1
  ${inside}
  virtual_ipaddress {
    10.9.0.101/24
    ${addresses}
  }
}
`;
}

const ip = (lab: Lab, ...words: string[]): Promise<string> => run("ip", "-n", lab.hosts.a.namespace, ...words);

test("use_vmac of an address and use_vmac_addr make macvlans, and a reload changes them", "hfaddrvm", async (lab) => {
  await ip(lab, "link", "add", "eth1", "type", "veth", "peer", "name", "other1");
  for (const name of ["eth1", "other1"]) await ip(lab, "link", "set", "dev", name, "up");
  const sysctl = (): Promise<string> => run(...inside(lab.hosts.a, ["cat", "/proc/sys/net/ipv4/conf/eth1/arp_ignore"]));
  assertEquals((await sysctl()).trim(), "0");

  await lab.write(config("10.9.0.102/24 use_vmac\n10.10.0.1/24 dev eth1"));
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.102"));
  assertStringIncludes(await ip(lab, "addr", "show", "dev", "vrrp.58"), "inet 10.9.0.102/24");
  assertStringIncludes(await ip(lab, "addr", "show", "dev", "eth0"), "inet 10.9.0.101/24");
  await lab.comes("the other host knows its virtual hardware address", async () => {
    await tryRun(...inside(lab.hosts.b, ["bash", "-c", "echo >/dev/udp/10.9.0.102/9"]));
    const neighbors = await run("ip", "-n", lab.hosts.b.namespace, "neigh", "show", "10.9.0.102");
    return neighbors.includes("00:00:5e:00:01:3a");
  });

  const excluded = "use_vmac_addr\n  virtual_ipaddress_excluded {\n    fd00:9::1/64 dev eth1\n  }";
  await lab.write(config("10.9.0.102/24 use_vmac\n10.10.0.1/24 dev eth1", excluded));
  const before = daemon.output.length;
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("the IPv6 address is there", () => lab.has("fd00:9::1"));
  assertStringIncludes(await ip(lab, "-d", "addr", "show", "dev", "vrrp1.58"), "inet 10.10.0.1/24");
  const six = await ip(lab, "-d", "addr", "show", "dev", "vrrp6.58");
  for (const part of ["@eth1", "00:00:5e:00:02:3a", "macvlan mode private", "inet6 fd00:9::1/64"]) {
    assertStringIncludes(six, part);
  }
  assert(!(await ip(lab, "addr", "show", "dev", "eth1")).includes("10.10.0.1"));
  assert(!daemon.output.slice(before).includes("STATE"), daemon.output);
  assertEquals((await sysctl()).trim(), "1");

  await lab.write(config(""));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes(
    "the macvlans are gone",
    async () => !(await tryRun("ip", "-n", lab.hosts.a.namespace, "link", "show")).output.includes("vrrp"),
  );
  assertEquals((await sysctl()).trim(), "0");
  assert(await lab.has("10.9.0.101"));
  assert(!daemon.output.slice(before).includes("STATE"), daemon.output);
});
