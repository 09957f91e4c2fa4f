// Two to four hosts with the same sync group, each of its virtual routers on a link of its own that fails by itself, one
// way or both: the real engine on fake ports. On every host all members are always in one state and hold their addresses
// exactly while master; once healed, one host is master of all of them.
import { assert, assertEquals } from "../assert.ts";
import { INSTANCE } from "../support/config_values.ts";
import { location, syncGroup } from "../support/vrrp_world.ts";
import { Prng } from "../../src/base/prng.ts";
import type { VrrpInstance } from "../../src/config/config.ts";
import type { SyncGroup } from "../../src/config/config_vrrp.ts";
import { RuntimeDigests } from "../../src/linux/digests.ts";
import { VrrpEngine } from "../../src/engine/vrrp/vrrp_engine.ts";
import type { NetworkInterface, NetworkPort } from "../../src/ports/network.ts";

const SEEDS = 1500;
const TROUBLE_US = 60_000_000;
const HEALING_US = 30_000_000;

function instances(devices: readonly string[], priority: number): VrrpInstance[] {
  return devices.map((device, index) => ({
    ...INSTANCE,
    name: `VI_${device}`,
    interface: device,
    vrid: 51 + index,
    version: 3,
    priority,
    virtualAddresses: [{ address: `192.0.2.${100 + index}`, prefixLength: 32, device, scope: 0, location }],
  }));
}

class Host implements NetworkPort {
  readonly held = new Set<string>();
  readonly down = new Set<string>();
  readonly engine: VrrpEngine;
  #devices: readonly string[];

  constructor(readonly world: World, readonly index: number, readonly priority: number, devices: readonly string[]) {
    this.#devices = devices;
    const ports = {
      clock: { nowUs: () => world.nowUs, wallMs: () => 0 },
      network: this,
      digests: new RuntimeDigests(),
      log: (line: string) => world.story.push(`${world.nowUs / 1e6} host ${index} ${line}`),
      changed: () => {},
    };
    this.engine = new VrrpEngine(instances(devices, priority), ports, [this.#group()]);
  }

  get states(): string[] {
    return this.engine.snapshot().map(({ state }) => state);
  }

  setLink(device: string, up: boolean): void {
    if (up) this.down.delete(device);
    else this.down.add(device);
    this.engine.networkChanged();
  }

  /** A reload: a member leaves the group and the configuration, or comes back. */
  reload(devices: readonly string[]): void {
    this.#devices = devices;
    this.engine.reconfigure(instances(devices, this.priority), [this.#group()]);
  }

  #group(): SyncGroup {
    return syncGroup(this.#devices.map((device) => `VI_${device}`));
  }

  interface(name: string): NetworkInterface {
    const ipv4Addresses = [`192.0.2.${this.index + 1}`, ...this.held];
    const hardwareAddress = new Uint8Array(6);
    return { name, index: 1, up: !this.down.has(name), hardwareAddress, ipv4Addresses, ipv6Addresses: [] };
  }

  hasAddress(_device: string, address: string): boolean {
    return this.held.has(address);
  }

  addAddress({ address }: { address: string }): void {
    this.held.add(address);
  }

  removeAddress({ address }: { address: string }): void {
    this.held.delete(address);
  }

  sendAdvertisement(device: string, packet: Uint8Array): string | undefined {
    if (this.down.has(device)) return "Network is down (ENETDOWN)";
    this.world.transmit(this, device, packet.slice());
    return undefined;
  }

  sendFrame(): undefined {}
}

class World {
  nowUs = 1_000_000;
  loss = 0;
  readonly cuts = new Set<string>();
  readonly devices: readonly string[];
  readonly hosts: Host[];
  readonly story: string[] = [];
  #inFlight: { readonly atUs: number; readonly to: Host; readonly device: string; readonly packet: Uint8Array }[] = [];

  constructor(readonly prng: Prng, readonly seed: number) {
    this.devices = ["eth0", "eth1", "eth2"].slice(0, prng.integer(2, 3));
    this.hosts = Array.from({ length: prng.integer(2, 4) }, (_, index) => {
      return new Host(this, index, prng.integer(1, 4) * 50, this.devices);
    });
    for (const host of this.hosts) host.engine.start(new Set());
  }

  get masters(): Host[] {
    return this.hosts.filter((host) => host.states.every((state) => state === "master"));
  }

  transmit(from: Host, device: string, packet: Uint8Array): void {
    for (const to of this.hosts) {
      if (to === from || this.cuts.has(`${device}${from.index}${to.index}`) || this.prng.chance(this.loss)) continue;
      this.#inFlight.push({ atUs: this.nowUs + this.prng.integer(100, 50_000), to, device, packet });
    }
  }

  run(untilUs: number): void {
    for (;;) {
      let nextUs = Infinity;
      for (const { atUs } of this.#inFlight) nextUs = Math.min(nextUs, atUs);
      for (const { engine } of this.hosts) nextUs = Math.min(nextUs, engine.nextDeadlineUs() ?? Infinity);
      if (nextUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, nextUs);
      this.#deliver();
      for (const { engine } of this.hosts) engine.runDue();
      this.check();
    }
    this.nowUs = untilUs;
  }

  check(): void {
    for (const host of this.hosts) {
      const [first, ...others] = host.states;
      const held = first === "master" ? host.states.length : 0;
      if (others.every((state) => state === first) && host.held.size === held) continue;
      const what = `host ${host.index} is ${host.states.join(", ")} and holds ${host.held.size} addresses`;
      throw new Error(`seed ${this.seed}: ${what}\n${this.story.slice(-40).join("\n")}`);
    }
  }

  #deliver(): void {
    const due = this.#inFlight.filter(({ atUs }) => atUs <= this.nowUs);
    this.#inFlight = this.#inFlight.filter(({ atUs }) => atUs > this.nowUs);
    for (const { to, device, packet } of due) {
      if (!to.down.has(device)) to.engine.receive(device, packet, packet.length);
    }
  }
}

function makeTrouble(prng: Prng, world: World): void {
  const host = prng.pick(world.hosts);
  const other = prng.pick(world.hosts);
  const device = prng.pick(world.devices);
  switch (prng.integer(0, 5)) {
    case 0:
      world.loss = prng.next() * 0.6;
      return;
    case 1:
      world.cuts.add(`${device}${host.index}${other.index}`);
      return;
    case 2:
      world.cuts.add(`${device}${host.index}${other.index}`).add(`${device}${other.index}${host.index}`);
      return;
    case 3:
      return host.reload(world.devices.filter((name) => name !== device || prng.chance(0.5)));
    default:
      return host.setLink(device, host.down.has(device));
  }
}

function live(seed: number): number {
  const prng = new Prng(seed);
  const world = new World(prng, seed);
  let mastersSeen = 0;
  const start = world.nowUs;
  while (world.nowUs < start + TROUBLE_US) {
    makeTrouble(prng, world);
    world.check();
    world.run(world.nowUs + prng.integer(1, 8_000_000));
    mastersSeen += world.masters.length;
  }
  world.loss = 0;
  world.cuts.clear();
  for (const host of world.hosts) {
    host.reload(world.devices);
    for (const device of world.devices) host.setLink(device, true);
  }
  world.run(world.nowUs + HEALING_US);
  const best = Math.max(...world.hosts.map(({ priority }) => priority));
  const what = `seed ${seed}: masters after healing\n${world.story.slice(-40).join("\n")}`;
  assertEquals(world.masters.map((host) => host.priority), [best], what);
  return mastersSeen;
}

Deno.test(`a sync group moves as one on every host, and heals to one master of all (${SEEDS} seeds)`, () => {
  let mastersSeen = 0;
  for (let seed = 1; seed <= SEEDS; seed++) mastersSeen += live(seed);
  assert(mastersSeen > SEEDS, "there are masters in times of trouble, too");
});
