// `holdfast realserver` with the tunnels of the VM's kernel: packets in IP in IP, as a director sends them, are served.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, run, tryRun, until } from "../support/command.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

/** The command without the command line, whose packages the VM has not. */
const PROGRAM = `
  import { realServer } from "${new URL("../../src/cli/realserver.ts", import.meta.url)}";
  const [action, address] = Deno.args;
  Deno.exitCode = realServer(action, [address], { forwarding: "tun", dryRun: false });
`;
const WEB_SERVER = `Deno.serve({ hostname: "::", port: 8080 }, () => new Response("page"))`;
const CASES = [
  { vip: "192.0.2.80", device: "tunl0", url: "http://192.0.2.80:8080/", prefix: 32, own: "10.9.0.1" },
  { vip: "2001:db8:1::80", device: "ip6tnl0", url: "http://[2001:db8:1::80]:8080/", prefix: 128, own: "2001:db8::1" },
] as const;

testWith(["root", "program:ip", "program:curl"], "realserver up --forwarding tun", async () => {
  const hosts = await TwoHosts.create("hf-tun");
  const { a: director, b: server } = hosts;
  const web = new BackgroundProcess(inside(server, [Deno.execPath(), "eval", "--no-lock", WEB_SERVER]));
  const answers = async (url: string): Promise<boolean> =>
    (await tryRun(...inside(director, ["curl", "-s", "-m", "3", "-o", "/dev/null", url]))).success;
  const realServer = (...args: string[]): ReturnType<typeof tryRun> =>
    tryRun(...inside(server, [Deno.execPath(), "eval", "--no-lock", PROGRAM, ...args]));
  try {
    // A strict filter everywhere, as distributions have it.
    const strict = "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done";
    await run(...inside(server, ["sh", "-c", strict]));
    await run("ip", "-n", director.namespace, "addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
    await run("ip", "-n", server.namespace, "addr", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
    await run("ip", "-n", director.namespace, ..."tunnel add out4 mode ipip local 10.9.0.1 remote 10.9.0.2".split(" "));
    const six = "-6 tunnel add out6 mode ip6ip6 local 2001:db8::1 remote 2001:db8::2 encaplimit none";
    await run("ip", "-n", director.namespace, ...six.split(" "));
    await until("the web server answers", () => answers("http://10.9.0.2:8080/"), 30_000, () => web.output);
    for (const { vip, device, url, prefix, own } of CASES) {
      const tunnel = prefix === 32 ? "out4" : "out6";
      await run("ip", "-n", director.namespace, "link", "set", tunnel, "up");
      await run("ip", "-n", director.namespace, "route", "add", `${vip}/${prefix}`, "dev", tunnel, "src", own);
      for (const name of ["all", tunnel, "eth0"]) {
        const path = `/proc/sys/net/ipv4/conf/${name}/rp_filter`;
        await run(...inside(director, ["sh", "-c", `echo 0 > ${path}`]));
      }
      assert(!await answers(url), `${vip} is not served yet`);
      const up = await realServer("up", vip);
      assertEquals(up.code, 0, up.output);
      assertEquals((await realServer("status", vip)).output, `${vip} tun: ready\n`);
      // The sending tunnel remembers for a while that its peer was none.
      await until(`${vip} is served`, () => answers(url), 60_000, () => up.output);
      assertEquals((await realServer("down", vip)).code, 0);
      assert(!await answers(url), `${vip} is not served any more`);
      const { output } = await tryRun("ip", "-n", server.namespace, "-br", "link", "show", device);
      assert(!output.includes("UP"), output);
    }
  } finally {
    await web.killTree();
    await hosts.close();
  }
});
