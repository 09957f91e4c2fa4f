// One simulated life of a few routers, drawn from a seed: trouble first, then it heals and must come right.
import { Prng } from "../../src/base/prng.ts";
import { type Host, outranks, VIP, VrrpWorld } from "./vrrp_world.ts";

/** What went wrong, with the story. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
}

const TROUBLE_US = 60_000_000;

/**
 * Runs one seed.
 *
 * @param sabotage breaks the new world, to see that the checks notice
 * @throws SimulationFailure with a timeline
 */
export function simulate(seed: number, sabotage: (world: VrrpWorld) => void = () => {}): VrrpWorld {
  const prng = new Prng(seed);
  const version = prng.pick([2, 3] as const);
  const intervalUs = version === 2 ? 1_000_000 : prng.pick([10_000, 100_000, 1_000_000]);
  const names = ["a", "b", "c", "d"].slice(0, prng.integer(2, 4));
  const preemptMode = prng.chance(0.8);
  const routers = names.map((name) => ({ name, priority: prng.integer(1, 254), preemptMode }));
  const world = new VrrpWorld(seed, version, intervalUs, routers);
  const check = (): void => checkAlways(seed, world);
  sabotage(world);

  for (const host of world.hosts) host.start();
  // At short intervals the same trouble takes less time, and as many events.
  const scale = intervalUs / 1_000_000;
  const start = world.nowUs;
  while (world.nowUs < start + TROUBLE_US * scale) {
    makeTrouble(prng, world, intervalUs);
    world.run(world.nowUs + prng.integer(1, 8_000_000 * scale), check);
  }
  world.timeline.push(`${(world.nowUs / 1_000_000).toFixed(6).padStart(12)}  -  everything heals`);
  world.heal();
  // Master down interval of the lowest priority, and as long again for whoever must yield.
  world.run(world.nowUs + 10 * intervalUs + 2_000_000, check);
  checkHealed(seed, world, preemptMode);
  return world;
}

function makeTrouble(prng: Prng, world: VrrpWorld, intervalUs: number): void {
  const host = prng.pick(world.hosts);
  const other = prng.pick(world.hosts);
  switch (prng.integer(0, 8)) {
    case 0:
      world.quality = {
        lossProbability: prng.next() * 0.7,
        duplicateProbability: prng.next() * 0.3,
        maxDelayUs: prng.integer(1, intervalUs),
      };
      return;
    case 1:
      return world.cut(host, other);
    case 2:
      world.cut(host, other);
      return world.cut(other, host);
    case 3:
      return host.crash();
    case 4:
      return host.stop();
    case 5:
      if (host.engine === undefined) host.start();
      return;
    case 6:
      return host.setLink(!host.linkUp);
    case 7:
      host.stalledUntilUs = world.nowUs + prng.integer(1, 6 * intervalUs);
      return;
    case 8:
      return host.reconfigure(prng.integer(1, 254), prng.chance(0.5));
  }
}

/** Addresses are held exactly while master, and by nobody who is down. */
function checkAlways(seed: number, world: VrrpWorld): void {
  for (const host of world.hosts) {
    if (host.held.has(VIP) !== host.isMaster) {
      fail(seed, world, `${host.name} ${host.isMaster ? "is master without" : "is not master but holds"} ${VIP}`);
    }
    const wanted = host.isMaster ? host.config.virtualAddresses.length : 0;
    if (host.held.size !== wanted) fail(seed, world, `${host.name} holds ${host.held.size} addresses, not ${wanted}`);
  }
}

/** Exactly one master, and with preemption the one that outranks all others. */
function checkHealed(seed: number, world: VrrpWorld, preemptMode: boolean): void {
  const masters = world.masters;
  if (masters.length !== 1) fail(seed, world, `${masters.length} masters after healing: ${names(masters)}`);
  const best = world.hosts.reduce((left, right) => outranks(left, right) ? left : right);
  const [master] = masters;
  if (preemptMode && master !== undefined && master.config.priority < best.config.priority) {
    fail(seed, world, `${master.name} is master although ${best.name} has a higher priority`);
  }
}

function names(hosts: readonly Host[]): string {
  return hosts.map((host) => host.name).join(", ") || "none";
}

function fail(seed: number, world: VrrpWorld, what: string): never {
  const routers = world.hosts.map(({ name, config }) => `${name}=${config.priority}`).join(" ");
  const story = world.timeline.slice(-60).join("\n");
  throw new SimulationFailure(`seed ${seed} (${routers}): ${what}\n${story}\nreplay: make sim SEED=${seed}`);
}
