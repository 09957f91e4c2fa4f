// Packets that nobody may believe, from the link: each kind is counted by its reason, and neither they nor a flood of them
// change the state of a master or of a backup. Inside network namespaces only.
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import { type BackgroundProcess, pause, run } from "../support/command.ts";
import { daemonTest as test, type Instance, type Lab } from "../support/daemon_test.ts";
import { fuzzedPacket, hostilePackets, type Target } from "../support/hostile_packets.ts";
import { cpuMs, roleProcess } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";
import { speakerConfig, startSpeaker } from "../support/vrrp_speaker.ts";

const ROUNDS = 20;
const FUZZED = 3000;
const FLOOD_SECONDS = 3;
const FLOOD_PER_SECOND = 100_000;
const SENDER = new URL("../support/send_packets.py", import.meta.url).pathname;
const COMMON = {
  version: 2,
  advertisementIntervalSeconds: 1,
  password: "secret12",
  virtualAddresses: ["10.9.0.100"],
} as const;
const target: Target = {
  vrid: 51,
  password: new TextEncoder().encode("secret12"),
  address: Uint8Array.of(10, 9, 0, 100),
  source: Uint8Array.of(10, 9, 0, 2),
  host: Uint8Array.of(10, 9, 0, 1),
};

async function counted(lab: Lab): Promise<Instance> {
  let instances: Instance[] = [];
  await lab.comes("its counters are told", async () => (instances = await lab.instances()).length > 0);
  return instances[0] as Instance;
}

/** Waits until so many packets have been counted as wrong. */
async function discards(lab: Lab, count: number): Promise<void> {
  await lab.comes(`${count} are counted`, async () => sum((await counted(lab)).counters.discarded) >= count);
}

/** Snapshots come every second: what is known of the moment after this. */
async function settled(lab: Lab): Promise<Instance> {
  await pause(2500);
  return await counted(lab);
}

async function send(lab: Lab, packets: Iterable<Uint8Array>, ...rate: readonly string[]): Promise<number> {
  const link = await run("ip", "-n", lab.hosts.a.namespace, "link", "show", "eth0");
  const mac = link.match(/link\/ether ([0-9a-f:]+)/)?.[1] ?? "";
  const [program = "", ...args] = inside(lab.hosts.b, ["python3", SENDER, "eth0", mac, ...rate]);
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const hex = [...packets].map((packet) => packet.toHex()).join("\n");
  await writer.write(new TextEncoder().encode(hex));
  await writer.close();
  return Number(new TextDecoder().decode((await child.output()).stdout));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

test("hostile packets change nothing and are counted by reason", "hfhostile", async (lab) => {
  await lab.write(speakerConfig({ ...COMMON, priority: 100 }));
  lab.start();
  await lab.comes("master", async () => (await lab.instances())[0]?.state === "master");
  const before = await settled(lab);
  const kinds = hostilePackets(target);
  for (let round = 0; round < ROUNDS; round++) await send(lab, kinds.values());
  await discards(lab, ROUNDS * (kinds.size - 1));
  const after = await settled(lab);
  assertEquals([after.state, after.counters.transitions], ["master", before.counters.transitions]);
  const expected = [...kinds.keys()].filter((reason) => reason !== "unknown-vrid").map((reason) => [reason, ROUNDS]);
  assertEquals(after.counters.discarded, Object.fromEntries(expected));

  const prng = new Prng(1);
  await send(lab, Array.from({ length: FUZZED }, () => fuzzedPacket(target, prng)));
  await discards(lab, sum(after.counters.discarded) + FUZZED / 3 + 1);
  const fuzzed = await settled(lab);
  assertEquals([fuzzed.state, fuzzed.counters.transitions], ["master", before.counters.transitions]);
  assertEquals(fuzzed.counters.advertsIn, before.counters.advertsIn, "none was believed");
  assert(
    sum(fuzzed.counters.discarded) > sum(after.counters.discarded) + FUZZED / 3,
    "those with its VRID were counted",
  );
});

for (const role of ["master", "backup"] as const) {
  test(`a flood of hostile packets leaves a ${role} what it is`, `hfflood${role}`, async (lab) => {
    const folder = await Deno.makeTempDir();
    let peer: BackgroundProcess | undefined;
    try {
      if (role === "backup") peer = startSpeaker("holdfast", lab.hosts.b, { ...COMMON, priority: 200 }, folder);
      await lab.write(speakerConfig({ ...COMMON, priority: 100 }));
      const daemon = lab.start();
      if (role === "backup") {
        await lab.comes("the peer is master", async () => await lab.hosts.has(lab.hosts.b, "10.9.0.100"));
      }
      await lab.comes(role, async () => (await lab.instances())[0]?.state === role);
      const before = await settled(lab);
      const wrong = [...hostilePackets(target)].filter(([reason]) => reason !== "unknown-vrid").map(([, bytes]) =>
        bytes
      );
      const vrrpRole = roleProcess(daemon.pid, "vrrp");
      const cpuBefore = cpuMs(vrrpRole);
      const sent = await send(lab, wrong, String(FLOOD_SECONDS), String(FLOOD_PER_SECOND));
      const cpu = (cpuMs(vrrpRole) - cpuBefore) / 1000;
      const counter = role === "master" ? "advertsOut" : "advertsIn";
      await discards(lab, sum(before.counters.discarded) + FLOOD_PER_SECOND / 10 + 1);
      await lab.comes(
        "its own business went on",
        async () => (await counted(lab)).counters[counter] > before.counters[counter],
      );
      const after = await settled(lab);
      assertEquals([after.state, after.counters.transitions], [role, before.counters.transitions]);
      const heard = sum(after.counters.discarded) - sum(before.counters.discarded);
      assert(heard > FLOOD_PER_SECOND / 10, `it counted what it read: ${heard}`);
      assert(sent >= heard, "and nothing else");
      const lines = daemon.output.split("\n").filter((line) => line.includes("discarding")).length;
      assert(lines <= wrong.length * 2, "a flood of packets is not a flood of log lines");
      const share = Math.round((100 * cpu) / FLOOD_SECONDS);
      console.log(
        `${role}: ${sent} packets in ${FLOOD_SECONDS} s, ${heard} read, vrrp role ${cpu.toFixed(2)} s CPU (${share} %)`,
      );
    } finally {
      await peer?.killTree();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
