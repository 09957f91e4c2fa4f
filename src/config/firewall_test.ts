// firewallScript(): the rules for each kind of virtual server.
import { assert, assertEquals } from "../../test/assert.ts";
import { firewallScript } from "./firewall.ts";
import { loadConfig } from "./load.ts";

const CONFIG = `
virtual_server_group web {
  192.0.2.10-12 443
  192.0.2.20 443
  fwmark 9
}
virtual_server 192.0.2.1 80 { protocol TCP
  real_server 198.51.100.1 80 { } }
virtual_server 2001:db8::1 53 { protocol UDP
  real_server 2001:db8::11 53 { } }
virtual_server 192.0.2.2 0 { protocol TCP
  persistence_timeout 60
  real_server 198.51.100.1 0 { } }
virtual_server fwmark 7 {
  real_server 198.51.100.1 80 { } }
virtual_server group web { protocol TCP
  real_server 198.51.100.1 443 { } }
`;

Deno.test("firewallScript() lets in addresses with ports, all ports, marks and groups, and nothing twice", () => {
  const { config } = loadConfig({
    path: "test.conf",
    text: CONFIG,
    files: { read: () => undefined, list: () => undefined },
    hostName: "test",
    configId: undefined,
    environment: () => undefined,
    host: undefined,
    strict: false,
    willNotRun: true,
  });
  assert(config !== undefined);
  assertEquals(firewallScript(config, "inet t c").split("\n"), [
    "flush chain inet t c",
    "add rule inet t c ip daddr 192.0.2.1 tcp dport 80 accept",
    "add rule inet t c ip6 daddr 2001:db8::1 udp dport 53 accept",
    "add rule inet t c ip daddr 192.0.2.2 meta l4proto tcp accept",
    "add rule inet t c meta mark 7 accept",
    "add rule inet t c ip daddr 192.0.2.10-192.0.2.12 tcp dport 443 accept",
    "add rule inet t c ip daddr 192.0.2.20 tcp dport 443 accept",
    "add rule inet t c meta mark 9 accept",
    "",
  ]);
  assertEquals(firewallScript({ ...config, virtualServers: [] }, "inet t c"), "flush chain inet t c\n");
});

Deno.test("firewallScript() lets in where HAProxy listens, but not everywhere nor on loopback", () => {
  const { config } = loadConfig({ path: "test.conf", text: "", hostName: "test" });
  assert(config !== undefined);
  const bind = { line: 1, first: 80, last: 80, udp: false };
  const script = firewallScript(config, "inet holdfast services", [
    { ...bind, address: "192.0.2.1" },
    { ...bind, address: "2001:db8::1", first: 8000, last: 8010, udp: true },
    { ...bind, address: "*" },
    { ...bind, address: "127.0.0.1" },
  ]);
  assertEquals(script.trimEnd().split("\n"), [
    "flush chain inet holdfast services",
    "add rule inet holdfast services ip daddr 192.0.2.1 tcp dport 80 accept",
    "add rule inet holdfast services ip6 daddr 2001:db8::1 udp dport 8000-8010 accept",
  ]);
});
