// LinuxIpvs against a real kernel, judged by ipvsadm. Needs root, IPVS, ipvsadm and an empty table: run it in the test VM.
import { ipvsSystem, LinuxIpvs } from "../../src/linux/ipvs.ts";
import { libc } from "../../src/linux/libc.ts";
import { check } from "../../src/linux/system_error.ts";
import type { VirtualServerKey } from "../../src/core/ipvs/table.ts";
import { IpvsUnavailableError } from "../../src/ports/ipvs.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  additions,
  ipvsadm,
  readEntries,
  realServer,
  run,
  savedRules,
  sortEntries,
  type Table,
  virtualServer,
  withTable,
} from "./ipvs_table.ts";

const required = Deno.env.get("HOLDFAST_REQUIRE_IPVS") === "1";
const NOBODY = 65534;
const UNCHANGED = 0xffffffff;

const http: VirtualServerKey = { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 };
const dns: VirtualServerKey = { kind: "address", protocol: "udp", address: "192.0.2.1", port: 53 };
const diameter: VirtualServerKey = { kind: "address", protocol: "sctp", address: "2001:db8::1", port: 3868 };
const https: VirtualServerKey = { kind: "address", protocol: "tcp", address: "2001:db8::1", port: 443 };
const marked: VirtualServerKey = { kind: "fwmark", family: 4, fwmark: 7 };
const markedIpv6: VirtualServerKey = { kind: "fwmark", family: 6, fwmark: 7 };

/** One virtual server of every kind, each with its real servers. */
const TABLE: Table = [
  {
    entry: virtualServer(http, "rr"),
    realServers: [realServer("10.0.0.2", 8080, "nat", 100), realServer("10.0.0.3", 8080, "nat", 0)],
  },
  {
    entry: { ...virtualServer(dns, "wrr"), flags: 4, persistenceTimeoutSeconds: 0 },
    realServers: [realServer("10.0.0.2", 53, "dr", 1), realServer("10.0.0.3", 53, "dr", 65535)],
  },
  { entry: virtualServer(diameter, "lc"), realServers: [realServer("2001:db8:1::2", 3868, "dr", 3)] },
  {
    entry: { ...virtualServer(https, "wlc"), persistenceTimeoutSeconds: 300, persistencePrefixLength: 64 },
    realServers: [realServer("2001:db8:1::2", 8443, "nat", 5), realServer("2001:db8:1::3", 443, "tun", 6)],
  },
  {
    entry: { ...virtualServer(marked, "sh"), flags: 0x18, persistenceTimeoutSeconds: 50, persistencePrefixLength: 24 },
    realServers: [{ ...realServer("10.0.0.2", 0, "tun", 2), upperThreshold: 20, lowerThreshold: 10 }],
  },
  { entry: virtualServer(markedIpv6, "wlc"), realServers: [realServer("2001:db8:1::2", 0, "tun", 1)] },
];

/** The same in the words of ipvsadm-save. */
const SAVED = [
  "-A -t 192.0.2.1:80 -s rr",
  "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 100",
  "-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -m -w 0",
  "-A -u 192.0.2.1:53 -s wrr -o",
  "-a -u 192.0.2.1:53 -r 10.0.0.2:53 -g -w 1",
  "-a -u 192.0.2.1:53 -r 10.0.0.3:53 -g -w 65535",
  "-A --sctp-service [2001:db8::1]:3868 -s lc",
  "-a --sctp-service [2001:db8::1]:3868 -r [2001:db8:1::2]:3868 -g -w 3",
  "-A -t [2001:db8::1]:443 -s wlc -p 300 -M 64",
  "-a -t [2001:db8::1]:443 -r [2001:db8:1::2]:8443 -m -w 5",
  "-a -t [2001:db8::1]:443 -r [2001:db8:1::3]:443 -i -w 6 --tun-type ipip",
  "-A -f 7 -s sh -p 50 -M 255.255.255.0 -b sh-fallback,sh-port",
  "-a -f 7 -r 10.0.0.2:0 -i -w 2 --tun-type ipip",
  "-A -f 7 -6 -s wlc",
  "-a -f 7 -6 -r [2001:db8:1::2]:0 -i -w 1 --tun-type ipip",
];

const skipped = whyNot();
if (skipped !== undefined && required) throw new Error(`IPVS is required here, but: ${skipped}`);
if (skipped !== undefined) console.log(`SKIPPED: ${skipped}`);
else declareTests();

function declareTests(): void {
  Deno.test("LinuxIpvs writes virtual and real servers of every kind as ipvsadm would", () =>
    withTable((ipvs) => {
      assertEquals(ipvs.apply(additions(TABLE)), []);
      assertEquals(savedRules(), [...SAVED].sort());
      const thresholds = ipvsadm("-Ln", "--thresholds").split("\n").find((line) => line.includes("10.0.0.2:0"));
      assertEquals(thresholds?.trim().split(/\s+/).slice(1, 4), ["10.0.0.2:0", "20", "10"]);
    }));

  Deno.test("LinuxIpvs.read() gives back what was written", () =>
    withTable((ipvs) => {
      ipvs.apply(additions(TABLE));
      assertEquals(readEntries(ipvs), sortEntries(TABLE));
    }));

  Deno.test("LinuxIpvs.read() reads what ipvsadm wrote, defaults included", () =>
    withTable((ipvs) => {
      ipvsadm("-A", "-t", "192.0.2.1:80", "-s", "wlc", "-p");
      ipvsadm("-a", "-t", "192.0.2.1:80", "-r", "10.0.0.2:80", "-i", "--tun-type", "gue", "--tun-port", "6080");
      const entry = { ...virtualServer(http, "wlc"), persistenceTimeoutSeconds: 360 };
      const tunneled = { ...realServer("10.0.0.2", 80, "tun", 1), tunnel: { type: "gue", port: 6080 } } as const;
      assertEquals(readEntries(ipvs), [{ entry, realServers: [tunneled] }]);
    }));

  Deno.test("LinuxIpvs changes entries in place, whether asked to set or to add them", () =>
    withTable((ipvs) => {
      ipvs.apply(additions(TABLE));
      const failures = ipvs.apply([
        { type: "set-virtual-server", entry: { ...virtualServer(http, "wlc"), persistenceTimeoutSeconds: 60 } },
        { type: "set-real-server", key: http, entry: realServer("10.0.0.2", 8080, "dr", 7) },
        { type: "set-real-server", key: http, entry: realServer("10.0.0.4", 8080, "nat", 9) },
        { type: "add-virtual-server", entry: virtualServer(https, "rr") },
        { type: "add-real-server", key: https, entry: realServer("2001:db8:1::3", 443, "tun", 60) },
        { type: "delete-real-server", key: http, address: "10.0.0.3", port: 8080 },
        { type: "delete-virtual-server", key: dns },
      ]);
      assertEquals(failures, []);
      const kept = SAVED.filter((line) => / -f 7 |sctp|-r \[2001:db8:1::2\]:8443/.test(line));
      assertEquals(
        savedRules(),
        [
          ...kept,
          "-A -t 192.0.2.1:80 -s wlc -p 60",
          "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -g -w 7",
          "-a -t 192.0.2.1:80 -r 10.0.0.4:8080 -m -w 9",
          "-A -t [2001:db8::1]:443 -s rr",
          "-a -t [2001:db8::1]:443 -r [2001:db8:1::3]:443 -i -w 60 --tun-type ipip",
        ].sort(),
      );
    }));

  Deno.test("a table of another network namespace is the one that is changed, and nothing else moves there", () =>
    withTable((ipvs) => {
      const own = Deno.readLinkSync("/proc/self/ns/net");
      run("ip", "netns", "add", "hfipvs");
      const there = new LinuxIpvs(ipvsSystem("hfipvs"));
      try {
        assertEquals(there.apply([{ type: "add-virtual-server", entry: virtualServer(http, "rr") }]), []);
        assertEquals(run("ip", "netns", "exec", "hfipvs", "ipvsadm", "-S", "-n").trim(), "-A -t 192.0.2.1:80 -s rr");
        assertEquals([ipvs.read().length, savedRules(), Deno.readLinkSync("/proc/self/ns/net")], [0, [], own]);
      } finally {
        there.close();
        run("ip", "netns", "exec", "hfipvs", "ipvsadm", "-C"); // what goes with it in its own time holds the module
        run("ip", "netns", "del", "hfipvs");
      }
    }));

  Deno.test("LinuxIpvs.apply() deletes what is gone already without complaint", () =>
    withTable((ipvs) => {
      assertEquals(
        ipvs.apply([
          { type: "delete-virtual-server", key: http },
          { type: "delete-real-server", key: http, address: "10.0.0.2", port: 80 },
          { type: "add-virtual-server", entry: virtualServer(dns, "rr") },
          { type: "delete-real-server", key: dns, address: "10.0.0.2", port: 53 },
        ]),
        [],
      );
    }));

  Deno.test("LinuxIpvs.apply() reports each refused command in plain words and carries out the others", () =>
    withTable((ipvs) => {
      const failures = ipvs.apply([
        { type: "add-virtual-server", entry: virtualServer(http, "xyz") },
        { type: "add-virtual-server", entry: virtualServer(dns, "rr") },
        { type: "add-real-server", key: http, entry: realServer("10.0.0.2", 80, "nat", 1) },
        { type: "add-real-server", key: dns, entry: realServer("224.0.0.1", 53, "nat", 1) },
        { type: "add-real-server", key: dns, entry: { ...realServer("10.0.0.3", 53, "nat", 1), lowerThreshold: 1 } },
        { type: "set-virtual-server", entry: virtualServer(dns, "xyz") },
        { type: "add-real-server", key: dns, entry: realServer("10.0.0.2", 53, "nat", 1) },
      ]);
      assertEquals(failures.map(({ message }) => message), [
        "Cannot add virtual server tcp 192.0.2.1:80: scheduler `xyz` is not available in this kernel (ENOENT)",
        "Cannot add real server 10.0.0.2:80 to tcp 192.0.2.1:80: the kernel has no such virtual server (ESRCH)",
        "Cannot add real server 224.0.0.1:53 to udp 192.0.2.1:53: the address must be unicast or the director's own, " +
        "and of the virtual server's family unless tunneled (EINVAL)",
        "Cannot add real server 10.0.0.3:53 to udp 192.0.2.1:53: the weight is negative, or the lower connection " +
        "threshold is above the upper one (ERANGE)",
        "Cannot change virtual server udp 192.0.2.1:53: scheduler `xyz` is not available in this kernel (ENOENT)",
      ]);
      assertEquals(savedRules(), ["-A -u 192.0.2.1:53 -s rr", "-a -u 192.0.2.1:53 -r 10.0.0.2:53 -m -w 1"]);
    }));

  Deno.test("LinuxIpvs writes and reads a virtual server with 1000 real servers", () =>
    withTable((ipvs) => {
      const realServers = Array.from(
        { length: 1000 },
        (_, index) => realServer(`10.1.${index >> 8}.${index & 255}`, 80, "nat", index),
      );
      const large = { entry: virtualServer(http, "wrr"), realServers };
      const start = performance.now();
      assertEquals(ipvs.apply(additions([large])), []);
      const written = performance.now();
      assertEquals(readEntries(ipvs), sortEntries([large]));
      const read = performance.now();
      assertEquals(savedRules().length, 1001);
      console.log(`1000 real servers: written in ${ms(written - start)}, read and compared in ${ms(read - written)}`);
    }));

  Deno.test("LinuxIpvs.read() counts a live connection in the 64 bit counters", async () => {
    const addresses = ["192.0.2.1/32", "10.0.0.2/32"];
    for (const address of addresses) run("ip", "address", "add", address, "dev", "lo");
    const listener = Deno.listen({ hostname: "10.0.0.2", port: 8080 });
    try {
      await withTable(async (ipvs) => {
        ipvs.apply([
          { type: "add-virtual-server", entry: virtualServer(http, "rr") },
          { type: "add-real-server", key: http, entry: realServer("10.0.0.2", 8080, "nat", 1) },
        ]);
        const [client, server] = await Promise.all([
          Deno.connect({ hostname: "192.0.2.1", port: 80 }),
          listener.accept(),
        ]);
        try {
          assertEquals(ipvs.read()[0]?.realServers[0]?.activeConnections, 1);
          const counters = await counted(ipvs);
          assertEquals(counters.connections, 1);
          // SYN and ACK, of 60 and 52 bytes with Linux's TCP options; SYN ACK back.
          assertEquals([counters.packetsIn, counters.bytesIn], [2, 112]);
          assertEquals([counters.packetsOut, counters.bytesOut], [1, 60]);
        } finally {
          client.close();
          server.close();
        }
      });
    } finally {
      listener.close();
      for (const address of addresses) run("ip", "address", "delete", address, "dev", "lo");
    }
  });

  Deno.test("LinuxIpvs says which capability is missing when it is not root", () => {
    // Back to root by the saved user id. The capabilities go and come with the effective one.
    check(libc().setresuid(UNCHANGED, NOBODY, UNCHANGED), "become nobody");
    const ipvs = new LinuxIpvs();
    try {
      assertThrows(() => ipvs.read(), IpvsUnavailableError, "the capability CAP_NET_ADMIN is missing (EPERM)");
    } finally {
      ipvs.close();
      check(libc().setresuid(UNCHANGED, 0, UNCHANGED), "become root again");
    }
  });

  // Only on a machine that is there for tests: others may be using the module.
  if (!required) return;
  Deno.test("LinuxIpvs finds the module again after it was unloaded and loaded, with another family number", () =>
    withTable((ipvs) => {
      ipvs.apply(additions(TABLE));
      reloadModule();
      assertEquals(ipvs.read(), []);
      reloadModule();
      assertEquals(ipvs.apply(additions(TABLE)), []);
      assertEquals(savedRules(), [...SAVED].sort());
    }));
}

/** Why these tests cannot run here. */
function whyNot(): string | undefined {
  if (libc().geteuid() !== 0) return "needs root";
  const ipvs = new LinuxIpvs();
  try {
    if (ipvs.read().length > 0) return "the IPVS table of this machine is in use";
    ipvsadm("--version");
    return undefined;
  } catch (error) {
    if (error instanceof IpvsUnavailableError) return error.message;
    if (error instanceof Deno.errors.NotFound) return "needs ipvsadm";
    throw error;
  } finally {
    ipvs.close();
  }
}

/** The counters of the one real server, once the kernel's estimator (every 2 s) has summed them up. */
async function counted(ipvs: LinuxIpvs): Promise<{ [name: string]: number }> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const counters = ipvs.read()[0]?.realServers[0]?.counters;
    // All of the one request: it may have looked between its packets.
    if (counters !== undefined && counters.connections > 0 && counters.packetsIn >= 2 && counters.packetsOut >= 1) {
      return { ...counters };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no connection was counted in a minute");
}

function reloadModule(): void {
  ipvsadm("-C");
  const loaded = Deno.readTextFileSync("/proc/modules").split("\n").map((line) => line.split(" ")[0] ?? "");
  const schedulers = loaded.filter((name) => name.startsWith("ip_vs_"));
  run("modprobe", "-r", ...schedulers, "ip_vs");
  assert(!Deno.readTextFileSync("/proc/modules").includes("ip_vs "));
  run("modprobe", "ip_vs");
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
