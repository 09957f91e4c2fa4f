// One simulated life of VRRP routers, drawn from a seed: trouble first, then it heals and must come right.
import { Prng } from "../../src/base/prng.ts";
import { PERFECT_LINK } from "../../src/engine/simulation/simulated_network.ts";
import type { SimulatedHost } from "../../src/engine/simulation/simulated_host.ts";
import type { VrrpInstance } from "../../src/config/config.ts";
import type { TrackStatus } from "../../src/engine/vrrp/tracked_items.ts";
import { NO_ORDERS } from "../../src/core/vrrp/steering.ts";
import { masterDownIntervalUs } from "../../src/core/vrrp/timing.ts";
import { address, DEVICES, drawWorld, FILE, SCRIPT } from "./vrrp_draw.ts";
import { hear, instanceOf, SimulationFailure, VrrpWorld } from "./vrrp_world.ts";

export { SimulationFailure };

/** Within this what the kernel refused has been tried again. */
const REPAIR_US = 2_500_000;
const GOOD: TrackStatus = { scripts: { [SCRIPT]: "up" }, files: { [FILE]: 0 }, processes: {}, bfd: {} };

/**
 * Runs one seed.
 *
 * @param sabotage breaks the new world, to see that the rules notice
 * @throws SimulationFailure with a timeline
 */
export function simulate(seed: number, sabotage: (world: VrrpWorld) => void = () => {}): VrrpWorld {
  const prng = new Prng(seed);
  const world = new VrrpWorld(seed, prng, drawWorld(prng));
  sabotage(world);
  const all = world.hosts.flatMap(({ config }) => config.instances);
  const longestUs = Math.max(...all.map(({ advertisementIntervalUs }) => advertisementIntervalUs));
  const rounds = all.length > 60 ? 4 : 15;

  for (const host of world.hosts) {
    world.disturb(host, "starts", () => {
      host.track(GOOD);
      host.start();
    });
    if (prng.chance(0.3)) world.network.run(world.nowUs + prng.integer(1, 4 * longestUs));
  }
  for (let round = 0; round < rounds; round++) {
    makeTrouble(prng, world, longestUs);
    world.network.run(world.nowUs + prng.integer(1, 8 * longestUs));
  }
  heal(world);
  world.network.run(world.nowUs + healingUs(all));
  checkHealed(world);
  world.lookAtAll();
  const before = world.transitions;
  world.network.run(world.nowUs + 5 * longestUs);
  if (world.transitions !== before) world.fail("somebody changes state although nothing happens any more");
  return world;
}

type Trouble = (prng: Prng, world: VrrpWorld, host: SimulatedHost, longestUs: number) => void;

const TROUBLES: readonly Trouble[] = [
  (prng, world, _, longestUs) => {
    const quality = {
      lossProbability: prng.chance(0.5) ? prng.next() * 0.7 : 0,
      duplicateProbability: prng.next() * 0.3,
      minDelayUs: 1,
      maxDelayUs: prng.integer(1, longestUs),
    };
    const { lossProbability, maxDelayUs } = quality;
    const what = `packets are lost (${Math.round(lossProbability * 100)} %), repeated, and take up to ${maxDelayUs} us`;
    world.disturbLinks(what, (network) => network.quality = quality);
  },
  (_, world) => world.disturbLinks("packets arrive again", (network) => network.quality = PERFECT_LINK),
  (prng, world, host) => {
    const other = prng.pick(world.hosts);
    const segment = prng.pick([...DEVICES, "*"]);
    world.disturbLinks(
      `${other.name} does not hear ${host.name} on ${segment}`,
      (network) => network.cut(host, other, segment),
    );
  },
  (prng, world) => {
    const here = world.hosts.filter(() => prng.chance(0.5));
    const there = world.hosts.filter((host) => !here.includes(host));
    const names = (hosts: readonly SimulatedHost[]): string => hosts.map(({ name }) => name).join(", ") || "nobody";
    world.disturbLinks(`partition: ${names(here)} | ${names(there)}`, (network) => {
      for (const left of here) {
        for (const right of there) {
          network.cut(left, right);
          network.cut(right, left);
        }
      }
    });
  },
  (_, world) => world.disturbLinks("the partitions heal", (network) => network.mend()),
  (_, world, host) =>
    world.disturb(host, "crashes", () => {
      host.crash();
      world.forget(host);
    }),
  (_, world, host) => world.disturb(host, "stops", () => host.stop()),
  start,
  start,
  (prng, world, host) => {
    if (!host.runs) return start(prng, world, host);
    const resumes = prng.chance(0.5);
    world.disturb(host, `its vrrp role dies and ${resumes ? "resumes" : "begins anew"}`, () => {
      const masters = host.config.instances.filter(({ name }) => world.isMaster(host, name));
      const isWhole = masters.length === host.config.instances.length || !world.drawing.isGrouped;
      world.forget(host);
      host.restartRole(resumes && isWhole);
    });
  },
  (prng, world, host) => {
    const device = prng.pick(DEVICES);
    const isUp = host.interfaces.get(device)?.up !== true;
    world.disturb(host, `${device} ${isUp ? "up" : "down"}`, () => host.setLink(device, isUp));
  },
  (prng, world, host, longestUs) => {
    const durationUs = prng.integer(1, 6 * longestUs);
    const pause = (): void => void (host.stalledUntilUs = world.nowUs + durationUs);
    world.disturb(host, `has no CPU time for ${durationUs / 1e6} s`, pause);
  },
  reload,
  (prng, world, host) => {
    const stepMs = prng.integer(-86_400_000, 86_400_000);
    world.disturb(host, `its clock is set by ${stepMs / 1000} s`, () => void (host.wallOffsetMs += stepMs));
  },
  (prng, world, host) => {
    const probability = prng.chance(0.5) ? 0 : prng.next();
    const what = `its kernel refuses ${Math.round(probability * 100)} % of the calls`;
    world.disturb(host, what, () => world.setFailure(host, probability));
  },
  (prng, world, host) => {
    const verdict = prng.pick(["up", "down"] as const);
    const value = prng.integer(-300, 300);
    const status: TrackStatus = { scripts: { [SCRIPT]: verdict }, files: { [FILE]: value }, processes: {}, bfd: {} };
    world.disturb(host, `script is ${verdict}, file says ${value}`, () => host.track(status));
  },
  (prng, world, host) => {
    const entry = prng.pick(prng.pick(host.config.instances).virtualAddresses);
    const what = `somebody removes ${entry.address}`;
    world.disturb(host, what, () => host.loseAddress(entry.device, entry.address));
  },
  (prng, world, host) => {
    const { name: target } = prng.pick(host.config.instances);
    const force = prng.chance(0.5);
    world.disturb(host, `an operator hands ${target} over`, () => host.operate({ type: "failover", target, force }));
  },
  (prng, world, host) => {
    const held = prng.chance(0.5);
    const orders = prng.chance(0.5) ? { held, priority: prng.integer(1, 254) } : { held };
    world.disturb(host, `an operator says ${JSON.stringify(orders)}`, () => host.steer(orders));
  },
];

function makeTrouble(prng: Prng, world: VrrpWorld, longestUs: number): void {
  prng.pick(TROUBLES)(prng, world, prng.pick(world.hosts), longestUs);
}

function start(_: Prng, world: VrrpWorld, host: SimulatedHost): void {
  if (!host.runs) world.disturb(host, "starts", () => host.start());
}

/** Another priority, with or without a second address. */
function reload(prng: Prng, world: VrrpWorld, host: SimulatedHost): void {
  const { instances, syncGroups } = host.config;
  const priority = prng.integer(1, 254);
  const chosen = prng.pick(instances);
  const changed = (instance: VrrpInstance, index: number): VrrpInstance => {
    if (!world.drawing.isGrouped && instance !== chosen) return instance;
    const [first] = instance.virtualAddresses;
    if (first === undefined) return instance;
    const second = address(instance.family, index, 2, first.device);
    const virtualAddresses = prng.chance(0.5) ? [first, second] : [first];
    return { ...instance, priority: instance.priority === 255 ? 255 : priority, virtualAddresses };
  };
  const next = { instances: instances.map(changed), syncGroups };
  world.disturb(host, `reload: priority ${priority}`, () => host.reconfigure(next));
}

function heal(world: VrrpWorld): void {
  world.disturbLinks("everything heals", (network) => {
    network.mend();
    network.quality = PERFECT_LINK;
  });
  for (const host of world.hosts) {
    world.setFailure(host, 0);
    host.stalledUntilUs = 0;
    host.wallOffsetMs = 0;
    if (!host.runs) world.disturb(host, "starts", () => host.start());
    for (const { name, up } of host.interfaces.values()) {
      if (!up) world.disturb(host, `${name} up`, () => host.setLink(name, true));
    }
    world.disturb(host, "script is up, file says 0", () => host.track(GOOD));
    world.disturb(host, "operators take back what they said", () => host.steer(NO_ORDERS));
  }
}

/** The longest Master_Down_Interval with the longest delay before it, and as long again for whoever must yield. */
function healingUs(instances: readonly VrrpInstance[]): number {
  const longest = Math.max(...instances.map(({ advertisementIntervalUs }) => advertisementIntervalUs));
  const downs = instances.map((instance) => masterDownIntervalUs({ ...instance, priority: 1 }, longest));
  const delays = instances.map(({ preemptDelayUs }) => preemptDelayUs);
  return Math.max(REPAIR_US, 3 * Math.max(...downs) + Math.max(...delays) + 8 * longest);
}

/** In every virtual router exactly one master, and nobody who would have to preempt it. */
function checkHealed(world: VrrpWorld): void {
  const priorities = new Map(world.hosts.map((host) => {
    return [host, new Map(host.snapshot().map(({ name, effectivePriority }) => [name, effectivePriority]))];
  }));
  const priorityOf = (host: SimulatedHost, name: string): number => priorities.get(host)?.get(name) ?? 0;
  for (const host of world.hosts) {
    for (const instance of host.config.instances) {
      const { name } = instance;
      const peers = world.hosts.filter((other) => hear(instance, other));
      const masters = peers.filter((peer) => world.isMaster(peer, name));
      const [master] = masters;
      if (master === undefined || masters.length > 1) {
        world.fail(`${masters.length} masters after healing: ${masters.map((one) => one.name).join(", ")}`, name);
      }
      const preempts = peers.find((peer) =>
        instanceOf(peer, name)?.preemptMode === true && priorityOf(peer, name) > priorityOf(master, name)
      );
      if (preempts === undefined) continue;
      world.fail(`${master.name} is master although ${preempts.name} has a higher priority`, name);
    }
  }
}
