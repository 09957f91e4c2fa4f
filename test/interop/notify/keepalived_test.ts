// The same configuration and the same events under Debian's keepalived and under Holdfast: FIFOs and scripts hear the same.
import { assert, assertEquals } from "../../assert.ts";
import { BackgroundProcess, pause, run, tryRun, until } from "../../support/command.ts";
import { holdfastCommand } from "../../support/holdfast.ts";
import { testWith } from "../../support/requirements.ts";
import { inside, TwoHosts } from "../../support/two_hosts.ts";

const LIMIT_MS = 30_000;
/** So long nothing more may come before a phase counts as over. */
const QUIET_MS = 2500;

type Speaker = "keepalived" | "holdfast";

/** What was heard in each phase. */
interface Heard {
  readonly fifo: readonly string[];
  readonly scripts: readonly string[];
}

testWith(
  ["root", "program:ip", "program:keepalived", "program:python3"],
  "FIFOs and scripts hear what they hear of keepalived, in its words and order",
  async () => {
    const theirs = await story("keepalived", "hfnka");
    const ours = await story("holdfast", "hfnhf");
    assertEquals(Object.keys(ours), Object.keys(theirs));
    for (const [phase, { fifo, scripts }] of Object.entries(theirs)) {
      assertEquals([phase, ...ours[phase]?.fifo.toSorted() ?? []], [phase, ...fifo.toSorted()]);
      assertEquals([phase, ...ours[phase]?.scripts.toSorted() ?? []], [phase, ...scripts.toSorted()]);
      assertEquals([phase, groupOrder(ours[phase]?.fifo ?? [])], [phase, groupOrder(fifo)]);
    }
    assert(ours.lower?.scripts.includes("rxlower"), "a lower advertisement was told of");
  },
);

/** For each line of the group, how many lines of its members came before it. */
function groupOrder(lines: readonly string[]): number[] {
  return lines.flatMap((line, at) =>
    line.startsWith("GROUP") ? [lines.slice(0, at).filter((other) => /^INSTANCE "V[12]"/.test(other)).length] : []
  );
}

async function story(speaker: Speaker, name: string): Promise<Record<string, Heard>> {
  const hosts = await TwoHosts.create(name);
  const folder = await Deno.makeTempDir({ prefix: "holdfast-notify-" });
  const started: BackgroundProcess[] = [];
  const heard: Record<string, Heard> = {};
  const read = (file: string): string[] => {
    try {
      return Deno.readTextFileSync(`${folder}/${file}`).split("\n").filter((line) => line !== "");
    } catch {
      return [];
    }
  };
  /** Waits until all that a phase brings has come, and keeps it. */
  const phase = async (title: string): Promise<void> => {
    const before = { fifo: count(heard, "fifo"), scripts: count(heard, "scripts") };
    let last = "";
    let since = Date.now();
    await until(
      title,
      () => {
        const now = `${read("lines").length} ${read("said").length}`;
        if (now !== last) since = Date.now();
        last = now;
        return read("lines").length > before.fifo && Date.now() - since > QUIET_MS;
      },
      LIMIT_MS,
      () => started.map((process) => process.output).join("\n---\n"),
    );
    heard[title] = { fifo: read("lines").slice(before.fifo), scripts: read("said").slice(before.scripts) };
  };
  try {
    await Deno.writeTextFile(`${folder}/say`, `#!/bin/sh\necho "$*" >> ${folder}/said\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/load`, "0\n");
    await Deno.writeTextFile(`${folder}/conf`, config(folder, true));
    const command = speaker === "holdfast"
      ? [...holdfastCommand(), "run", "-f", `${folder}/conf`, "--api", "off"]
      : ["keepalived", "-n", "-l", "-P", "-f", `${folder}/conf`, "-p", `${folder}/pid`, "-r", `${folder}/vrrp.pid`];
    const daemon = new BackgroundProcess(inside(hosts.a, command));
    started.push(daemon);
    await until("the FIFO is there", () => exists(`${folder}/fifo`), LIMIT_MS, () => daemon.output);
    const { mode, uid } = Deno.statSync(`${folder}/fifo`);
    assertEquals([(mode ?? 0) & 0o777, uid], [0o600, 0]);
    // keepalived closes its FIFO at a reload: the reader opens it again.
    const reading = `while [ -p ${folder}/fifo ]; do cat ${folder}/fifo >> ${folder}/lines; sleep 0.05; done`;
    started.push(new BackgroundProcess(["sh", "-c", reading]));
    await phase("start");
    await Deno.writeTextFile(`${folder}/load`, "20\n");
    await phase("priority");
    await run("ip", "-n", hosts.a.namespace, "link", "set", "dev", "eth0", "down");
    await phase("fault");
    await run("ip", "-n", hosts.a.namespace, "link", "set", "dev", "eth0", "up");
    await phase("back");
    const sender = new URL("../../support/lower_advertisement.py", import.meta.url).pathname;
    await run(...inside(hosts.b, ["python3", sender, hosts.b.address, "51", "50", "10.9.0.100"]));
    await phase("lower");
    await Deno.writeTextFile(`${folder}/load`, "0\n"); // keepalived forgets and learns tracked values anew at a reload
    await phase("priority again");
    await Deno.writeTextFile(`${folder}/conf`, config(folder, false));
    await tryRun("kill", "-HUP", String(daemon.pid));
    await phase("removed");
    daemon.signal("SIGTERM");
    await phase("stop");
    await daemon.stop();
    assert(!exists(`${folder}/fifo`), "the FIFO that it made is gone");
    return heard;
  } finally {
    for (const process of started) await process.killTree();
    await hosts.close();
    await pause(100);
    await Deno.remove(folder, { recursive: true });
  }
}

function count(heard: Record<string, Heard>, what: keyof Heard): number {
  return Object.values(heard).reduce((sum, phase) => sum + phase[what].length, 0);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function config(folder: string, withMore: boolean): string {
  const say = `${folder}/say`;
  const instance = (name: string, vrid: number, more: string): string =>
    `vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${vrid}
  priority 100
  version 3
  advert_int 0.2
  virtual_ipaddress {
    10.9.0.${vrid + 49}/24
  }
  ${more}
}
`;
  const more = withMore
    ? instance("V3", 53, `notify "${say} any3"\n  notify_fault "${say} fault3"\n  notify_deleted "${say} deleted3"`) +
      instance("V4", 54, `notify "${say} any4"\n  notify_fault "${say} fault4"`)
    : "";
  return `global_defs {
  script_user root
  vrrp_notify_fifo ${folder}/fifo
  vrrp_notify_priority_changes
}
track_file load {
  file ${folder}/load
  weight 1
}
vrrp_sync_group G1 {
  group {
    V1
    V2
  }
  sync_group_tracking_weight
  notify "${say} gany"
  notify_master "${say} gmaster"
  notify_stop "${say} gstop"
}
${
    instance(
      "V1",
      51,
      `track_file {
    load
  }
  notify "${say} any 'two words'"
  notify_master "${say} master"
  notify_backup "${say} backup"
  notify_fault "${say} fault"
  notify_stop "${say} stop"
  notify_master_rx_lower_pri "${say} rxlower"`,
    )
  }${instance("V2", 52, "")}${more}`;
}
