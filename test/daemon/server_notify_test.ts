// Scripts and FIFOs that hear of virtual and real servers, and the scripts of the daemon's own life.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

function config(folder: string): string {
  const say = (words: string): string => `"${folder}/say ${words}"`;
  const server = (port: number): string =>
    `  real_server 10.9.0.1 ${port} {
    notify_up ${say(`up ${port}`)}
    notify_down ${say(`down ${port}`)}
    TCP_CHECK {
      connect_timeout 1
      retry 0
      delay_loop 0.3
      warmup 0
    }
  }
`;
  return `global_defs {
  script_user root
  startup_script ${say("startup")}
  shutdown_script ${say("shutdown")}
  shutdown_script_timeout 5
  rs_init_notifies
  lvs_notify_fifo ${folder}/fifo
  lvs_notify_fifo_script ${folder}/read
}
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  omega
  quorum_up ${say("quorum up")}
  quorum_down ${say("quorum down")}
${server(8081)}${server(8082)}}
`;
}

test("scripts and FIFOs hear of servers, and of the daemon's start and end", "hfsrvnot", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-servers-" });
  const read = (name: string): string[] => {
    try {
      return Deno.readTextFileSync(`${folder}/${name}`).trim().split("\n");
    } catch {
      return [];
    }
  };
  const listeners: BackgroundProcess[] = [];
  const listen = (port: number): BackgroundProcess => {
    const command = ["python3", "-m", "http.server", "--bind", "10.9.0.1", String(port)];
    const listener = new BackgroundProcess(inside(lab.hosts.a, command));
    listeners.push(listener);
    return listener;
  };
  try {
    await Deno.writeTextFile(`${folder}/say`, `#!/bin/sh\necho "$*" >> ${folder}/said\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/read`, `#!/bin/sh\nexec cat "$1" >> ${folder}/lines\n`, { mode: 0o755 });
    const [first, second] = [listen(8081), listen(8082)];
    await lab.comes("both are there", async () => {
      const answers = [8081, 8082].map((port) =>
        new BackgroundProcess(inside(lab.hosts.a, ["curl", "-s", "-m", "1", `http://10.9.0.1:${port}/`])).ended
      );
      return (await Promise.all(answers)).every(({ success }) => success);
    });
    await lab.write(config(folder));
    const daemon = lab.start();
    await lab.comes("what is up at the start", () => read("said").length === 4);
    assertEquals([read("said")[0], read("said").toSorted()], [
      "startup",
      ["quorum up", "startup", "up 8081", "up 8082"],
    ]);
    await first.stop();
    await lab.comes("one is down", () => read("said").length === 5);
    await second.stop();
    await lab.comes("both are down, and the quorum is lost", () => read("said").length === 7);
    assertEquals(read("said").slice(4).toSorted(), ["down 8081", "down 8082", "quorum down"]);
    listen(8081);
    await lab.comes("one is up again", () => read("said").length === 9);
    daemon.signal("SIGTERM");
    await daemon.ended;
    assertEquals(read("said").slice(9, 11).toSorted(), ["down 8081", "quorum down"]);
    assertEquals(read("said").slice(11), ["shutdown"]);
    const vs = "[10.9.0.100]:tcp:80";
    const rs = (port: number): string => `RS [10.9.0.1]:tcp:${port} ${vs}`;
    assertEquals(read("lines"), [
      `${rs(8081)} UP`,
      `${rs(8082)} UP`,
      `VS ${vs} UP`,
      `${rs(8081)} DOWN`,
      `${rs(8082)} DOWN`,
      `VS ${vs} DOWN`,
      `${rs(8081)} UP`,
      `VS ${vs} UP`,
      `${rs(8081)} DOWN`,
      `VS ${vs} DOWN`,
    ]);
    assert(!daemon.output.includes("could not be started"), daemon.output);
  } finally {
    for (const listener of listeners) await listener.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});

test("a startup script that hangs delays the start by its time limit, and a stop ends it", "hfstartup", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-startup-" });
  const text = (seconds: number): string =>
    `global_defs {
  script_user root
  startup_script "/bin/sleep 60"
  startup_script_timeout ${seconds}
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  version 3
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;
  try {
    await lab.write(text(1));
    const daemon = lab.start();
    await lab.comes("it starts all the same", () => lab.has("10.9.0.100"));
    assert(daemon.output.includes("warning: `startup_script` was ended by signal 15"), daemon.output);
    daemon.signal("SIGTERM");
    await daemon.ended;
    await lab.write(text(100));
    const waiting = lab.start();
    await lab.comes("it begins", () => waiting.output.includes("starting with"));
    waiting.signal("SIGTERM");
    const stoppedAtMs = Date.now();
    await waiting.ended;
    assert(Date.now() - stoppedAtMs < 60_000, "the script is ended");
    assert(!waiting.output.includes("Entering"), waiting.output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
