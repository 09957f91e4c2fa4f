// Holdfast's BFD and Debian's keepalived's on one link: up, dead, back, ended in order, cut off, over both IP versions, and
// a VRRP instance that moves because of it. keepalived's VRRP is a second process: it lives on when its BFD dies.
import { assert } from "../../assert.ts";
import { BackgroundProcess, run, tryRun, until } from "../../support/command.ts";
import { holdfastCommand } from "../../support/holdfast.ts";
import { killRole, roleProcess } from "../../support/processes.ts";
import { testWith } from "../../support/requirements.ts";
import { inside, TwoHosts } from "../../support/two_hosts.ts";

const LIMIT_MS = 30_000;
const VIP = "10.9.0.100";

interface Setup {
  readonly family: 4 | 6;
  readonly address: (host: "a" | "b") => string;
  /** Lines of either's bfd_instance. */
  readonly holdfast: string;
  readonly keepalived: string;
}

const setups: readonly Setup[] = [
  {
    family: 4,
    address: (host) => host === "a" ? "10.9.0.1" : "10.9.0.2",
    holdfast: "min_tx 200\n  min_rx 200\n  multiplier 10",
    keepalived: "min_tx 160\n  min_rx 240\n  multiplier 12",
  },
  {
    family: 6,
    address: (host) => host === "a" ? "2001:db8:9::1" : "2001:db8:9::2",
    holdfast: "min_tx 200\n  min_rx 200\n  multiplier 10\n  passive",
    keepalived: "min_tx 200\n  min_rx 200\n  multiplier 10",
  },
];

for (const setup of setups) {
  testWith(
    ["root", "program:ip", "program:curl", "program:keepalived"],
    `BFD over IPv${setup.family}: a session with keepalived moves an instance, and survives the death of our role`,
    () => scenario(setup),
  );
}

function bfd(neighbor: string, source: string, lines: string): string {
  return `bfd_instance peer {\n  neighbor_ip ${neighbor}\n  source_ip ${source}\n  ${lines}\n}\n`;
}

function instance(priority: number, more = ""): string {
  return `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${VIP}/24
  }
${more}}
`;
}

const TRACKS = "  track_bfd {\n    peer weight 60\n  }\n";

async function scenario({ family, address, holdfast, keepalived }: Setup): Promise<void> {
  const hosts = await TwoHosts.create(`hfbfd${family}`);
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bfd-" });
  const started: BackgroundProcess[] = [];
  const start = (host: "a" | "b", ...command: readonly string[]): BackgroundProcess => {
    const process = new BackgroundProcess(inside(hosts[host], command));
    started.push(process);
    return process;
  };
  const keepalivedOf = (name: string, ...flags: readonly string[]): BackgroundProcess => {
    const files = ["-p", "-r", "-c", "-b"].flatMap((flag) => [flag, `${folder}/${name}${flag}.pid`]);
    // One that was killed left them: it would refuse to start.
    for (const { name: file } of Deno.readDirSync(folder)) {
      if (file.startsWith(`${name}-`)) Deno.removeSync(`${folder}/${file}`);
    }
    return start("b", "keepalived", "-n", "-l", "-D", "-f", `${folder}/${name}.conf`, ...files, ...flags);
  };
  const story = (): string => started.map(({ pid, output }) => `--- ${pid}\n${output}`).join("\n");
  const comes = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
    until(what, condition, LIMIT_MS, story);
  const status = async (): Promise<{ priority?: number; bfdRole?: number }> => {
    const url = "http://127.0.0.1:8404/api/v1/status";
    const { success, output } = await tryRun(...inside(hosts.a, ["curl", "-s", "-m", "5", url]));
    if (!success) return {};
    const { roles, vrrpInstances } = JSON.parse(output);
    const role = roles.find(({ name }: { name: string }) => name === "bfd");
    return { priority: vrrpInstances[0]?.priority.effective, bfdRole: role?.pid };
  };
  const isUp = async (): Promise<boolean> => (await status()).priority === 160 && await hosts.has(hosts.a, VIP);
  const isDown = async (): Promise<boolean> => (await status()).priority === 100;
  const addIpv6 = async (host: "a" | "b"): Promise<void> => {
    if (family === 6) {
      await run("ip", "-n", hosts[host].namespace, "addr", "add", `${address(host)}/64`, "dev", "eth0", "nodad");
    }
  };
  try {
    for (const host of ["a", "b"] as const) await addIpv6(host);
    await Deno.writeTextFile(`${folder}/bfd.conf`, bfd(address("a"), address("b"), keepalived));
    await Deno.writeTextFile(`${folder}/vrrp.conf`, instance(130));
    const ours = (lines: string): Promise<void> =>
      Deno.writeTextFile(`${folder}/a.conf`, bfd(address("b"), address("a"), lines) + instance(100, TRACKS));
    await ours(holdfast);
    keepalivedOf("vrrp", "-P");
    let peer = keepalivedOf("bfd");
    const daemon = start("a", ...holdfastCommand(), "run", "-f", `${folder}/a.conf`);
    await comes("the session is up and moves the instance here", isUp);
    await comes("keepalived says so, too", () => /Entering up state/i.test(peer.output));

    await peer.killTree();
    await comes(
      "the silence is noticed, and the other VRRP takes over",
      async () => await isDown() && await hosts.has(hosts.b, VIP),
    );
    peer = keepalivedOf("bfd");
    await comes("it comes back", isUp);
    await peer.stop();
    await comes("an end in order is noticed", isDown);
    peer = keepalivedOf("bfd");
    await comes("it comes back again", isUp);

    await hosts.powerOff(hosts.b);
    await comes("a lost link is noticed", isDown);
    await hosts.powerOn(hosts.b);
    await addIpv6("b");
    await comes("the link comes back", isUp);

    // Our own role dies: nothing of what depends on it may move.
    const before = daemon.output.length;
    const bfdRole = roleProcess(daemon.pid, "bfd");
    await comes("the status has its process", async () => (await status()).bfdRole === bfdRole);
    const lines = (): string[] => daemon.output.slice(before).split(/^.* error: the bfd role/m)[1]?.split("\n") ?? [];
    Deno.kill(bfdRole, "SIGKILL");
    await comes("another is up", () => lines().some((line) => /BFD_Instance\(peer\) Entering up state/.test(line)));
    await comes("it is shown", async () => ![undefined, bfdRole].includes((await status()).bfdRole));
    await comes("it is up still", isUp);
    assert(!lines().some((line) => /effective priority|STATE/.test(line)), lines().join("\n"));

    // A reload with other intervals goes over in place.
    await ours(holdfast.replace("min_tx 200", "min_tx 400").replace("multiplier 10", "multiplier 12"));
    const reloaded = daemon.output.length;
    assert((await tryRun(...inside(hosts.a, [...holdfastCommand(), "reload"]))).code === 0, story());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await comes("it is up still", isUp);
    assert(!/down state|STATE/.test(daemon.output.slice(reloaded)), daemon.output.slice(reloaded));

    const { code } = await daemon.stop();
    assert(code === 0, story());
    await comes("keepalived hears of our end", () => /Entering down state/i.test(peer.output));
  } finally {
    for (const process of started) await process.killTree();
    await Deno.remove(folder, { recursive: true });
    await hosts.close();
  }
}

function checked(neighbor: string): string {
  return `bfd_instance far {
  neighbor_ip ${neighbor}
  min_tx 200
  min_rx 200
  multiplier 10
}
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server ${neighbor} 80 {
    BFD_CHECK {
      name far
    }
  }
}
`;
}

testWith(
  ["root", "program:ip", "program:curl", "program:keepalived"],
  "BFD_CHECK takes a real server out when its session goes down, and back in, and our role's death changes nothing",
  async () => {
    const hosts = await TwoHosts.create("hfbfdc");
    const folder = await Deno.makeTempDir({ prefix: "holdfast-bfd-" });
    const started: BackgroundProcess[] = [];
    const peer = (): BackgroundProcess => {
      const pidFiles = ["-p", "-r", "-c", "-b"].flatMap((flag) => [flag, `${folder}/${started.length}${flag}.pid`]);
      const command = ["keepalived", "-n", "-l", "-D", "-f", `${folder}/b.conf`, ...pidFiles];
      const process = new BackgroundProcess(inside(hosts.b, command));
      started.push(process);
      return process;
    };
    const status = async (): Promise<{ state?: string }> => {
      const url = "http://127.0.0.1:8404/api/v1/status";
      const { success, output } = await tryRun(...inside(hosts.a, ["curl", "-s", "-m", "5", url]));
      if (!success) return {};
      return { state: JSON.parse(output).virtualServers[0]?.realServers[0]?.operState };
    };
    const comes = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
      until(what, condition, LIMIT_MS, () => started.map(({ output }) => output).join("\n---\n"));
    try {
      await Deno.writeTextFile(`${folder}/a.conf`, checked("10.9.0.2"));
      await Deno.writeTextFile(
        `${folder}/b.conf`,
        bfd("10.9.0.1", "10.9.0.2", "min_tx 200\n  min_rx 200\n  multiplier 10"),
      );
      const daemon = new BackgroundProcess(inside(hosts.a, [...holdfastCommand(), "run", "-f", `${folder}/a.conf`]));
      started.push(daemon);
      await comes("nobody answers: it is out", async () => (await status()).state === "down");
      const first = peer();
      await comes("it is in", async () => (await status()).state === "up");
      await first.killTree();
      await comes("it is out", async () => (await status()).state === "down");
      peer();
      await comes("it is in again", async () => (await status()).state === "up");
      const before = daemon.output.length;
      killRole(daemon.pid, "bfd");
      await comes("another is up", () => daemon.output.slice(before).includes("Entering up state"));
      assert(!daemon.output.slice(before).includes("Removing service"), daemon.output);
    } finally {
      for (const process of started) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  },
);
