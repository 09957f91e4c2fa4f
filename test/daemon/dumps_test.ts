// Dumps at keepalived's signals: the same fields, types and values as keepalived's own dump of the same configuration, and
// text that its exporters can read.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, pause, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { descendants, roleOf } from "../support/processes.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

const CONFIG = `global_defs {
  router_id lab
  script_user root
}
vrrp_script chk {
  script "/bin/true"
  interval 1
}
vrrp_instance VI_1 {
  interface eth0
  state MASTER
  virtual_router_id 51
  priority 100
  advert_int 1
  garp_master_delay 3
  authentication {
    auth_type PASS
    auth_pass secret12
  }
  virtual_ipaddress {
    10.9.0.100/24
    10.9.0.101/24 dev eth0 label eth0:1
    10.9.0.103
  }
  virtual_ipaddress_excluded {
    10.9.0.102/24
  }
  track_script {
    chk
  }
  track_interface {
    lo weight 5
  }
  notify_master "/bin/true a b"
}
vrrp_instance VI_2 {
  interface eth0
  version 3
  virtual_router_id 52
  priority 90
  advert_int 0.5
  nopreempt
  lower_prio_no_advert
  virtual_ipaddress {
    10.9.0.110
  }
}
`;

interface Entry {
  data: Record<string, unknown>;
  stats: Record<string, unknown>;
}

testWith(
  ["root", "program:ip", "program:keepalived"],
  "the JSON dump has keepalived's fields, types and values; the text can be parsed; signals never end a process",
  async () => {
    const hosts = await TwoHosts.create("hfdump");
    const folder = await Deno.makeTempDir({ prefix: "holdfast-dump-" });
    const started: BackgroundProcess[] = [];
    const read = (name: string): string => {
      try {
        return Deno.readTextFileSync(`${folder}/${name}`);
      } catch {
        return "";
      }
    };
    const start = (command: readonly string[]): BackgroundProcess => {
      const process = new BackgroundProcess(inside(hosts.a, command), { TMPDIR: folder });
      started.push(process);
      return process;
    };
    const comes = (what: string, condition: () => boolean | Promise<boolean>) =>
      until(what, condition, 30_000, () => started.map(({ output }) => output).join("\n---\n"));
    const send = (signal: string, pid: number) => run("kill", `-${signal}`, String(pid));
    const dumpOf = async (pid: number): Promise<Entry[]> => {
      let entries: Entry[] = [];
      await comes("both instances are master", async () => {
        await send("36", pid);
        await pause(50);
        try {
          entries = JSON.parse(read("keepalived.json"));
        } catch {
          return false; // keepalived writes it in place: this is a part
        }
        return entries.filter(({ data }) => data.state === 2).length === 2;
      });
      return entries;
    };
    try {
      const file = `${folder}/lab.conf`;
      await Deno.writeTextFile(file, CONFIG);
      const files = ["-p", `${folder}/k.pid`, "-r", `${folder}/v.pid`, "-c", `${folder}/c.pid`];
      const keepalived = start(["keepalived", "-n", "-l", "-f", file, ...files]);
      await comes("keepalived runs", () => read("k.pid") !== "" && read("v.pid") !== "");
      await pause(1000);
      const theirs = await dumpOf(Number(read("k.pid")));
      await keepalived.stop();
      await Deno.remove(`${folder}/keepalived.json`);

      const daemon = start([...holdfastCommand(), "run", "-f", file, "--api", "off", "-p", `${folder}/h.pid`]);
      await comes("holdfast runs", () => read("h.pid") !== "");
      const pid = Number(read("h.pid"));
      const ours = await dumpOf(pid);
      assertEquals(((await Deno.stat(`${folder}/keepalived.json`)).mode ?? 0) & 0o777, 0o600);
      for (const [index, their] of theirs.entries()) {
        const our = ours[index] as Entry;
        assertEquals(Object.keys(our.data), Object.keys(their.data));
        assertEquals(Object.keys(our.stats), Object.keys(their.stats));
        const types = (record: Record<string, unknown>) => Object.values(record).map((value) => typeof value);
        assertEquals(types(our.data), types(their.data));
        assertEquals(comparable(our.data), comparable(their.data));
        assertEquals(our.stats.become_master, 1);
        assert(Number(our.stats.advert_sent) > 0);
      }

      await send("USR1", pid);
      await comes("the state is written", () => read("keepalived.data") !== "");
      const data = read("keepalived.data");
      for (
        const line of [
          " VRRP Instance = VI_1",
          "   State = MASTER",
          "   Interface = eth0",
          "   Gratuitous ARP delay = 3",
          "   Virtual Router ID = 51",
          "   Virtual IP (3):",
          "     10.9.0.100/24 dev eth0 scope global set",
          "   Virtual IP Excluded :",
          " VRRP Script = chk",
          "   Status = GOOD",
        ]
      ) assertStringIncludes(data, `${line}\n`);
      assert(!data.includes("secret12") && !read("keepalived.json").includes("secret12"), "no secrets");
      await send("USR2", pid);
      await comes("the counters are written", () => read("keepalived.stats") !== "");
      assertStringIncludes(
        read("keepalived.stats"),
        "VRRP Instance: VI_1\n  Advertisements:\n    Received: 0\n    Sent: ",
      );
      await send("63", pid);
      await comes("they count from zero", async () => {
        await send("USR2", pid);
        await pause(50);
        return read("keepalived.stats").includes("Became master: 0");
      });

      // Whoever sends them to the roles: nobody ends, and a flood is no more than one dump after the other.
      const rolePids = (): number[] => descendants(pid).filter((each) => roleOf(each) !== undefined);
      const roles = rolePids();
      assert(roles.length > 0);
      for (const role of roles) for (const signal of ["USR1", "USR2", "36", "63"]) await send(signal, role);
      await tryRun("bash", "-c", `for i in $(seq 300); do kill -36 ${pid}; done`);
      await pause(500);
      assertEquals(rolePids(), roles);
      await daemon.stop();
      assertEquals(read("h.pid"), "", "the file is gone with the process");
    } finally {
      for (const process of started) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  },
);

/** Without what is the time, a secret, or differs by Debian's merged /usr. */
function comparable(data: Record<string, unknown>): Record<string, unknown> {
  const { last_transition: _, auth_data: __, ...rest } = data;
  const plain = JSON.stringify(rest).replaceAll("'/usr/bin/", "'/bin/");
  return JSON.parse(plain);
}
