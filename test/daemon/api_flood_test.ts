// A flood of requests and open pages, and the death of the api role in it: VRRP goes on, and nobody takes over.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, descendants, tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";
const config = (priority: number): string => `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority ${priority}
    advert_int 0.5
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;

daemonTest("a flood of requests and the death of the api role change nothing for VRRP", "hfflood", async (lab) => {
  const { hosts } = lab;
  await lab.write(config(200));
  const master = lab.start();
  await lab.comes("it is master", async () => (await lab.instances())[0]?.state === "master");
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, config(100));
  const backup = new BackgroundProcess(inside(hosts.b, [...holdfastCommand(), "run", "--api", "off", "-f", file]));
  const pages = new BackgroundProcess(
    inside(hosts.a, [
      "curl",
      "-sN",
      "-Z",
      "--parallel-immediate",
      "--parallel-max",
      "100",
      "-o",
      "/dev/null",
      "http://127.0.0.1:8404/stats/live?[1-100]",
    ]),
  );
  try {
    await lab.comes("the other one is backup", () => backup.output.includes("Entering BACKUP STATE"));
    await lab.comes("pages are open", async () => {
      const metrics = (await tryRun(...inside(hosts.a, ["curl", "-s", "http://127.0.0.1:8404/metrics"]))).output;
      return Number(metrics.match(/^holdfast_api_sse_clients (\d+)$/m)?.[1]) >= 90;
    });
    const flood = [
      "curl",
      "-s",
      "-Z",
      "--parallel-max",
      "50",
      "http://127.0.0.1:8404/stats?scope=[1-4000]",
      "-o",
      "/dev/null",
    ];
    await tryRun(...inside(hosts.a, flood));
    const api = descendants(master.pid).find((pid) => commandOf(pid).includes("\0api\0--link\0"));
    assert(api !== undefined);
    Deno.kill(api, "SIGKILL");
    await lab.comes("it is started again", async () => (await lab.instances())[0]?.state === "master");
    const [instance] = await lab.instances();
    assertEquals(instance?.counters.transitions, 2, master.output); // to backup at the start, then to master
    assert(!backup.output.includes("MASTER"), backup.output);
  } finally {
    await pages.killTree();
    await backup.killTree();
    await Deno.remove(file);
  }
});

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return ""; // it has ended
  }
}
