import { assert, assertEquals } from "../../test/assert.ts";
import type { Config } from "./config.ts";
import { loadConfig, type LoadInput, type LoadResult } from "./load.ts";

function load(text: string, input: Partial<LoadInput> = {}): LoadResult {
  return loadConfig({ path: "/etc/f.conf", text, hostName: "host", ...input });
}

function configOf(text: string): Config {
  const { config, diagnostics } = load(text);
  assert(config !== undefined, JSON.stringify(diagnostics));
  return config;
}

function codes({ diagnostics }: LoadResult): string[] {
  return diagnostics.map(({ code, location }) => `${code} ${location.line}:${location.column}`);
}

function instance(lines: string): string {
  return `vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n${lines}\n}`;
}

Deno.test("loadConfig() gives an empty configuration for an empty file, with the host's name", () => {
  assertEquals([configOf("").routerId, configOf("").vrrpInstances, configOf("").virtualServers], ["host", [], []]);
  assertEquals(configOf("global_defs {\nrouter_id other\n}").routerId, "other");
});

Deno.test("loadConfig() gives a configuration if and only if nothing is an error", () => {
  const warned = load(instance("debug 1"));
  assertEquals(codes(warned), ["not-carried-out 5:1"]);
  assert(warned.config !== undefined);
  const refused = load(instance("smtp_alerts {\n}"));
  assertEquals(codes(refused), ["unknown-block 5:1"]);
  assertEquals(refused.config, undefined);
});

Deno.test("loadConfig() reports from top to bottom, whatever found it", () => {
  const text = 'vrrp_instance A {\nfoo\npriority 0\ninterface "eth0\n}\nbar\n';
  assertEquals(codes(load(text)), [
    "missing-vrid 1:1",
    "no-virtual-address 1:15",
    "unknown-keyword 2:1",
    "invalid-value 3:10",
    "unterminated-quote 4:11",
    "unknown-keyword 6:1",
  ]);
});

Deno.test("loadConfig() names an interface that the host doesn't have, and one that may be meant", () => {
  const result = load(instance("virtual_ipaddress_excluded {\n192.0.2.2 dev eth7\n}"), {
    host: { interfaceNames: () => ["lo", "eth0", "eth1"], script: () => "ok", hasUser: () => true },
  });
  assertEquals(codes(result), ["unknown-interface 6:15"]);
  assertEquals(result.diagnostics[0]?.help, "did you mean `eth0`?");
  const dynamic = load(`global_defs {\ndynamic_interfaces\n}\n${instance("").replace("eth0", "eth9")}`, {
    host: { interfaceNames: () => ["lo"], script: () => "ok", hasUser: () => true },
  });
  assertEquals(codes(dynamic), []);
  assertEquals(load(instance("virtual_ipaddress_excluded {\n192.0.2.2 dev eth7\n}")).diagnostics, []);
});

Deno.test("loadConfig() reads includes beside the including file and keeps their text", () => {
  const files = new Map([
    ["/etc/conf.d/a.conf", "include b.conf\n"],
    ["/etc/conf.d/b.conf", "include /etc/c.conf"],
    ["/etc/c.conf", "global_defs {\nrouter_id c\n}\nwrong"],
  ]);
  const result = load("include conf.d/a.conf\nalso_wrong", {
    files: { read: (path) => files.get(path), list: () => [] },
  });
  assertEquals(codes(result), ["unknown-keyword 2:1", "unknown-keyword 4:1"]);
  assertEquals(result.diagnostics.map(({ location }) => location.file), ["/etc/f.conf", "/etc/c.conf"]);
  assertEquals([...result.sources.keys()], ["/etc/f.conf", ...files.keys()]);
});

Deno.test("loadConfig() stops at files that include themselves, one another, or too often", () => {
  assertEquals(codes(load("include f.conf")), ["include-failed 1:9"]);
  const twice = load("include 0", {
    files: {
      list: () => [],
      read: (path) => {
        const next = `include ${Number(path.slice("/etc/".length)) + 1}\n`;
        return next + next;
      },
    },
  });
  assertEquals(new Set(twice.diagnostics.map(({ code }) => code)), new Set(["include-failed"]));
});

Deno.test("loadConfig() refuses one VRID twice on an interface, not on two or in two families", () => {
  const router = (name: string, device: string): string =>
    `vrrp_instance ${name} {\ninterface ${device}\nvirtual_router_id 7\nno_virtual_ipaddress\n}\n`;
  const result = load(router("A", "eth0") + router("B", "eth0"));
  assertEquals(codes(result), ["duplicate-vrid 8:19"]);
  assertEquals(result.diagnostics[0]?.related[0]?.location, { file: "/etc/f.conf", line: 3, column: 19, length: 1 });
  assertEquals(load(router("A", "eth0") + router("B", "eth1")).diagnostics, []);
  const inet6 = router("B", "eth0").replace("no_virtual_ipaddress", "virtual_ipaddress { 2001:db8::1 }");
  assertEquals(codes(load(router("A", "eth0") + inet6)), []);
});

Deno.test("loadConfig() fills in keepalived's gratuitous ARP, shortened by vrrp_min_garp", () => {
  const garp = (globals: string, own = ""): unknown =>
    configOf(`global_defs {\n${globals}\n}\n${instance(own)}`).vrrpInstances[0]?.gratuitousArp;
  assertEquals(garp(""), {
    repeat: 5,
    delayUs: 5_000_000,
    refreshUs: 0,
    refreshRepeat: 1,
    lowerPriorityRepeat: 5,
    lowerPriorityDelayUs: 5_000_000,
  });
  assertEquals(garp("vrrp_min_garp"), {
    repeat: 1,
    delayUs: 0,
    refreshUs: 0,
    refreshRepeat: 1,
    lowerPriorityRepeat: 1,
    lowerPriorityDelayUs: 0,
  });
  assertEquals(garp("vrrp_garp_master_repeat 2", "garp_master_repeat 0\ngarp_master_delay 7"), {
    repeat: 1,
    delayUs: 7_000_000,
    refreshUs: 0,
    refreshRepeat: 1,
    lowerPriorityRepeat: 2,
    lowerPriorityDelayUs: 5_000_000,
  });
});

Deno.test("loadConfig() rounds advert_int to whole seconds in version 2, to centiseconds in version 3", () => {
  const interval = (lines: string): number | undefined =>
    configOf(instance(lines)).vrrpInstances[0]?.advertisementIntervalUs;
  assertEquals(interval(""), 1_000_000);
  assertEquals(interval("advert_int 1.4"), 1_000_000);
  assertEquals(interval("advert_int 1.5"), 2_000_000);
  assertEquals(interval("advert_int 0.01"), 1_000_000);
  assertEquals(interval("version 3\nadvert_int 0.01"), 10_000);
  assertEquals(interval("version 3\nadvert_int .1"), 100_000);
  assertEquals(interval("version 3\nadvert_int 0.014"), 10_000);
  assertEquals(interval("version 3\nadvert_int 40.96"), 40_950_000);
});

Deno.test("loadConfig() makes state MASTER without a priority the address owner, as keepalived does", () => {
  const election = (lines: string): unknown => {
    const router = configOf(instance(lines)).vrrpInstances[0];
    return [router?.priority, router?.initialState, router?.preemptMode];
  };
  assertEquals(election(""), [100, "backup", true]);
  assertEquals(election("state MASTER"), [255, "master", true]);
  assertEquals(election("priority 255\nnopreempt"), [255, "master", true]);
  assertEquals(election("nopreempt"), [100, "backup", false]);
  assertEquals(election("nopreempt\npreempt"), [100, "backup", true]);
  assertEquals(election("preempt\nnopreempt"), [100, "backup", false]);
});

Deno.test("loadConfig() advertises 255 addresses and moves the others all the same", () => {
  const lines = Array.from({ length: 257 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  const result = load(instance(`virtual_ipaddress {\n${lines.slice(1).join("\n")}\n}`));
  assertEquals(codes(result), ["value-cut 260:1"]);
  const router = result.config?.vrrpInstances[0];
  assertEquals(router?.virtualAddresses.length, 255);
  assertEquals(router?.virtualAddresses.at(-1)?.address, "10.0.0.254");
  assertEquals(router?.excludedAddresses.map(({ address }) => address), ["10.0.0.255", "10.0.1.0"]);
});

Deno.test("loadConfig() cuts auth_pass to 8 bytes", () => {
  const password = (text: string): string | undefined =>
    configOf(instance(`authentication {\nauth_type PASS\nauth_pass "${text}"\n}`)).vrrpInstances[0]?.authentication
      ?.password;
  assertEquals(password("12345678"), "12345678");
  assertEquals(password("123456789"), "12345678");
  assertEquals(password("1234567\u00e9"), "1234567");
  assertEquals(password("123456\u00e9"), "123456\u00e9");
});

Deno.test("loadConfig() does not miss a keyword that is only misspelt", () => {
  const text = "vrrp_instance A {\ninterfac eth0\nvirtual_router-id 1\nvirtual_ipadress {\n192.0.2.1\n}\n}";
  assertEquals(codes(load(text)), [
    "unknown-keyword 2:1",
    "missing-interface 2:1",
    "unknown-keyword 3:1",
    "missing-vrid 3:1",
    "unknown-block 4:1",
  ]);
});

Deno.test("loadConfig() takes `brd +` and `brd -` from the prefix", () => {
  const broadcast = (line: string): string | undefined =>
    configOf(instance(`virtual_ipaddress_excluded {\n${line}\n}`)).vrrpInstances[0]?.excludedAddresses[0]?.broadcast;
  assertEquals(broadcast("192.0.2.10/28 brd +"), "192.0.2.15");
  assertEquals(broadcast("192.0.2.10/28 brd -"), "192.0.2.0");
  assertEquals(broadcast("10.1.2.3/8 broadcast 10.255.255.254"), "10.255.255.254");
  assertEquals(broadcast("10.1.2.3/32 brd +"), "10.1.2.3");
  assertEquals(broadcast("10.1.2.3/0 brd +"), "255.255.255.255");
  assertEquals(broadcast("10.1.2.3"), undefined);
});

Deno.test("braces on lines for other machines are not counted: what is closed where it does not stand below is no error", () => {
  const text = `@one vrrp_instance A {\n@two vrrp_instance B {\ninterface eth0\nvirtual_router_id 1
        virtual_ipaddress {\n192.0.2.1\n     }\n  priority 7\n    }\n`;
  for (const [configId, name] of [["one", "A"], ["two", "B"]] as const) {
    const { config, diagnostics } = load(text, { configId });
    assertEquals(diagnostics, []);
    assertEquals(config?.vrrpInstances.map((one) => [one.name, one.priority]), [[name, 7]]);
  }
});

Deno.test("definitions of several lines that refer to each other are an error, and soon", () => {
  for (const loop of ["$A= \\\nx $A\n$A\n", "$A= \\\n$B x \\\n$B y\n$B= \\\n$A p \\\n$A q\n$A\n"]) {
    const { config, diagnostics } = loadConfig({ path: "a.conf", text: loop, hostName: "a" });
    assertEquals(config, undefined);
    const last = diagnostics.at(-1);
    assertEquals([last?.code, last?.message], ["too-much-text", "a definition refers to itself"]);
  }
});
