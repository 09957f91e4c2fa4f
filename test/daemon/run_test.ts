// The daemon in a network namespace, from source and compiled: its processes, its signals, what it leaves behind.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, descendants, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand, sourceCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";
import { speakerConfig } from "../support/vrrp_speaker.ts";

const VIP = "10.9.0.100";
const LIMIT_MS = 30_000;
const CONFIG = speakerConfig({
  version: 3,
  advertisementIntervalSeconds: 0.1,
  priority: 200,
  virtualAddresses: [`${VIP}/24`],
});

const commands = Deno.env.get("HOLDFAST")
  ? [["from source", sourceCommand()], ["compiled", holdfastCommand()]] as const
  : [["from source", sourceCommand()]] as const;

for (const [index, [how, command]] of commands.entries()) {
  testWith(
    ["root", "program:ip", "program:curl"],
    `${how}: starts its roles, serves, and ends without a trace`,
    async () => {
      const hosts = await TwoHosts.create(`hfrun${index}`);
      const file = await Deno.makeTempFile({ suffix: ".conf" });
      await Deno.writeTextFile(file, CONFIG);
      const daemon = new BackgroundProcess(inside(hosts.a, [...command, "run", "-f", file]));
      const get = (path: string): ReturnType<typeof tryRun> =>
        tryRun(...inside(hosts.a, ["curl", "-s", "-m", "5", `http://127.0.0.1:8404${path}`]));
      try {
        await until("it is master", () => hosts.has(hosts.a, VIP), LIMIT_MS, () => daemon.output);
        await until(
          "it serves",
          async () => (await get("/healthz")).output.trim() === "ok",
          LIMIT_MS,
          () => daemon.output,
        );
        await until(
          "the status tells so",
          async () => (await get("/api/v1/status")).output.includes('"master"'),
          LIMIT_MS,
        );
        assertEquals(roles(daemon.pid), ["api", "vrrp"]);
        assertEquals(threadUsers(rolePid(daemon.pid, "api")), ["65534"]);
        assertEquals(threadCapabilities(rolePid(daemon.pid, "api")), ["0000000000000000"]);

        const vrrp = rolePid(daemon.pid, "vrrp");
        for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) Deno.kill(vrrp, signal);
        const status = await daemon.stop();
        assertEquals({ code: status.code, signal: status.signal }, { code: 0, signal: null }, daemon.output);
        assert(!await hosts.has(hosts.a, VIP), "the address is gone");
        assertStringIncludes(daemon.output, "(VI_1) Stopped");
        assert(!daemon.output.includes("ended with status"), `no role died:\n${daemon.output}`);
      } finally {
        await daemon.killTree();
        await Deno.remove(file);
        await hosts.close();
      }
    },
  );

  testWith(
    ["root", "program:ip"],
    `${how}: a role that keeps dying is not started in a hurry, and leaves no address behind`,
    async () => {
      const hosts = await TwoHosts.create(`hfdie${index}`);
      const file = await Deno.makeTempFile({ suffix: ".conf" });
      await Deno.writeTextFile(file, CONFIG);
      const daemon = new BackgroundProcess(inside(hosts.a, [...command, "run", "-f", file, "--api", "off"]));
      try {
        await until("it is master", () => hosts.has(hosts.a, VIP), LIMIT_MS, () => daemon.output);
        const first = rolePid(daemon.pid, "vrrp");
        Deno.kill(first, "SIGKILL");
        await until("it is started at once", () => newRole(daemon.pid, first), LIMIT_MS, () => daemon.output);
        const second = rolePid(daemon.pid, "vrrp");
        Deno.kill(second, "SIGKILL");
        // Nobody advertises while the back-off runs: the address must not stay where no router answers for it.
        await until(
          "the address is taken off",
          async () => !await hosts.has(hosts.a, VIP),
          LIMIT_MS,
          () => daemon.output,
        );
        await until(
          "it is started again and master",
          () => hosts.has(hosts.a, VIP),
          LIMIT_MS,
          () => daemon.output,
        );
        assertStringIncludes(daemon.output, "starting it again at once");
        assertStringIncludes(daemon.output, "starting it again in 0.25 s");
      } finally {
        await daemon.killTree();
        await Deno.remove(file);
        await hosts.close();
      }
    },
  );
}

testWith(
  ["root", "program:ip"],
  "an interface that goes down, is deleted and made again ends and begins mastership",
  async () => {
    const hosts = await TwoHosts.create("hfiface");
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, CONFIG);
    const daemon = new BackgroundProcess(inside(hosts.a, [...holdfastCommand(), "run", "-f", file, "--api", "off"]));
    const isMaster = (): Promise<boolean> => hosts.has(hosts.a, VIP);
    const says = (text: string): Promise<void> =>
      until(text, () => daemon.output.includes(text), LIMIT_MS, () => daemon.output);
    try {
      await until("it is master", isMaster, LIMIT_MS, () => daemon.output);
      await run("ip", "-n", hosts.a.namespace, "link", "set", "eth0", "down");
      await says("Entering FAULT STATE (interface eth0 is down)");
      await until("the address is gone", async () => !await isMaster(), LIMIT_MS);
      await run("ip", "-n", hosts.a.namespace, "link", "set", "eth0", "up");
      await until("it is master again", isMaster, LIMIT_MS, () => daemon.output);
      await hosts.unplug(hosts.a);
      await says("Entering FAULT STATE (interface eth0 does not exist");
      await hosts.plugIn(hosts.a);
      await until("it is master on the new interface", isMaster, LIMIT_MS, () => daemon.output);
      await run("ip", "-n", hosts.a.namespace, "addr", "del", `${VIP}/24`, "dev", "eth0");
      await says(`address ${VIP} was removed by somebody else`);
      await until("it is master after that", isMaster, LIMIT_MS, () => daemon.output);
      assert(!daemon.output.includes("ended with status"), `no role died:\n${daemon.output}`);
    } finally {
      await daemon.killTree();
      await Deno.remove(file);
      await hosts.close();
    }
  },
);

testWith(["root", "program:ip"], "what a killed predecessor left is removed before anything is served", async () => {
  const hosts = await TwoHosts.create("hfleft");
  const file = await Deno.makeTempFile({ suffix: ".conf" });
  await Deno.writeTextFile(file, CONFIG);
  const command = inside(hosts.a, [...holdfastCommand(), "run", "-f", file, "--api", "off"]);
  const first = new BackgroundProcess(command);
  let second: BackgroundProcess | undefined;
  try {
    await until("it is master", () => hosts.has(hosts.a, VIP), LIMIT_MS, () => first.output);
    await first.killTree();
    assert(await hosts.has(hosts.a, VIP), "a killed one leaves its address");
    second = new BackgroundProcess(command);
    const output = (): string => second?.output ?? "";
    await until("it becomes master in its turn", () => output().includes("Entering MASTER STATE"), LIMIT_MS, output);
    assertMatch(output(), /removing 10\.9\.0\.100, left over on eth0[\s\S]*Entering BACKUP STATE/);
    assert(await hosts.has(hosts.a, VIP));
  } finally {
    await first.killTree();
    await second?.killTree();
    await Deno.remove(file);
    await hosts.close();
  }
});

testWith(
  ["root", "program:ip"],
  "a second one in the same network namespace is refused, and the first goes on",
  async () => {
    const hosts = await TwoHosts.create("hftwice");
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, CONFIG);
    const command = [...holdfastCommand(), "run", "-f", file, "--api", "off"];
    const daemon = new BackgroundProcess(inside(hosts.a, command));
    try {
      await until("it is master", () => hosts.has(hosts.a, VIP), LIMIT_MS, () => daemon.output);
      assertEquals(await tryRun(...inside(hosts.a, command)), {
        success: false,
        code: 1,
        output: "error: Holdfast is already running in this network namespace\n",
      });
      assert(await hosts.has(hosts.a, VIP), "the first one's address is left alone");
      const neighbour = new BackgroundProcess(inside(hosts.b, command));
      await until("another namespace has its own", () => neighbour.output.includes("Entering BACKUP"), LIMIT_MS);
      await neighbour.stop();
    } finally {
      await daemon.killTree();
      await Deno.remove(file);
      await hosts.close();
    }
  },
);

/** Names of the roles that run below a process, sorted. */
function roles(pid: number): string[] {
  return descendants(pid).map(roleOf).filter((role) => role !== undefined).sort();
}

function rolePid(pid: number, role: string): number {
  const found = descendants(pid).find((child) => roleOf(child) === role);
  assert(found !== undefined, `no ${role} role`);
  return found;
}

function newRole(pid: number, old: number): boolean {
  return descendants(pid).some((child) => child !== old && roleOf(child) === "vrrp");
}

function roleOf(pid: number): string | undefined {
  return read(`/proc/${pid}/cmdline`).match(/\0(vrrp|health|api)\0--link\0/)?.[1];
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
  const values = threads.map(({ name }) => read(`/proc/${pid}/task/${name}/status`).match(field)?.[1] ?? "other");
  return [...new Set(values)];
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended
  }
}
