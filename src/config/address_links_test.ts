// Which macvlans single addresses get, and how they are called.
import { assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { startable } from "./carried_out.ts";

function links(text: string): string[][] {
  const { config, leftOut } = startable(configOf(text));
  assertEquals(leftOut, []);
  return config.vrrpInstances.map(({ virtualAddresses, excludedAddresses, addressLinks = [] }) => [
    ...addressLinks.map(({ name, parent, family }) => `${name}@${parent} IPv${family}`),
    ...[...virtualAddresses, ...excludedAddresses].map(({ address, device }) => `${address} ${device}`),
  ]);
}

const TEXT = `
vrrp_instance A {
  interface eth0
  virtual_router_id 51
  use_vmac
  use_vmac_addr
  virtual_ipaddress {
    10.9.0.100/24
    10.10.0.100/24 dev eth1
    10.10.0.101/24 dev eth1
  }
  virtual_ipaddress_excluded {
    fd00::1/64 dev eth2
    192.0.2.1/32 dev lo
  }
}
vrrp_instance B {
  interface eth0
  virtual_router_id 52
  virtual_ipaddress {
    10.9.0.110/24
    10.10.0.110/24 dev eth1 use_vmac
    10.10.0.111/24 dev eth1
    10.9.0.111/24 use_vmac
  }
}
`;

Deno.test("addresses with use_vmac, or another device than that of use_vmac_addr, get the macvlans of keepalived", () => {
  assertEquals(links(TEXT), [
    [
      "vrrp1.51@eth1 IPv4",
      "vrrp6.51@eth2 IPv6",
      "10.9.0.100 vrrp.51",
      "10.10.0.100 vrrp1.51",
      "10.10.0.101 vrrp1.51",
      "fd00::1 vrrp6.51",
      "192.0.2.1 lo",
    ],
    [
      "vrrp.52@eth1 IPv4",
      "vrrp1.52@eth0 IPv4",
      "10.9.0.110 eth0",
      "10.10.0.110 vrrp.52",
      "10.10.0.111 eth1",
      "10.9.0.111 vrrp1.52",
    ],
  ]);
});

Deno.test("vmac_addr_prefix names them, cut to what an interface may be called", () => {
  const named = (prefix: string): string[] =>
    links(`global_defs {\n vmac_addr_prefix ${prefix}\n}\n${TEXT}`).flat().filter((line) => line.includes("@"));
  assertEquals(named("vaddr"), [
    "vaddr.51@eth1 IPv4",
    "vaddr6.51@eth2 IPv6",
    "vaddr.52@eth1 IPv4",
    "vaddr1.52@eth0 IPv4",
  ]);
  assertEquals(named("abcdefghijklmno")[0], "abcdefghijkl.51@eth1 IPv4");
});

Deno.test("an instance on a VRF needs unicast peers, and uses the VRF's device", () => {
  const vrf = (inside: string): ReturnType<typeof startable> =>
    startable(configOf(`vrrp_instance A {
      vrf red
      virtual_router_id 51
      ${inside}
      virtual_ipaddress {
        10.9.0.100/24 dev eth0
        10.9.0.101/24
      }
    }`));
  const { config, leftOut } = vrf("unicast_peer {\n 10.9.0.2\n}");
  assertEquals(leftOut, []);
  const [instance] = config.vrrpInstances;
  assertEquals(instance?.interface, "red");
  assertEquals(instance?.virtualAddresses.map(({ device }) => device), ["eth0", "red"]);
  assertEquals(instance?.tracking.interfaces.map(({ name }) => name), ["eth0"]);
  assertEquals(vrf("interface eth0").config.vrrpInstances[0]?.interface, "eth0");
  assertEquals(vrf("").leftOut.map(({ why }) => why), [
    "it has `vrf` without `interface` and `unicast_peer`, which is not carried out yet",
  ]);
});

Deno.test("use_vmac and use_ipvlan: what follows is a name, dots and all, unless it is an address or an option", () => {
  const linkOf = (words: string): unknown => {
    const block =
      `vrrp_instance A {\n interface eth0\n virtual_router_id 51\n ${words}\n virtual_ipaddress {\n 10.9.0.100\n }\n}`;
    const { type, name, options } = startable(configOf(block)).config.vrrpInstances[0]?.link ?? {};
    return [type, name, options];
  };
  assertEquals(linkOf("use_vmac"), ["macvlan", "vrrp.51", []]);
  assertEquals(linkOf("use_vmac vrrp.253"), ["macvlan", "vrrp.253", []]);
  assertEquals(linkOf("use_vmac br3001.v1 group 7"), ["macvlan", "br3001.v1", ["group", "7"]]);
  assertEquals(linkOf("use_vmac name group"), ["macvlan", "group", []]);
  assertEquals(linkOf("use_vmac 02:00:5e:00:01:33"), ["macvlan", "vrrp.51", ["02:00:5e:00:01:33"]]);
  assertEquals(linkOf("use_vmac vrrp.9 02:00:5e:00:01:33"), ["macvlan", "vrrp.9", ["02:00:5e:00:01:33"]]);
  assertEquals(linkOf("use_ipvlan 10.9.0.9/24"), ["ipvlan", "vrrp.51", ["10.9.0.9/24"]]);
  assertEquals(linkOf("use_ipvlan fe80::9"), ["ipvlan", "vrrp.51", ["fe80::9"]]);
  assertEquals(linkOf("use_ipvlan ipvl.4 bridge"), ["ipvlan", "ipvl.4", ["bridge"]]);
});

Deno.test("use_vmac: instances with the same VRID on several interfaces get links of several names, as keepalived's", () => {
  const block = (name: string, device: string, link: string): string =>
    `vrrp_instance ${name} {\n interface ${device}\n virtual_router_id 1\n ${link}\n virtual_ipaddress {\n 10.9.0.100\n }\n}\n`;
  const text = block("A", "eth0", "use_vmac") + block("B", "eth1", "use_vmac") +
    block("C", "eth2", "use_vmac vrrp2.1") +
    block("D", "eth3", "use_vmac");
  const names = startable(configOf(text)).config.vrrpInstances.map(({ link }) => link?.name);
  assertEquals(names, ["vrrp.1", "vrrp1.1", "vrrp2.1", "vrrp3.1"]);
  const six =
    "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n use_vmac\n virtual_ipaddress {\n fe80::1\n }\n}";
  const nameOf = (text: string): string | undefined => startable(configOf(text)).config.vrrpInstances[0]?.link?.name;
  assertEquals(nameOf(six), "vrrp6.1");
  assertEquals(nameOf(`global_defs {\n vmac_prefix own\n}\n${six}`), "own.1");
});
