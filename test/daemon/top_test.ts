// `holdfast top` on a terminal: it draws, follows, takes keys and sizes, and gives the terminal back whatever ends it.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside } from "../support/two_hosts.ts";

const HELPER = new URL("../support/in_terminal.py", import.meta.url).pathname;
const CONFIG = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.2
    virtual_ipaddress {
        10.9.0.100/24
    }
}
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 10.9.0.11 80 {
    weight 1
  }
}
`;

interface Ended {
  readonly code: number;
  readonly output: string;
  /** The terminal's settings are as before. */
  readonly restored: boolean;
  readonly failed: string | null;
}

daemonTest(
  "top draws on 80 by 24, follows, and gives the terminal back by q, Ctrl-C and signals",
  "hftop",
  async (lab) => {
    const { hosts: { a }, comes } = lab;
    const top = async (size: string, steps: readonly string[], ...more: string[]): Promise<Ended> => {
      const command = [...holdfastCommand(), "top", "-i", "0.3", ...more];
      const terminal = ["env", "TERM=vt100", "python3", HELPER, size, ...steps, "--", ...command];
      const { output } = await tryRun(...inside(a, terminal));
      const ended: Ended = JSON.parse(output);
      assertEquals([ended.failed, ended.restored], [null, true], ended.output);
      assert(ended.output.includes("\x1b[?1049h") && ended.output.includes("\x1b[?25l"), "it takes the screen");
      assert(ended.output.endsWith("\x1b[?25h\x1b[?1049l"), "it gives the screen back, last of all");
      return ended;
    };
    const nobody = await top("24x80", ["wait:no Holdfast is running", "send:q"]);
    assertEquals(nobody.code, 0);
    await lab.write(CONFIG);
    lab.start();
    await comes("it is master", async () => (await lab.instances())[0]?.state === "master");

    const quit = await top("24x80", ["wait:MASTER", "wait:VI_1: added 10.9.0.100", "send:jkq"]);
    assertEquals(quit.code, 0);
    assertStringIncludes(quit.output, "10.9.0.11:80");
    // deno-lint-ignore no-control-regex -- what is drawn between them
    const lines = quit.output.split(/\x1b\[\d+;1H/).slice(1).map((line) => line.replace(/\x1b\[[?\d;]*[A-Za-z]/g, ""));
    for (const line of lines) assert(line.length <= 80, line);
    assertEquals(lines.filter((line) => line.includes("VIRTUAL SERVER")).length, 0);

    const larger = await top("5x60", ["wait:lines 1-3 of ", "size:40x120", "wait:LAST EVENTS", "send:\\x03"]);
    assertEquals(larger.code, 0);
    for (const [number, code] of [[15, 143], [2, 130], [1, 129], [3, 131]] as const) {
      assertEquals((await top("24x80", ["wait:MASTER", `signal:${number}`])).code, code);
    }

    // A serial line says neither its size nor what kind of terminal it is.
    const serial = await top("0x0", ["wait:q quit", "send:q"]);
    assertStringIncludes(serial.output, "\x1b[24;1H");
    const piped = await tryRun(...inside(a, [...holdfastCommand(), "top"]));
    assertEquals([piped.code, piped.output.includes("no terminal that can be drawn on")], [1, true], piped.output);

    const watch = new BackgroundProcess(inside(a, [...holdfastCommand(), "status", "--json", "--watch", "0.2"]));
    try {
      await comes("status goes on", () => watch.output.split("\n").length > 3);
      for (const line of watch.output.split("\n").slice(0, 3)) assertEquals(JSON.parse(line).vrrp.master, 1);
    } finally {
      await watch.killTree();
    }
    const why = await tryRun(...inside(a, [...holdfastCommand(), "why", "VI_1"]));
    assertEquals([why.code, why.output.includes("VI_1: added 10.9.0.100")], [0, true], "without a file, from memory");
    const servers = await tryRun(...inside(a, [...holdfastCommand(), "servers", "--json"]));
    assertEquals(JSON.parse(servers.output)[0].realServers[0].id, "10.9.0.11:80");
  },
);
