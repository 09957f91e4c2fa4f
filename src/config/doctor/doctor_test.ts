// Each rule of `holdfast doctor`: what it finds, and the neighbour in which it finds nothing.
import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import type { MachineFacts } from "../../ports/machine.ts";
import type { Config } from "../config.ts";
import { loadConfig } from "../load.ts";
import { examine, neededModules } from "./doctor.ts";
import { type Finding, findingsText } from "./finding.ts";
import { contains, sysctlFix } from "./site.ts";

/** A director between clients (eth0, 192.0.2.0/24) and servers (eth1, 10.0.0.0/24) on which all is well. */
const GOOD: MachineFacts = {
  settings: {
    "ipv4/ip_forward": "1",
    "ipv6/conf/all/forwarding": "1",
    "ipv4/conf/all/arp_ignore": "0",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/vs/conntrack": "0",
    "ipv4/vs/conn_reuse_mode": "1",
    "ipv4/vs/expire_nodest_conn": "1",
    "ipv4/vs/expire_quiescent_template": "1",
    "ipv4/vs/sloppy_tcp": "0",
    "netfilter/nf_conntrack_count": "10",
    "netfilter/nf_conntrack_max": "1000",
  },
  interfaces: [
    { name: "lo", mtu: 65_536, addresses: [{ address: "127.0.0.1", prefixLength: 8 }] },
    { name: "eth0", mtu: 1500, addresses: [{ address: "192.0.2.1", prefixLength: 24 }] },
    {
      name: "eth1",
      mtu: 1500,
      addresses: [{ address: "10.0.0.1", prefixLength: 24 }, { address: "2001:db8:1::1", prefixLength: 64 }],
    },
  ],
  defaultRoutes: [{ family: 4, device: "eth0" }],
  modules: {},
  clockIsSynchronised: true,
};

const facts = (more: Omit<Partial<MachineFacts>, "settings">, settings: Record<string, string> = {}): MachineFacts => ({
  ...GOOD,
  ...more,
  settings: { ...GOOD.settings, ...settings },
});

function config(text: string): Config {
  const loaded = loadConfig({ path: "lb.conf", text, hostName: "lb1" });
  assert(loaded.config !== undefined, JSON.stringify(loaded.diagnostics));
  return loaded.config;
}

const instance = (name: string, link: string, addresses: string, more = "", vrid = 51): string =>
  `vrrp_instance ${name} {\n interface ${link}\n virtual_router_id ${vrid}\n virtual_ipaddress {\n${addresses}\n}\n${more}\n}\n`;
const OUTER = instance("OUT", "eth0", "192.0.2.80/24\n10.0.0.254/24 dev eth1");
const service = (method: string, more = "", server = "10.0.0.11 80", serverMore = "", vip = "192.0.2.80 80"): string =>
  `virtual_server ${vip} {\n lvs_sched rr\n lvs_method ${method}\n${
    more.includes("protocol") ? more : `protocol TCP\n${more}`
  }\n real_server ${server} {\n${serverMore}\n}\n}\n`;

/** What is said of a configuration, `severity code` each. */
function codes(text: string, on: MachineFacts = GOOD): string[] {
  return examine(config(text), on).map(({ severity, code }) => `${severity} ${code}`);
}

function only(text: string, on: MachineFacts, code: string): Finding {
  const findings = examine(config(text), on);
  const [finding] = findings;
  assert(findings.length === 1 && finding?.code === code, JSON.stringify(findings));
  return finding;
}

Deno.test("nothing is found where all is well, with every forwarding method", () => {
  for (const method of ["NAT", "DR"]) assertEquals(codes(OUTER + service(method)), []);
  const wide = GOOD.interfaces.map((entry) => entry.name === "eth1" ? { ...entry, mtu: 9000 } : entry);
  assertEquals(codes(OUTER + service("TUN"), facts({ interfaces: wide })), []);
  assertEquals(findingsText([]), "nothing was found");
});

Deno.test("forwarding-off: NAT of the family only", () => {
  const off = facts({}, { "ipv4/ip_forward": "0" });
  const finding = only(OUTER + service("NAT"), off, "forwarding-off");
  assertEquals([finding.severity, finding.about], ["error", ["tcp 192.0.2.80:80"]]);
  assertStringIncludes(finding.fix, "sysctl -w net.ipv4.ip_forward=1;");
  assertEquals(codes(OUTER + service("DR"), off), []);
  const six = instance("SIX", "eth0", "2001:db8::80/64\n2001:db8:1::fe/64 dev eth1") +
    service("NAT", "", "2001:db8:1::11 80", "", "2001:db8::80 80");
  assertEquals(codes(six, off), []);
  assertEquals(codes(six, facts({}, { "ipv6/conf/all/forwarding": "0" })), ["error forwarding-off"]);
});

Deno.test("dr-server-behind-router: a server in no own network", () => {
  assertEquals(codes(OUTER + service("DR", "", "10.9.9.9 80")), ["error dr-server-behind-router"]);
  assertEquals(codes(OUTER + service("DR", "", "192.0.2.1 80")), [], "the director itself");
});

Deno.test("nat-no-return-address, nat-instances-apart: replies follow the master", () => {
  const alone = instance("OUT", "eth0", "192.0.2.80/24");
  assertStringIncludes(only(alone + service("NAT"), GOOD, "nat-no-return-address").fix, "`ADDRESS dev eth1`");
  assertEquals(codes(alone + service("DR")), []);
  const inner = instance("IN", "eth1", "10.0.0.254/24", "", 52);
  const apart = only(alone + inner + service("NAT"), GOOD, "nat-instances-apart");
  assertStringIncludes(apart.fix, "group { OUT IN }");
  assertEquals(codes(`vrrp_sync_group G { group {\nOUT\nIN\n} }\n${alone}${inner}${service("NAT")}`), []);
});

Deno.test("nat-one-network: clients beside the servers, and redirects", () => {
  const near = instance("IN", "eth1", "10.0.0.80/24") + service("NAT", "", "10.0.0.11 80", "", "10.0.0.80 80");
  assert(!only(near, GOOD, "nat-one-network").fix.includes("send_redirects"));
  const redirecting = facts({}, { "ipv4/conf/eth1/send_redirects": "1" });
  assertStringIncludes(only(near, redirecting, "nat-one-network").fix, "send_redirects=0");
});

Deno.test("tunnel-mtu: room for the outer header", () => {
  const finding = only(OUTER + service("TUN"), GOOD, "tunnel-mtu");
  assertStringIncludes(finding.fix, "ip link set eth1 mtu 1520");
  assertStringIncludes(finding.fix, "maxseg size set 1440");
  const wide = (mtu: number): MachineFacts =>
    facts({ interfaces: GOOD.interfaces.map((entry) => entry.name === "eth1" ? { ...entry, mtu } : entry) });
  assertEquals(codes(OUTER + service("TUN"), wide(1520)), []);
  assertEquals(codes(OUTER + service("TUN type gre"), wide(1520)), ["warning tunnel-mtu"]);
});

Deno.test("address-nowhere: a virtual server that nobody has", () => {
  const lonely = service("DR", "", "10.0.0.11 80", "", "192.0.2.99 80");
  assertStringIncludes(only(lonely, GOOD, "address-nowhere").fix, "ip addr add 192.0.2.99/32");
  assertEquals(codes(service("DR", "", "10.0.0.11 80", "", "192.0.2.1 80")), [], "it is on eth0 now");
});

Deno.test("arp-ignored: an address that the kernel denies", () => {
  const hidden = instance("OUT", "eth0", "192.0.2.80/32 dev lo");
  const strict = facts({}, { "ipv4/conf/all/arp_ignore": "1" });
  assertEquals(only(hidden, strict, "arp-ignored").severity, "error");
  assertEquals(codes(OUTER, strict), []);
  assertEquals(codes(hidden), []);
  assertEquals(codes(instance("OUT", "eth0", "192.0.2.80/24"), facts({}, { "ipv4/conf/eth0/arp_ignore": "8" })), [
    "error arp-ignored",
  ]);
});

Deno.test("rp-filter: strict on the clients' interface while the default route leaves by another", () => {
  const strict = { "ipv4/conf/all/rp_filter": "1" };
  const text = OUTER + service("DR");
  const elsewhere = facts({ defaultRoutes: [{ family: 4, device: "eth1" }] }, strict);
  assertStringIncludes(only(text, elsewhere, "rp-filter").fix, "net.ipv4.conf.eth0.rp_filter=2");
  assertEquals(codes(text, facts({}, strict)), []);
  assertEquals(codes(text, facts({ defaultRoutes: elsewhere.defaultRoutes }, { "ipv4/conf/all/rp_filter": "2" })), []);
});

Deno.test("clock-unsynchronised: auth_hmac by time only", () => {
  const hmac = (more: string): string =>
    instance(
      "OUT",
      "eth0",
      "192.0.2.80/24",
      `version 3\nauth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\n${more}\n}`,
    );
  const wrong = facts({ clockIsSynchronised: false });
  assertEquals(codes(hmac("")), []);
  assertEquals(codes(hmac(""), wrong), ["warning clock-unsynchronised"]);
  assertEquals(codes(hmac("anti_replay monotonic"), wrong), []);
  assertEquals(codes(OUTER, wrong), []);
});

Deno.test("networkd-addresses, networkd-routes: what networkd would take away", () => {
  const networkd = (keepConfiguration: string, isForeign = false): MachineFacts =>
    facts({
      networkd: {
        links: [{ interface: "eth0", file: "/etc/systemd/network/10-lan.network", keepConfiguration }],
        managesForeignRoutes: isForeign,
        managesForeignRules: isForeign,
      },
    });
  assertStringIncludes(only(OUTER, networkd("no"), "networkd-addresses").fix, "/10-lan.network.d/holdfast.conf");
  assertEquals(codes(OUTER, networkd("static")), []);
  assertEquals(codes(instance("IN", "eth1", "10.0.0.254/24"), networkd("no")), []);
  const routes = instance("OUT", "eth0", "192.0.2.80/24", "virtual_routes {\n203.0.113.0/24 via 192.0.2.9\n}");
  assertStringIncludes(only(routes, networkd("yes", true), "networkd-routes").fix, "ManageForeignRoutes=no");
  assertEquals(codes(routes, networkd("yes")), []);
  assertEquals(codes(OUTER, networkd("yes", true)), []);
});

Deno.test("module-missing: IPVS, schedulers, engines, links", () => {
  const text = OUTER + service("DR", "persistence_timeout 5\npersistence_engine sip\nprotocol UDP") +
    instance("V", "eth0", "192.0.2.81/24", "use_vmac", 52);
  assertEquals(neededModules(config(text)), ["ip_vs", "ip_vs_rr", "ip_vs_pe_sip", "macvlan"]);
  const modules = { ip_vs: "present", ip_vs_rr: "loadable", ip_vs_pe_sip: "missing", macvlan: "missing" } as const;
  const found = examine(config(text), facts({ modules }));
  assertEquals(found.map(({ code, about }) => [code, ...about]), [
    ["module-missing", "udp 192.0.2.80:80"],
    ["module-missing", "V"],
  ]);
});

Deno.test("expire-nodest-conn: worst for UDP, nothing where servers stay", () => {
  const off = facts({}, { "ipv4/vs/expire_nodest_conn": "0" });
  const checked = (more: string, inside = ""): string =>
    OUTER + service("DR", more, "10.0.0.11 80", `TCP_CHECK { }\n${inside}`);
  assertEquals(codes(checked(""), off), ["hint expire-nodest-conn"]);
  assertEquals(codes(checked("protocol UDP"), off), ["warning expire-nodest-conn"]);
  assertEquals(codes(checked("protocol UDP\nops"), off), []);
  assertEquals(codes(checked("", "inhibit_on_failure"), off), []);
  assertEquals(codes(OUTER + service("DR"), off), [], "a server that is not checked does not leave");
});

Deno.test("expire-quiescent-template: persistence to a server at weight 0", () => {
  const off = facts({}, { "ipv4/vs/expire_quiescent_template": "0" });
  const text = (more: string, inside: string): string => OUTER + service("DR", more, "10.0.0.11 80", inside);
  assertEquals(codes(text("persistence_timeout 60", "inhibit_on_failure"), off), ["warning expire-quiescent-template"]);
  assertEquals(codes(text("", "inhibit_on_failure"), off), []);
  assertEquals(codes(text("persistence_timeout 60", ""), off), []);
});

Deno.test("conn-reuse-mode, sloppy-tcp", () => {
  assertEquals(codes(OUTER + service("DR"), facts({}, { "ipv4/vs/conn_reuse_mode": "0" })), [
    "warning conn-reuse-mode",
  ]);
  const udp = OUTER + service("DR", "protocol UDP");
  assertEquals(codes(udp, facts({}, { "ipv4/vs/conn_reuse_mode": "0" })), []);
  const sloppy = facts({}, { "ipv4/vs/sloppy_tcp": "1" });
  assertEquals(codes(OUTER + service("DR"), sloppy), ["warning sloppy-tcp"]);
  const hashed = OUTER + service("DR", "").replace("lvs_sched rr", "lvs_sched mh");
  assertEquals(codes(hashed, sloppy), []);
  assertEquals(codes(hashed), ["hint sloppy-tcp"]);
  assertEquals(codes(`global_defs {\nlvs_sync_daemon eth1 OUT\n}\n${hashed}`), []);
});

Deno.test("sync-threshold: connections that are told of once only", () => {
  const once = facts({}, { "ipv4/vs/sync_threshold": "3\t0" });
  const synchronised = `global_defs {\nlvs_sync_daemon eth1 OUT\n}\n${OUTER}${service("DR")}`;
  assertEquals(codes(synchronised, once), ["warning sync-threshold"]);
  assertEquals(codes(synchronised, facts({}, { "ipv4/vs/sync_threshold": "3\t50" })), []);
  assertEquals(codes(OUTER + service("DR"), once), []);
});

Deno.test("what holdfast.yaml sets in the kernel counts, and not what is there before", () => {
  const off = facts({}, { "ipv4/vs/conn_reuse_mode": "0" });
  const set = { ...config(OUTER + service("DR")), ipvs: { conn_reuse_mode: "1" } };
  assertEquals(examine(set, off), []);
});

Deno.test("needless-conntrack, conntrack-full", () => {
  const tracked = facts({}, { "ipv4/vs/conntrack": "1" });
  assertEquals(codes(OUTER + service("DR"), tracked), ["hint needless-conntrack"]);
  assertEquals(codes(OUTER + service("NAT"), tracked), []);
  const count = (value: string): MachineFacts => facts({}, { "netfilter/nf_conntrack_count": value });
  assertEquals([codes(OUTER, count("799")), codes(OUTER, count("800")), codes(OUTER, count("1000"))], [
    [],
    ["warning conntrack-full"],
    ["error conntrack-full"],
  ]);
});

Deno.test("findings are sorted, complete, and shortened where they are many", () => {
  const many = Array.from({ length: 7 }, (_, at) => service("NAT", "", "10.0.0.11 80", "", `192.0.2.80 ${81 + at}`));
  const off = facts({}, { "ipv4/ip_forward": "0", "ipv4/vs/conn_reuse_mode": "0" });
  const text = findingsText(examine(config(OUTER + many.join("")), off));
  assertStringIncludes(text, "error: net.ipv4.ip_forward is 0 [forwarding-off]\n");
  assertStringIncludes(text, "192.0.2.80:85 and 2 more\n");
  assert(text.endsWith("\n1 error, 1 warning"));
  assert(text.indexOf("error: ") < text.indexOf("warning: "));
});

Deno.test("contains() compares prefixes of both families, also inside an octet", () => {
  assert(contains({ address: "10.1.128.1", prefixLength: 17 }, "10.1.255.9"));
  assert(!contains({ address: "10.1.128.1", prefixLength: 17 }, "10.1.127.9"));
  assert(contains({ address: "2001:db8::1", prefixLength: 64 }, "2001:db8::ffff"));
  assert(!contains({ address: "2001:db8::1", prefixLength: 64 }, "10.0.0.1"));
  assert(contains({ address: "0.0.0.0", prefixLength: 0 }, "203.0.113.1"));
});

Deno.test("sysctlFix() spells interfaces with dots as sysctl does", () => {
  const name = "net.ipv4.conf.eth0/5.rp_filter";
  assertEquals(
    sysctlFix("ipv4/conf/eth0.5/rp_filter", "2"),
    `sysctl -w ${name}=2; echo ${name} = 2 >> /etc/sysctl.d/90-holdfast.conf`,
  );
});
