// `holdfast doctor` on a host of its own with mistakes that make a virtual address silent: found, mended, gone.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly text: string;
  readonly reason: string;
  readonly fix: string;
}

const instance = (name: string, vrid: number, address: string): string =>
  `
vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${vrid}
  virtual_ipaddress { ${address} }
}`.replace("{ ", "{\n    ").replace(" }", "\n  }");

const service = (method: string, vip: string, server: string): string => `
virtual_server ${vip} 80 {
  protocol TCP
  lvs_sched rr
  lvs_method ${method}
  real_server ${server} 80 {
  }
}`;

testWith(["root", "program:ip"], "doctor finds what is wrong, and its remedies work", async () => {
  const hosts = await TwoHosts.create("hf-doc");
  const { a: host } = hosts;
  const file = await Deno.makeTempFile({ suffix: ".conf" });
  const set = async (path: string, value: string): Promise<void> => {
    await run(...inside(host, ["sh", "-c", `echo ${value} > /proc/sys/net/${path}`]));
  };
  // Kernels without IPVS lack its modules and have none of its settings: those rules have unit tests.
  const examine = async (): Promise<Finding[]> => {
    const { code, output } = await tryRun(...inside(host, [...holdfastCommand(), "doctor", "--json", "-f", file]));
    const { findings } = JSON.parse(output);
    assertEquals(code, findings.some(({ severity }: Finding) => severity !== "hint") ? 1 : 0, output);
    return findings.filter(({ code: name }: Finding) =>
      !/^(module-missing|expire-|conn-|sloppy-|needless-|conntrack-)/.test(name)
    );
  };
  try {
    await set("ipv4/ip_forward", "0");
    await set("ipv4/conf/all/arp_ignore", "1");
    await set("ipv4/conf/all/rp_filter", "1");
    await run("ip", "-n", host.namespace, "link", "add", "wan", "type", "veth", "peer", "name", "far");
    await run("ip", "-n", host.namespace, "addr", "add", "203.0.113.2/24", "dev", "wan");
    for (const name of ["wan", "far"]) await run("ip", "-n", host.namespace, "link", "set", name, "up");
    await run("ip", "-n", host.namespace, "route", "add", "default", "via", "203.0.113.1", "dev", "wan");
    await Deno.writeTextFile(
      file,
      [
        instance("HIDDEN", 51, "192.0.2.80/32 dev lo"),
        instance("SHOWN", 52, "192.0.2.81/24"),
        service("NAT", "192.0.2.80", "10.9.0.11"),
        service("DR", "192.0.2.81", "10.77.0.11"),
        service("TUN", "192.0.2.81", "10.77.0.12").replace(" 80 {", " 81 {").replace("12 80", "12 81"),
      ].join("\n"),
    );
    const found = await examine();
    assertEquals(found.map(({ code }) => code).toSorted(), [
      "arp-ignored",
      "dr-server-behind-router",
      "forwarding-off",
      "nat-instances-apart",
      "rp-filter",
      "tunnel-mtu",
    ]);
    for (const finding of found) assert(finding.reason !== "" && finding.fix !== "", finding.code);
    // Each remedy that is a setting, carried out as written but for the file that keeps it.
    const commands = found.flatMap(({ fix }) => [...fix.matchAll(/sysctl -w net\.([\w.]+)=(\d+)/g)]);
    assertEquals(commands.length, 3);
    for (const [, name = "", value = ""] of commands) await set(name.replaceAll(".", "/"), value);
    await run("ip", "-n", host.namespace, "link", "set", "wan", "mtu", "1520");
    await run("ip", "-n", host.namespace, "addr", "add", "10.77.0.1/24", "dev", "eth0");
    const left = await examine();
    assertEquals(left.map(({ code }) => code).toSorted(), ["nat-instances-apart", "tunnel-mtu"]);
    await run("ip", "-n", host.namespace, "link", "set", "eth0", "mtu", "1480");
    const text = await tryRun(...inside(host, [...holdfastCommand(), "doctor", "-f", file]));
    assertStringIncludes(text.output, "[nat-instances-apart]");

    await Deno.writeTextFile(file, instance("SHOWN", 52, "10.9.0.80/24"));
    const fine = await tryRun(...inside(host, [...holdfastCommand(), "doctor", "-f", file]));
    assertEquals(fine, { success: true, code: 0, output: "nothing was found\n" });
    await Deno.writeTextFile(file, "vrrp_instance X {\n");
    assertEquals((await tryRun(...holdfastCommand(), "doctor", "-f", file)).code, 1);
  } finally {
    await hosts.close();
    await Deno.remove(file);
  }
});
