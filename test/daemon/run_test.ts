// The daemon in a network namespace, from source and compiled: its processes, its signals, what it leaves behind.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand, sourceCommand } from "../support/holdfast.ts";
import { findRole, killRole, readProcess, roleProcess, rolesOf } from "../support/processes.ts";
import { testWith } from "../support/requirements.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";
import { speakerConfig } from "../support/vrrp_speaker.ts";

const VIP = "10.9.0.100";
const LIMIT_MS = 30_000;
const CONFIG = speakerConfig({
  version: 3,
  advertisementIntervalSeconds: 0.1,
  priority: 200,
  virtualAddresses: [`${VIP}/24`],
});

const RUN = [...holdfastCommand(), "run", "--api", "off"];

const commands = Deno.env.get("HOLDFAST")
  ? [["from source", sourceCommand()], ["compiled", holdfastCommand()]] as const
  : [["from source", sourceCommand()]] as const;

for (const [index, [how, command]] of commands.entries()) {
  test(`${how}: starts its roles, serves, and ends without a trace`, `hfrun${index}`, async (lab) => {
    const daemon = lab.start([...command, "run"]);
    const get = async (path: string): Promise<string> =>
      (await tryRun(...inside(lab.hosts.a, ["curl", "-s", "-m", "5", `http://127.0.0.1:8404${path}`]))).output;
    await lab.comes("it is master", lab.hasVip);
    await lab.comes("it serves", async () => (await get("/healthz")).trim() === "ok");
    await lab.comes("the status tells so", async () => (await get("/api/v1/status")).includes('"master"'));
    assertEquals(rolesOf(daemon.pid), ["api", "vrrp"]);
    assertEquals(threadUsers(roleProcess(daemon.pid, "api")), ["65534"]);
    assertEquals(threadCapabilities(roleProcess(daemon.pid, "api")), ["0000000000000000"]);

    const vrrp = roleProcess(daemon.pid, "vrrp");
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) Deno.kill(vrrp, signal);
    const status = await daemon.stop();
    assertEquals({ code: status.code, signal: status.signal }, { code: 0, signal: null }, daemon.output);
    assert(!await lab.hasVip(), "the address is gone");
    assertStringIncludes(daemon.output, "(VI_1) Stopped");
    assert(!daemon.output.includes("ended with status"), `no role died:\n${daemon.output}`);
  });

  test(`${how}: a role that keeps dying is not started in a hurry`, `hfdie${index}`, async (lab) => {
    const daemon = lab.start([...command, "run", "--api", "off"]);
    await lab.comes("it is master", lab.hasVip);
    const first = roleProcess(daemon.pid, "vrrp");
    Deno.kill(first, "SIGKILL");
    await lab.comes("it is started at once", () => ![undefined, first].includes(findRole(daemon.pid, "vrrp")));
    const { namespace } = lab.hosts.a;
    const monitor = new BackgroundProcess(["ip", "-n", namespace, "monitor", "address"]);
    await lab.comes("somebody watches", async () => {
      for (const change of ["add", "del"]) {
        await run("ip", "-n", namespace, "addr", change, "192.0.2.1/32", "dev", "lo");
      }
      return monitor.output.includes("192.0.2.1");
    });
    killRole(daemon.pid, "vrrp");
    // Nobody advertises while the back-off runs: the address must not stay where no router answers for it.
    await lab.comes("the address is taken off", () => /Deleted .* 10\.9\.0\.100\//.test(monitor.output));
    await lab.comes("it is started again and master", lab.hasVip);
    await monitor.stop();
    assertStringIncludes(daemon.output, "starting it again at once");
    assertStringIncludes(daemon.output, "starting it again in 0.25 s");
  });
}

test("an interface that goes down, is deleted and made again ends and begins mastership", "hfiface", async (lab) => {
  const daemon = lab.start(RUN);
  const { a } = lab.hosts;
  const says = (text: string): Promise<void> => lab.comes(text, () => daemon.output.includes(text));
  await lab.comes("it is master", lab.hasVip);
  await run("ip", "-n", a.namespace, "link", "set", "eth0", "down");
  await says("Entering FAULT STATE (interface eth0 is down)");
  await lab.comes("the address is gone", async () => !await lab.hasVip());
  await run("ip", "-n", a.namespace, "link", "set", "eth0", "up");
  await lab.comes("it is master again", lab.hasVip);
  const faults = (): number => daemon.output.split("Entering FAULT STATE (interface eth0 ").length;
  const before = faults();
  await lab.hosts.unplug(a); // seen as down first, or gone at once
  await lab.comes("the interface is gone", () => faults() > before);
  await lab.hosts.plugIn(a);
  await lab.comes("it is master on the new interface", lab.hasVip);
  await run("ip", "-n", a.namespace, "addr", "del", `${VIP}/24`, "dev", "eth0");
  await says(`address ${VIP} was removed by somebody else`);
  await lab.comes("it is master after that", lab.hasVip);
  assert(!daemon.output.includes("ended with status"), `no role died:\n${daemon.output}`);
});

test("what a killed predecessor left is removed before anything is served", "hfleft", async (lab) => {
  const first = lab.start(RUN);
  await lab.comes("it is master", lab.hasVip);
  await first.killTree();
  assert(await lab.hasVip(), "a killed one leaves its address");
  const second = lab.start(RUN);
  await lab.comes("it becomes master in its turn", () => second.output.includes("Entering MASTER STATE"));
  assertMatch(second.output, /removing 10\.9\.0\.100, left over on eth0[\s\S]*Entering BACKUP STATE/);
  assert(await lab.hasVip());
});

test("a second one in the same network namespace is refused, and the first goes on", "hftwice", async (lab) => {
  lab.start(RUN);
  await lab.comes("it is master", lab.hasVip);
  assertEquals(await tryRun(...inside(lab.hosts.a, [...RUN, "-f", lab.file])), {
    success: false,
    code: 1,
    output: "error: Holdfast is already running in this network namespace\n",
  });
  assert(await lab.hasVip(), "the first one's address is left alone");
  const neighbour = lab.start(RUN, lab.hosts.b);
  await lab.comes("another namespace has its own", () => neighbour.output.includes("Entering BACKUP"));
});

/** What a test of this file works with. */
interface Lab {
  readonly hosts: TwoHosts;
  /** The configuration that `start` gives to every daemon. */
  readonly file: string;
  /** Starts a daemon, on host a if not told otherwise; it is killed when the test ends. */
  readonly start: (command: readonly string[], host?: TestHost) => BackgroundProcess;
  /** Whether host a has the virtual address. */
  readonly hasVip: () => Promise<boolean>;
  /** Resolves when the condition holds. */
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}

/** A test with two hosts of its own, which are gone afterwards with everything on them. */
function test(name: string, hostsName: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["root", "program:ip", "program:curl"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, CONFIG);
    const started: BackgroundProcess[] = [];
    const start = (command: readonly string[], host: TestHost = hosts.a): BackgroundProcess => {
      const daemon = new BackgroundProcess(inside(host, [...command, "-f", file]));
      started.push(daemon);
      return daemon;
    };
    const story = (): string => started.map((daemon) => daemon.output).join("\n---\n");
    try {
      await body({
        hosts,
        file,
        start,
        hasVip: () => hosts.has(hosts.a, VIP),
        comes: (what, condition) => until(what, condition, LIMIT_MS, story),
      });
    } finally {
      for (const daemon of started) await daemon.killTree();
      await Deno.remove(file);
      await hosts.close();
    }
  });
}

function threadUsers(pid: number): string[] {
  return perThread(pid, /^Uid:\s+(\d+)\s+\1\s+\1\s+\1$/m);
}

function threadCapabilities(pid: number): string[] {
  return perThread(pid, /^CapEff:\s+([0-9a-f]+)$/m);
}

/** Distinct values of a field over all threads of a process. */
function perThread(pid: number, field: RegExp): string[] {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)];
  const texts = threads.map(({ name }) => readProcess(pid, `task/${name}/status`)).filter((text) => text !== ""); // ended
  const values = texts.map((text) => text.match(field)?.[1] ?? "other");
  return [...new Set(values)];
}
