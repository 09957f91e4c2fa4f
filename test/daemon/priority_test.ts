// What `vrrp_rt_priority` and its like do to the processes, and that no script inherits it.
import { assert, assertEquals } from "../assert.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { tryRun } from "../support/command.ts";

const config = (globals: string): string =>
  `global_defs {
  enable_script_security
  script_user root
  ${globals}
}
vrrp_script chk {
  script "/bin/sleep 77"
  interval 1
  timeout 60
  init_fail
}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  track_script {
    chk weight 10
  }
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;

/** Class of scheduling and real-time priority of the processes whose command line matches. */
async function scheduling(pattern: string): Promise<string[]> {
  const { output } = await tryRun("ps", "-eo", "cls,rtprio,comm,args");
  return output.split("\n").filter((line) => new RegExp(pattern).test(line)).map((line) =>
    line.trim().replace(/\s+/g, " ")
  );
}

test("real-time priority is for the vrrp role alone, and a reload takes it back", "hfpriority", async (lab) => {
  await lab.write(config("vrrp_rt_priority 40\n  vrrp_no_swap\n  vrrp_process_name hf_prio_test"));
  const daemon = lab.start();
  await lab.comes(
    "real-time",
    async () => (await scheduling(" hf_prio_test ")).some((line) => line.startsWith("RR 40 ")),
  );
  await lab.comes("the script runs", async () => (await scheduling("sleep 77$")).length > 0);
  for (const line of await scheduling("sleep 77$")) assert(line.startsWith("TS -"), line);
  await lab.write(config("vrrp_process_name hf_prio_test"));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes(
    "ordinary",
    async () => (await scheduling(" hf_prio_test ")).some((line) => line.startsWith("TS - ")),
  );
  await daemon.stop();
});
