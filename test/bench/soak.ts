// Whether anything moves or grows while nothing happens: a master and a backup of each program for a long time, with
// endless loops of others on each core. Counts what the backup's and the master's addresses did, and what memory grew.
//
// MINUTES=60 for the long run; LOAD=off where the machine has other work already.
import { BackgroundProcess, pause, tryRun, until } from "../support/command.ts";
import { descendants } from "../support/processes.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";
import { holdfastCommand } from "../support/holdfast.ts";

const MINUTES = Number(Deno.env.get("MINUTES") || "10");
const ROUTERS = 10;
/** Compiled code and buffers have their size by then. */
const SETTLE_MS = 60_000;
const KINDS = ["holdfast", "keepalived"] as const;

type Kind = (typeof KINDS)[number];

/** A master, a backup, and what watches their addresses. */
interface Pair {
  readonly kind: Kind;
  readonly hosts: TwoHosts;
  readonly routers: readonly BackgroundProcess[];
  readonly watchers: readonly BackgroundProcess[];
}

const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
const loops = Deno.env.get("LOAD") === "off" ? [] : Array.from(
  { length: navigator.hardwareConcurrency },
  () => new BackgroundProcess(["timeout", String((MINUTES + 5) * 60), "sh", "-c", "while :; do :; done"]),
);
console.log(
  `${ROUTERS} virtual routers at 0.1 s, IPv4 and IPv6, ${MINUTES} min, ${loops.length} endless loops beside them`,
);
const pairs: Pair[] = [];
try {
  for (const kind of KINDS) pairs.push(await start(kind));
  await pause(SETTLE_MS);
  const before = pairs.map(memoryOf);
  const seen = pairs.map(changesOf);
  await pause(MINUTES * 60_000);
  for (const [index, pair] of pairs.entries()) {
    const moves = changesOf(pair) - (seen[index] ?? 0);
    console.log(`${pair.kind}: addresses came or went ${moves} times`);
    if (moves > 0) console.log(pair.routers.map(transitionsOf).join("\n"));
    const then = before[index] ?? new Map<string, number>();
    for (const [name, kb] of memoryOf(pair)) {
      const was = then.get(name);
      console.log(`  ${name.padEnd(28)} ${kb} kB private, ${was === undefined ? "new" : `grown by ${kb - was} kB`}`);
    }
  }
} finally {
  for (const process of loops) await process.killTree();
  for (const { routers, watchers, hosts } of pairs) {
    for (const process of [...routers, ...watchers]) await process.killTree();
    await hosts.close();
  }
  await Deno.remove(folder, { recursive: true });
}

async function start(kind: Kind): Promise<Pair> {
  const hosts = await TwoHosts.create(kind === "holdfast" ? "hfsoak" : "kasoak");
  const both = [hosts.a, hosts.b];
  const watchers = both.map((host) => new BackgroundProcess(inside(host, ["ip", "monitor", "address"])));
  const routers = both.map((host, index) => {
    const file = `${folder}/${host.namespace}.conf`;
    Deno.writeTextFileSync(file, configOf(150 - 50 * index));
    if (kind === "holdfast") return new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file]));
    const pids = ["-p", "-r", "-c"].flatMap((option) => [option, `${file}${option}.pid`]);
    return new BackgroundProcess(inside(host, ["keepalived", "-P", "-n", "-l", "-f", file, ...pids]));
  });
  const held = async (): Promise<number> => {
    const { output } = await tryRun("ip", "-n", hosts.a.namespace, "-o", "addr", "show", "dev", "eth0");
    return output.split("\n").filter((line) => / (10\.10|fd00)[.:]/.test(line)).length;
  };
  await until(
    "the first is master of all",
    async () => await held() === ROUTERS,
    60_000,
    () => routers[0]?.output ?? "",
  );
  return { kind, hosts, routers, watchers };
}

function configOf(priority: number): string {
  return Array.from({ length: ROUTERS }, (_, at) =>
    `vrrp_instance VI_${at + 1} {
  interface eth0
  version 3
  virtual_router_id ${at + 1}
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${at % 2 === 0 ? `10.10.${at}.1/32` : `fd00::${at}/128`}
  }
}
`).join("");
}

/** The last of what a router said of its states. */
function transitionsOf({ output }: BackgroundProcess): string {
  return output.split("\n").filter((line) => / Entering /.test(line)).slice(-20).join("\n");
}

/** Lines of `ip monitor` about virtual addresses. */
function changesOf({ watchers }: Pair): number {
  return watchers.flatMap(({ output }) => output.split("\n")).filter((line) => / (10\.10|fd00)[.:]/.test(line)).length;
}

/** Kilobytes that a process has for itself, by host and role. */
function memoryOf({ routers }: Pair): Map<string, number> {
  const memory = new Map<string, number>();
  for (const [index, { pid }] of routers.entries()) {
    for (const one of [pid, ...descendants(pid)]) {
      const words = Deno.readTextFileSync(`/proc/${one}/cmdline`).split("\0");
      const role = words.find((word) => /^(run|vrrp|health|api)$/.test(word)) ?? words[0] ?? "";
      const match = Deno.readTextFileSync(`/proc/${one}/smaps_rollup`).matchAll(
        /^Private_(?:Clean|Dirty):\s+(\d+) kB/gm,
      );
      const kb = [...match].reduce((sum, [, value]) => sum + Number(value), 0);
      memory.set(`${index === 0 ? "master" : "backup"} ${role} ${one}`, kb);
    }
  }
  return memory;
}
