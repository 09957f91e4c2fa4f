// What is said of processes, of files that they write and of their sockets, in a network namespace.
import { assert, assertEquals } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

const config = (globals: string, more = ""): string =>
  `global_defs {
  enable_script_security
  script_user root
  ${globals}
}
bfd_instance peer {
  neighbor_ip 10.9.0.2
  source_ip 10.9.0.1
}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority 255
  advert_int 1
  ${more}
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;

/** Class of scheduling, real-time priority and niceness of a process by its name. */
async function scheduling(name: string): Promise<string[]> {
  const { output } = await tryRun("ps", "-eo", "cls,rtprio,ni,comm");
  return output.split("\n").filter((line) => line.trim().endsWith(` ${name}`))
    .map((line) => line.trim().replace(/\s+/g, " "));
}

test("bfd_rt_priority and its like are for the bfd role, and a reload takes them back", "hfbfdprio", async (lab) => {
  await lab.write(
    config("bfd_rt_priority 30\n  bfd_no_swap\n  bfd_process_name hf_bfd_test\n  process_name hf_main_test"),
  );
  lab.start();
  await lab.comes("real-time", async () => (await scheduling("hf_bfd_test")).join() === "RR 30 - hf_bfd_test");
  // A child that has not executed its program yet carries the name, too.
  await lab.comes("the supervisor is named", async () => (await scheduling("hf_main_test")).length === 1);
  await lab.write(config("bfd_process_name hf_bfd_test\n  bfd_priority 5"));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("ordinary", async () => (await scheduling("hf_bfd_test")).join() === "TS - 5 hf_bfd_test");
  await lab.comes("nothing is named so", async () => (await scheduling("hf_main_test")).length === 0);
});

test("keepalived's 10 ms of real time on end do not end a role that has to start first", "hfrttime", async (lab) => {
  const names = { vrrp: "hf_rt_vrrp", checker: "hf_rt_health", bfd: "hf_rt_bfd" };
  const settings = Object.entries(names).flatMap(([role, name]) => {
    return [`${role}_process_name ${name}`, `${role}_rt_priority 20`, `${role}_rlimit_rttime 10000`];
  });
  await lab.write(`${config(settings.join("\n  "))}
virtual_server 10.9.0.100 80 {
  protocol TCP
  real_server 10.9.0.1 8404 {
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`);
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  for (const name of Object.values(names)) {
    await lab.comes(`${name} runs in real time`, async () => (await scheduling(name)).join() === `RR 20 - ${name}`);
    const limit = await run(
      "bash",
      "-c",
      `prlimit --rttime --noheadings --raw --output SOFT,HARD --pid $(pgrep -x ${name})`,
    );
    assertEquals(limit.trim(), "5000000 unlimited");
  }
  assert(!daemon.output.includes("ended with status"), daemon.output);
});

test("umask is that of scripts, and a reload changes it", "hfumask", async (lab) => {
  const file = await Deno.makeTempFile();
  const script = `notify "/bin/sh -c 'umask >> ${file}; :'"`;
  try {
    await lab.write(config("umask IRWXO|IWGRP", script));
    lab.start();
    await lab.comes("the script has said it", async () => /^0027$/m.test(await Deno.readTextFile(file)));
    await lab.write(config("umask 077", `${script}\n  priority 254`));
    assertEquals((await lab.reload()).code, 0);
    await lab.comes("it is master", () => lab.has("10.9.0.100"));
    await run("ip", "-n", lab.hosts.a.namespace, "link", "set", "dev", "eth0", "down");
    await lab.comes("the other mask", async () => /^0077$/m.test(await Deno.readTextFile(file)));
  } finally {
    await Deno.remove(file);
  }
});

const BUFFER_PROBE = new URL("../support/receive_buffer.py", import.meta.url).pathname;

/** Receive buffer of the socket that VRRP arrives on: the kernel doubles what it is told. */
async function receiveBuffer(): Promise<string> {
  return (await run("python3", BUFFER_PROBE, "hf_rxbuf_test")).trim();
}

test("kernel_rx_buf_size is what the socket has, and a reload changes it", "hfrxbuf", async (lab) => {
  await lab.write(config("vrrp_process_name hf_rxbuf_test", "kernel_rx_buf_size 40000"));
  lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  assertEquals(await receiveBuffer(), "80000");
  await lab.write(config("vrrp_process_name hf_rxbuf_test\n  vrrp_rx_bufs_policy 50000"));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("the other size", async () => await receiveBuffer() === "100000");
  await lab.write(config("vrrp_process_name hf_rxbuf_test\n  vrrp_rx_bufs_policy ADVERT"));
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("the usual size", async () => await receiveBuffer() === String(2 << 20));
});

test("log_unknown_vrids names the sender, once for each VRID", "hfvrids", async (lab) => {
  await lab.write(config("log_unknown_vrids"));
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  const send = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.2"))
for vrid in (77, 77, 78):
    s.sendto(bytes([0x31, vrid, 100, 1, 0, 100, 0, 0, 10, 9, 0, 77]), ("224.0.0.18", 0))`;
  await run(...inside(lab.hosts.b, ["python3", "-c", send]));
  await lab.comes("the second VRID is named", () => daemon.output.includes("VRID 78"));
  const lines = daemon.output.split("\n").filter((line) => line.includes("which no instance has there"));
  assertEquals(lines.map((line) => line.slice(line.indexOf("eth0"))), [
    "eth0: 10.9.0.2 advertises VRID 77, which no instance has there",
    "eth0: 10.9.0.2 advertises VRID 78, which no instance has there",
  ]);
  assert(await lab.has("10.9.0.100"));
});

test(
  "max_auto_priority: a vrrp role that was late takes real-time priority, and a reload takes it back",
  "hfautoprio",
  async (lab) => {
    const named = "vrrp_process_name hf_auto_test\n  min_auto_priority_delay 500000";
    await lab.write(config(`${named}\n  max_auto_priority 7`));
    const daemon = lab.start();
    await lab.comes("it is master", () => lab.has("10.9.0.100"));
    const { output } = await tryRun("ps", "-eo", "pid,comm");
    const pid = Number(output.split("\n").find((line) => line.trim().endsWith(" hf_auto_test"))?.trim().split(" ")[0]);
    assert(pid > 1, output);
    Deno.kill(pid, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    Deno.kill(pid, "SIGCONT");
    await lab.comes("real-time", async () => /^RR [1-7] /.test((await scheduling("hf_auto_test")).join()));
    await lab.comes("it says so", () => /VRRP was \d+ ms late, taking real-time priority [1-7]/.test(daemon.output));
    await lab.write(config(named));
    assertEquals((await lab.reload()).code, 0);
    await lab.comes("ordinary", async () => (await scheduling("hf_auto_test")).join().startsWith("TS - "));
  },
);
