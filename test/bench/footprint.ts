// What Holdfast costs when nothing happens: size, start, memory of each role, CPU; keepalived beside it.
import { BackgroundProcess, pause, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { cpuMs, descendants, roleOf } from "../support/processes.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";
import { startSpeaker } from "../support/vrrp_speaker.ts";

const VIP = "10.9.0.100";
const CONFIG = {
  version: 2,
  advertisementIntervalSeconds: 1,
  priority: 100,
  virtualAddresses: [`${VIP}/24`],
} as const;
const SETTLE_MS = 20_000;

const [program = ""] = holdfastCommand();
console.log(`size of the program          ${((await Deno.stat(program)).size / 1e6).toFixed(1)} MB`);
console.log(
  `holdfast --version           ${(await medianStartMs([program, "--version"])).toFixed(0)} ms (median of 9)`,
);

const hosts = await TwoHosts.create("hffoot");
const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
const file = `${folder}/holdfast.conf`;
Deno.writeTextFileSync(file, holdfastConfig());
const holdfast = new BackgroundProcess(inside(hosts.a, [program, "run", "-f", file]));
const keepalived = startSpeaker("keepalived", hosts.b, { ...CONFIG, priority: 50 }, folder);
try {
  const start = performance.now();
  await until("the vrrp role works", () => holdfast.output.includes("Entering BACKUP STATE"), 30_000);
  console.log(`start of all roles to backup ${(performance.now() - start).toFixed(0)} ms`);
  await pause(SETTLE_MS);
  const before = totalCpuMs(holdfast.pid);
  const beforeOther = totalCpuMs(keepalived.pid);
  await pause(SETTLE_MS);
  let total = 0;
  for (const pid of [holdfast.pid, ...descendants(holdfast.pid)]) {
    const pss = pssMb(pid);
    total += pss;
    console.log(`PSS ${(roleOf(pid) ?? "supervisor").padEnd(24)} ${pss.toFixed(1)} MB`);
  }
  console.log(`PSS all roles                ${total.toFixed(1)} MB`);
  const others = [keepalived.pid, ...descendants(keepalived.pid)];
  console.log(`PSS keepalived -P            ${others.reduce((sum, pid) => sum + pssMb(pid), 0).toFixed(1)} MB`);
  const percent = (after: number, earlier: number): string => ((after - earlier) / SETTLE_MS * 100).toFixed(2);
  console.log(`CPU all roles, at rest       ${percent(totalCpuMs(holdfast.pid), before)} %`);
  console.log(`CPU keepalived -P            ${percent(totalCpuMs(keepalived.pid), beforeOther)} %`);
} finally {
  await holdfast.stop();
  await keepalived.killTree();
  await hosts.close();
  await Deno.remove(folder, { recursive: true });
}

function holdfastConfig(): string {
  return `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  priority 100
  virtual_ipaddress { ${VIP}/24
  }
}
virtual_server ${VIP} 80 {
  delay_loop 2
  lb_algo rr
  lb_kind NAT
  protocol TCP
  real_server 10.9.0.2 80 {
    TCP_CHECK { connect_timeout 1
    }
  }
}
`;
}

async function medianStartMs(command: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 9; count++) {
    const start = performance.now();
    await tryRun(...command);
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right)[4] ?? NaN;
}

function pssMb(pid: number): number {
  const match = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`).match(/^Pss:\s+(\d+) kB/m);
  return Number(match?.[1]) / 1000;
}

/** Of a process and its descendants. */
function totalCpuMs(pid: number): number {
  return [pid, ...descendants(pid)].reduce((sum, one) => sum + cpuMs(one), 0);
}
