// How long a backup takes to take over, beyond what the protocol prescribes: Holdfast and keepalived in turn, in one run.
//
// The master is killed like a machine that loses power. On the switch, tcpdump stamps packets in the kernel; `ip -ts monitor`
// on the backup tells when the address was there. Time counts from the master's last advertisement; the floor is three
// intervals and the skew.
import { BackgroundProcess, pause, until } from "../support/command.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";
import { type SpeakerKind, startSpeaker } from "../support/vrrp_speaker.ts";

const VIP = "10.9.0.100";
const BACKUP_PRIORITY = 100;
const NAME_WIDTH = 18;
const KINDS: readonly SpeakerKind[] = ["holdfast", "keepalived"];

interface Interval {
  readonly name: string;
  readonly version: 2 | 3;
  readonly intervalSeconds: number;
  readonly cycles: number;
}

/** Under what conditions. */
interface Case extends Interval {
  /** Each core has somebody else's endless loop. */
  readonly busy: boolean;
  /** `vrrp_rt_priority` is set for the backup, Holdfast or keepalived. */
  readonly realTime: boolean;
}

/** Overheads over the floor in milliseconds. */
interface Sample {
  readonly advertisement: number;
  readonly address: number;
  readonly arp: number;
}

const INTERVALS: readonly Interval[] = [
  { name: "v2 1 s", version: 2, intervalSeconds: 1, cycles: 5 },
  { name: "v3 0.1 s", version: 3, intervalSeconds: 0.1, cycles: 11 },
  { name: "v3 0.01 s", version: 3, intervalSeconds: 0.01, cycles: 11 },
];

const CASES: readonly Case[] = INTERVALS.flatMap((interval) =>
  [false, true].flatMap((busy) =>
    [false, true].map((realTime): Case => {
      const conditions = [...(busy ? ["busy"] : []), ...(realTime ? ["rt"] : [])];
      return { ...interval, busy, realTime, name: [interval.name, ...conditions].join(" ") };
    })
  )
);

/** For a quick look: how often each is measured, and the name of the only case. */
const cycles = Number(Deno.env.get("CYCLES") ?? "0");
const only = Deno.env.get("CASE");

console.log("Fail-over: milliseconds beyond 3 advertisements + skew, median (worst); the master is the same for both");
console.log("busy: an endless loop of others on each core; rt: vrrp_rt_priority 50\n");
console.log(`${"case".padEnd(NAME_WIDTH)} backup      n   advertisement      address present    gratuitous ARP`);
for (const one of CASES.filter(({ name }) => only === undefined || name === only)) {
  const samples: Record<SpeakerKind, Sample[]> = { holdfast: [], keepalived: [] };
  const others = one.busy ? occupyCores() : [];
  try {
    for (let cycle = 0; cycle < (cycles || one.cycles); cycle++) {
      for (const kind of KINDS) samples[kind].push(await measure(kind, one));
    }
  } finally {
    for (const process of others) await process.killTree();
  }
  for (const kind of KINDS) console.log(row(one, kind, samples[kind]));
  console.log(ratios(one, samples));
}

/** As many endless loops as there are cores; end them. */
function occupyCores(): BackgroundProcess[] {
  return Array.from(
    { length: navigator.hardwareConcurrency },
    () => new BackgroundProcess(["timeout", "600", "sh", "-c", "while :; do :; done"]),
  );
}

/** One fail-over. */
async function measure(kind: SpeakerKind, { version, intervalSeconds, realTime }: Case): Promise<Sample> {
  const hosts = await TwoHosts.create("hfbench");
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  const common = { version, advertisementIntervalSeconds: intervalSeconds, virtualAddresses: [`${VIP}/24`] };
  const globals = realTime ? ["vrrp_rt_priority 50"] : [];
  const started: BackgroundProcess[] = [];
  const start = (process: BackgroundProcess): BackgroundProcess => {
    started.push(process);
    return process;
  };
  try {
    const capture = start(
      new BackgroundProcess(
        ["ip", "netns", "exec", "hfbench-sw", "tcpdump", "-i", "bridge", "-n", "-l", "--immediate-mode", "-tt"]
          .concat(["-s", "128", "(ip proto 112) or arp"]),
      ),
    );
    await until("tcpdump listens", () => capture.output.includes("listening on"), 10_000);
    const monitor = start(new BackgroundProcess(inside(hosts.b, ["ip", "-ts", "monitor", "address"])));
    const master = start(startSpeaker("keepalived", hosts.a, { ...common, priority: 150 }, folder));
    await until("the master is there", () => hosts.has(hosts.a, VIP), 30_000, () => master.output);
    const backup = start(startSpeaker(kind, hosts.b, { ...common, priority: BACKUP_PRIORITY, globals }, folder));
    // It has heard a few advertisements, and its start is over.
    await pause(1500 + 2000 * intervalSeconds);
    await master.killTree();
    await hosts.powerOff(hosts.a);
    await until("the backup takes over", () => hosts.has(hosts.b, VIP), 30_000, () => backup.output);
    await pause(300);
    const floor = 3 * intervalSeconds +
      ((256 - BACKUP_PRIORITY) / 256) * (version === 2 ? 1 : intervalSeconds);
    return evaluate(capture.output, monitor.output, floor);
  } finally {
    for (const process of started.reverse()) await process.killTree();
    await hosts.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function evaluate(packets: string, addresses: string, floorSeconds: number): Sample {
  const lines = packets.split("\n");
  const last = Math.max(...lines.filter((line) => line.includes("IP 10.9.0.1 >")).map(stamp));
  const after = (part: string): number => first(lines.filter((line) => line.includes(part)).map(stamp), last);
  const present = first(
    addresses.split(/\n(?=\[)/).filter((entry) => entry.includes(`${VIP}/`) && !entry.includes("Deleted")).map(
      monitorStamp,
    ),
    last,
  );
  const overhead = (seconds: number): number => (seconds - last - floorSeconds) * 1000;
  return {
    advertisement: overhead(after("IP 10.9.0.2 >")),
    address: overhead(present),
    arp: overhead(after(`who-has ${VIP}`)),
  };
}

function stamp(line: string): number {
  return Number(line.split(" ")[0]);
}

/** `[2026-11-20T22:33:44.123456] ...`, local time. */
function monitorStamp(entry: string): number {
  const match = entry.match(/^\[(\S+?)\.(\d+)\]/m);
  return match === null ? NaN : new Date(`${match[1]}`).getTime() / 1000 + Number(`0.${match[2]}`);
}

function first(times: readonly number[], after: number): number {
  return Math.min(...times.filter((time) => time > after));
}

function row({ name }: Case, kind: SpeakerKind, samples: readonly Sample[]): string {
  const cell = (pick: (sample: Sample) => number): string => {
    const values = samples.map(pick);
    return `${median(values).toFixed(2)} (${Math.max(...values).toFixed(2)})`.padEnd(18);
  };
  const cells = [cell((s) => s.advertisement), cell((s) => s.address), cell((s) => s.arp)].join(" ");
  return `${name.padEnd(NAME_WIDTH)} ${kind.padEnd(11)} ${String(samples.length).padEnd(3)} ${cells}`;
}

function ratios({ name }: Case, { holdfast, keepalived }: Record<SpeakerKind, readonly Sample[]>): string {
  const ratio = (pick: (sample: Sample) => number): string =>
    (median(holdfast.map(pick)) / median(keepalived.map(pick))).toFixed(2).padEnd(18);
  const cells = [ratio((s) => s.advertisement), ratio((s) => s.address), ratio((s) => s.arp)].join(" ");
  return `${name.padEnd(NAME_WIDTH)} ratio of medians ${cells}\n`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
