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
