// `holdfast realserver` on a host of its own: it takes packets for the virtual address and keeps silent about it.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

const VIPS = ["192.0.2.80", "2001:db8:1::80"];
const SETTINGS = ["arp_ignore", "arp_announce"].map((name) => `/proc/sys/net/ipv4/conf/all/${name}`);
const WEB_SERVER = ["python3", "-m", "http.server", "--bind", "::", "8080"];

/** A client and a real server beside it. */
class Lab {
  readonly hosts: TwoHosts;

  constructor(hosts: TwoHosts) {
    this.hosts = hosts;
  }

  onServer(...command: string[]): Promise<string> {
    return run(...inside(this.hosts.b, command));
  }

  realServer(...args: string[]): ReturnType<typeof tryRun> {
    return tryRun(...inside(this.hosts.b, [...holdfastCommand(), "realserver", ...args]));
  }

  /** Whether the client gets a page from an address. */
  async answers(address: string): Promise<boolean> {
    const url = `http://${address.includes(":") ? `[${address}]` : address}:8080/`;
    return (await tryRun(...inside(this.hosts.a, ["curl", "-s", "-m", "2", "-o", "/dev/null", url]))).success;
  }

  async client(...words: string[]): Promise<void> {
    await run("ip", "-n", this.hosts.a.namespace, ...words);
  }

  async server(...words: string[]): Promise<void> {
    await run("ip", "-n", this.hosts.b.namespace, ...words);
  }

  settings(): Promise<string> {
    return this.onServer("cat", ...SETTINGS);
  }
}

function realServerTest(name: string, hostsName: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["root", "program:ip", "program:curl", "program:python3"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const folder = await Deno.makeTempDir();
    const web = new BackgroundProcess(inside(hosts.b, [...WEB_SERVER, "--directory", folder]));
    try {
      const lab = new Lab(hosts);
      await until("the web server answers", () => lab.answers(hosts.b.address), 20_000, () => web.output);
      await body(lab);
      await lab.realServer("down");
    } finally {
      await web.killTree();
      await hosts.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

realServerTest("realserver, direct routing: silent about the address, and serves it", "hf-real-dr", async (lab) => {
  await lab.client("route", "add", "192.0.2.80/32", "dev", "eth0");
  await lab.client("addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
  await lab.client("-6", "route", "add", "2001:db8:1::80/128", "dev", "eth0");
  await lab.server("addr", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
  const before = await lab.settings();

  // The trap that the command is for: an address on lo is answered for on every link.
  await lab.server("addr", "add", "192.0.2.80/32", "dev", "lo");
  await until("without the settings it answers ARP", () => lab.answers("192.0.2.80"), 20_000);
  assertEquals((await lab.realServer("status", ...VIPS)).code, 1);
  await lab.server("addr", "del", "192.0.2.80/32", "dev", "lo");
  await lab.client("neigh", "flush", "dev", "eth0");

  const dry = await lab.realServer("up", ...VIPS, "--dry-run");
  assertEquals(await lab.settings(), before);
  const up = await lab.realServer("up", ...VIPS);
  assertEquals([up.code, up.output], [0, dry.output]);
  assertStringIncludes(up.output, "ip addr add 192.0.2.80/32 dev lo\n");
  assertEquals(await lab.realServer("up", ...VIPS), { success: true, code: 0, output: "# nothing to do\n" });
  assertEquals((await lab.realServer("status")).output, VIPS.map((vip) => `${vip} dr: ready\n`).join(""));
  const link = (await lab.onServer("cat", "/sys/class/net/eth0/address")).trim();
  for (const vip of VIPS) {
    assert(!await lab.answers(vip), `${vip} is not answered for`);
    // What the director does: the packet goes to the hardware address of the server.
    await lab.client("neigh", "replace", vip, "lladdr", link, "dev", "eth0");
    await until(`${vip} is served`, () => lab.answers(vip), 20_000);
  }

  const one = await lab.realServer("down", "2001:db8:1::80");
  assertEquals([one.code, one.output], [0, "ip addr del 2001:db8:1::80/128 dev lo\n"]);
  assertEquals((await lab.realServer("down")).code, 0);
  assertEquals(await lab.settings(), before);
  for (const vip of VIPS) assert(!await lab.hosts.has(lab.hosts.b, vip));
  assertEquals((await lab.realServer("status")).output, "no virtual address was put up here\n");

  await lab.server("addr", "add", "192.0.2.80/32", "dev", "eth0");
  const refused = await lab.realServer("up", "192.0.2.80");
  assertEquals([refused.code, refused.output.includes("192.0.2.80 is on eth0")], [1, true]);
  assertEquals((await lab.realServer("up", "server.example")).code, 1);
});

realServerTest("realserver, tunneling: device and filter, and back", "hf-real-tun", async (lab) => {
  // A link of the tunnel's name stands in for it: not every kernel has the module (the VM has: test/integration).
  await lab.server("link", "add", "tunl0", "type", "veth", "peer", "name", "far");
  await lab.server("link", "set", "far", "up");
  const filter = async (): Promise<string> =>
    (await lab.onServer("cat", "/proc/sys/net/ipv4/conf/tunl0/rp_filter")).trim();
  const before = [await filter(), await lab.settings()];
  const up = await lab.realServer("up", "192.0.2.80", "--forwarding", "tun");
  assertEquals(up.code, 0, up.output);
  assertEquals([(await lab.realServer("status")).output, await filter()], ["192.0.2.80 tun: ready\n", "2"]);
  assertEquals((await lab.realServer("up", "192.0.2.80")).code, 1, "it is up in another way");
  assertEquals((await lab.realServer("down")).code, 0);
  assertEquals([await filter(), await lab.settings()], before);
  assertStringIncludes(await lab.onServer("ip", "-br", "link", "show", "tunl0"), "DOWN");
});
