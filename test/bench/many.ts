// What 255 virtual routers with ten advertisements a second cost, sending and receiving: Holdfast against keepalived on one
// link, once as master of all and once as backup of all, so that both do their half at the same time.
import { BackgroundProcess, pause, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { descendants } from "../support/processes.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";

const ROUTERS = 255;
const SECONDS = Number(Deno.env.get("SECONDS") || "20");
const SETTLE_MS = 15_000;

type Kind = "holdfast" | "keepalived";

const [program = ""] = holdfastCommand();
const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
console.log(`${ROUTERS} virtual routers, 10 advertisements a second each, ${SECONDS} s; processor time of one core`);
for (const [master, backup] of [["holdfast", "keepalived"], ["keepalived", "holdfast"]] as const) {
  const hosts = await TwoHosts.create("hfmany");
  const running = [start(master, hosts.a, 150), start(backup, hosts.b, 100)] as const;
  try {
    await until("all are master", async () => await addressesOf(hosts.a) >= ROUTERS, 60_000, () => running[0].output);
    await pause(SETTLE_MS);
    const before = running.map(usage);
    await pause(SECONDS * 1000);
    for (const [index, [role, kind]] of ([["master", master], ["backup", backup]] as const).entries()) {
      const [now, then] = [usage(running[index] as BackgroundProcess), before[index] as Usage];
      const percent = (now.cpuMs - then.cpuMs) / (SECONDS * 10);
      const growthKb = now.residentKb - then.residentKb;
      const memory = `${(now.residentKb / 1024).toFixed(1)} MB, grown by ${growthKb} kB`;
      console.log(`${role} of all: ${kind.padEnd(10)} ${percent.toFixed(1)} % of a core, ${memory}`);
    }
    const moved = await addressesOf(hosts.b);
    console.log(`addresses on the backup: ${moved}`);
  } finally {
    for (const process of running) await process.killTree();
    await hosts.close();
  }
}
await Deno.remove(folder, { recursive: true });

/** Starts one with all routers; Holdfast without its api. */
function start(kind: Kind, host: TestHost, priority: number): BackgroundProcess {
  const file = `${folder}/${kind}-${priority}.conf`;
  Deno.writeTextFileSync(file, configOf(priority));
  if (kind === "holdfast") return new BackgroundProcess(inside(host, [program, "run", "-f", file, "--api", "off"]));
  const pids = ["-p", "-r", "-c"].flatMap((option) => [option, `${folder}/${kind}-${priority}${option}.pid`]);
  return new BackgroundProcess(inside(host, ["keepalived", "-P", "-n", "-l", "-f", file, ...pids]));
}

function configOf(priority: number): string {
  const instances = Array.from({ length: ROUTERS }, (_, at) =>
    `vrrp_instance VI_${at + 1} {
  interface eth0
  version 3
  virtual_router_id ${at + 1}
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    10.10.${at}.1/32
  }
}
`);
  return instances.join("");
}

async function addressesOf(host: TestHost): Promise<number> {
  const { output } = await tryRun("ip", "-n", host.namespace, "-o", "addr", "show", "dev", "eth0");
  return output.split("\n").filter((line) => line.includes(" 10.10.")).length;
}

/** Of a process and its children. */
interface Usage {
  readonly cpuMs: number;
  readonly residentKb: number;
}

function usage(process: BackgroundProcess): Usage {
  let [cpuMs, residentKb] = [0, 0];
  for (const pid of [process.pid, ...descendants(process.pid)]) {
    // Nanoseconds on a CPU, by thread; utime and stime are counted in ticks, which short runs often slip through.
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      cpuMs += Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]) / 1_000_000;
    }
    residentKb += Number(Deno.readTextFileSync(`/proc/${pid}/status`).match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);
  }
  return { cpuMs, residentKb };
}
