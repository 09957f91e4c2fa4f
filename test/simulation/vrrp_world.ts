// A simulated world of VRRP routers: the real engine on fake ports (src/engine/simulation), with the rules that must hold
// in every moment of it, whatever goes wrong.
import type { Prng } from "../../src/base/prng.ts";
import type { VrrpInstance } from "../../src/config/config.ts";
import { SimulatedHost } from "../../src/engine/simulation/simulated_host.ts";
import { SimulatedNetwork } from "../../src/engine/simulation/simulated_network.ts";
import { addressesOf } from "../../src/engine/vrrp/addresses.ts";
import { senderOf } from "../../src/engine/vrrp/own_links.ts";
import type { AddressAssignment } from "../../src/ports/network.ts";
import type { VrrpStateName } from "../../src/ports/snapshot.ts";
import { familyOfPacket } from "../../src/wire/ip_packet.ts";
import { DEVICES, type Drawing, ownAddresses } from "./vrrp_draw.ts";

/** What went wrong, with the story. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
}

/** Scheduling within the simulation: nothing takes time but packets. */
const SLACK_US = 1000;
const STORY_LINES = 60;

interface Line {
  readonly text: string;
  /** The virtual router that it is about; undefined: all. */
  readonly about?: string;
}

/** What is known of a host beside what it knows itself. */
interface Watched {
  readonly states: Map<string, VrrpStateName>;
  /** Moved since the last look. */
  readonly touched: Set<string>;
  /** Names of instances that were master at any time since the last look. */
  readonly masters: Set<string>;
  readonly sent: { readonly name: string; readonly priority: number }[];
  /** `device address` that the kernel refused to move. */
  readonly excused: Set<string>;
  /** How often the kernel refuses, 0 to 1. */
  failure: number;
}

/** Hosts, their links, and the rules. */
export class VrrpWorld {
  readonly network: SimulatedNetwork;
  readonly #timeline: Line[] = [];
  readonly #watched = new Map<SimulatedHost, Watched>();
  /** Since when two masters of the same virtual router have been so at once, by their names. */
  readonly #rivals = new Map<string, number>();
  /** Last time that anything was done to the world. */
  #disturbedUs = 0;
  transitions = 0;

  constructor(readonly seed: number, readonly prng: Prng, readonly drawing: Drawing) {
    this.network = new SimulatedNetwork(prng);
    this.network.happened = (host) => this.#look(host);
    for (const [index, name] of drawing.hostNames.entries()) this.#addHost(index, name);
  }

  get hosts(): readonly SimulatedHost[] {
    return this.network.hosts;
  }

  get nowUs(): number {
    return this.network.nowUs;
  }

  /** One line for each thing that happened: seconds, host, what. */
  get timeline(): string[] {
    return this.#timeline.map(({ text }) => text);
  }

  /** Does something to a host, and looks at once whether the rules still hold. */
  disturb(host: SimulatedHost, what: string, act: () => void): void {
    this.record(host.name, what);
    this.#disturbedUs = this.nowUs;
    act();
    this.#look(host);
    this.#lookAtAddresses(host);
  }

  /** Does something to the links. */
  disturbLinks(what: string, act: (network: SimulatedNetwork) => void): void {
    this.record("-", what);
    this.#disturbedUs = this.nowUs;
    act(this.network);
  }

  setFailure(host: SimulatedHost, probability: number): void {
    const watched = this.#watchedOf(host);
    watched.failure = probability;
  }

  /** A host that has lost everything it knew. */
  forget(host: SimulatedHost): void {
    const watched = this.#watchedOf(host);
    watched.states.clear();
    watched.masters.clear();
    watched.excused.clear();
    for (const key of this.#rivals.keys()) if (key.split(" ").includes(host.name)) this.#rivals.delete(key);
  }

  stateOf(host: SimulatedHost, name: string): VrrpStateName {
    return this.#watchedOf(host).states.get(name) ?? "init";
  }

  isMaster(host: SimulatedHost, name: string): boolean {
    return this.stateOf(host, name) === "master";
  }

  record(who: string, what: string, about?: string): void {
    const text = `${(this.nowUs / 1e6).toFixed(6).padStart(12)}  ${who}  ${what}`;
    this.#timeline.push(about === undefined ? { text } : { text, about });
  }

  /** @param about the virtual router whose story it is */
  fail(what: string, about?: string): never {
    const story = this.#timeline.filter((line) =>
      line.about === undefined || line.about === about || about === undefined
    )
      .slice(-STORY_LINES).map(({ text }) => text);
    const routers = this.hosts.flatMap((host) =>
      host.config.instances.filter(({ name }) => about === undefined || name === about).slice(0, 3)
        .map((instance) => `  ${host.name}: ${describe(instance)}`)
    );
    const lines = [`seed ${this.seed}: ${what}`, ...routers, ...story, `replay: make sim SEED=${this.seed}`];
    throw new SimulationFailure(lines.join("\n"));
  }

  #addHost(index: number, name: string): void {
    const watched: Watched = {
      states: new Map(),
      touched: new Set(),
      masters: new Set(),
      sent: [],
      excused: new Set(),
      failure: 0,
    };
    const { instances, syncGroups } = this.drawing;
    const config = { instances: instances[index] ?? [], syncGroups };
    const host = new SimulatedHost(name, index + 1, config, this.network, {
      log: (_, line) => {
        const about = line.match(/^\((\w+)\)/)?.[1];
        if (!line.includes(") Entering ")) this.record(name, line, about);
      },
      transition: (_, { kind, name: instance, from, to }) => {
        if (kind === "group") return;
        this.transitions++;
        watched.states.set(instance, to);
        watched.touched.add(instance);
        if (from === "master" || to === "master") watched.masters.add(instance);
        this.record(name, `(${instance}) ${from} -> ${to}`, instance);
      },
      sent: (_, device, packet) => {
        const family = familyOfPacket(packet);
        const at = family === 6 ? 40 : 20;
        const vrid = packet[at + 1];
        const instance = host.config.instances.find((entry) =>
          entry.vrid === vrid && entry.family === family && senderOf(entry) === device
        );
        watched.sent.push({ name: instance?.name ?? "nobody", priority: packet[at + 2] ?? 0 });
      },
      moves: (_, verb, assignment) => this.#move(host, watched, verb, assignment),
    });
    host.refusal = () =>
      watched.failure > 0 && this.prng.chance(watched.failure) ? "No buffer space available (ENOBUFS)" : undefined;
    for (const device of DEVICES) host.addInterface(device, ownAddresses(index, device));
    for (const { link, interface: parent } of config.instances) {
      if (link?.name !== undefined) host.addInterface(link.name, [], parent);
    }
    this.#watched.set(host, watched);
    this.network.hosts.push(host);
  }

  #move(host: SimulatedHost, watched: Watched, verb: string, { device, address }: AddressAssignment): void {
    const key = `${device} ${address}`;
    if (watched.failure > 0 && this.prng.chance(watched.failure)) {
      watched.excused.add(key);
      throw new Error(`Cannot ${verb} ${address}: No buffer space available (ENOBUFS)`);
    }
    watched.excused.delete(key);
    const owner = host.config.instances.find((entry) => addressesOf(entry).some((one) => one.address === address));
    if (owner !== undefined) watched.touched.add(owner.name);
  }

  #watchedOf(host: SimulatedHost): Watched {
    return this.#watched.get(host) as Watched;
  }

  /** The rules, for what has just happened to a host. */
  #look(host: SimulatedHost): void {
    const watched = this.#watchedOf(host);
    for (const { name, priority } of watched.sent) {
      if (watched.states.get(name) === "master" || watched.masters.has(name)) continue;
      this.fail(`${host.name} sends an advertisement of priority ${priority} but is not master`, name);
    }
    watched.sent.length = 0;
    for (const name of watched.touched) {
      const instance = host.config.instances.find((entry) => entry.name === name);
      if (instance !== undefined) this.#lookAt(host, watched, instance);
    }
    if (this.drawing.isGrouped && watched.touched.size > 0) this.#lookAtGroup(host, watched);
    watched.touched.clear();
    watched.masters.clear();
    if (this.#rivals.size > 0) this.#lookAtRivals();
  }

  /** Addresses are held exactly while master. */
  #lookAt(host: SimulatedHost, watched: Watched, instance: VrrpInstance): void {
    const isMaster = watched.states.get(instance.name) === "master";
    for (const { device, address } of addressesOf(instance)) {
      const holds = host.interfaces.get(device)?.held.has(address) === true;
      if (holds === isMaster || watched.excused.has(`${device} ${address}`)) continue;
      this.fail(
        `${host.name} ${isMaster ? "is master without" : "is not master but holds"} ${address}`,
        instance.name,
      );
    }
    this.#findRivals(host, instance, isMaster);
  }

  /** After healing no refusal of a kernel is an excuse any more. */
  lookAtAll(): void {
    for (const host of this.hosts) {
      const watched = this.#watchedOf(host);
      watched.excused.clear();
      for (const instance of host.config.instances) this.#lookAt(host, watched, instance);
      this.#lookAtAddresses(host);
    }
  }

  /** Nothing is held that is no instance's. */
  #lookAtAddresses(host: SimulatedHost): void {
    const watched = this.#watchedOf(host);
    const wanted = new Set(host.config.instances.flatMap(addressesOf).map(({ address }) => address));
    for (const { name, held } of host.interfaces.values()) {
      for (const address of held) {
        if (wanted.has(address) || watched.excused.has(`${name} ${address}`)) continue;
        this.fail(`${host.name} holds ${address}, which is nobody's`);
      }
    }
  }

  #lookAtGroup(host: SimulatedHost, watched: Watched): void {
    const states = new Set(host.config.instances.map(({ name }) => watched.states.get(name) ?? "init"));
    if (states.size > 1) this.fail(`the members of the group on ${host.name} are ${[...states].join(", ")}`);
  }

  #findRivals(host: SimulatedHost, instance: VrrpInstance, isMaster: boolean): void {
    for (const other of this.hosts) {
      if (other === host) continue;
      const key = [host.name, other.name].sort().join(" ") + ` ${instance.name}`;
      const rival = isMaster && this.isMaster(other, instance.name) && hear(instance, other);
      if (!rival) this.#rivals.delete(key);
      else if (!this.#rivals.has(key)) this.#rivals.set(key, this.nowUs);
    }
  }

  /** Two masters that hear each other are one after the next advertisement of the higher one. */
  #lookAtRivals(): void {
    for (const [key, sinceUs] of this.#rivals) {
      const [left = "", right = "", name = ""] = key.split(" ");
      const pair = [left, right].map((one) => this.hosts.find((host) => host.name === one) as SimulatedHost);
      if (!this.#hearEachOther(pair, name)) {
        this.#rivals.set(key, this.nowUs);
        continue;
      }
      const fromUs = Math.max(sinceUs, this.#disturbedUs, ...pair.map((host) => host.stalledUntilUs));
      const intervalUs = Math.max(...pair.map((host) => instanceOf(host, name)?.advertisementIntervalUs ?? 0));
      const limitUs = intervalUs + 2 * this.network.quality.maxDelayUs + SLACK_US;
      if (this.nowUs - fromUs <= limitUs) continue;
      this.fail(`${left} and ${right} are both master for ${(this.nowUs - fromUs) / 1e6} s and hear each other`, name);
    }
  }

  #hearEachOther([left, right]: readonly SimulatedHost[], name: string): boolean {
    if (left === undefined || right === undefined || this.network.quality.lossProbability > 0) return false;
    const device = instanceOf(left, name)?.interface ?? "";
    if (this.network.isCut(left, right, device) || this.network.isCut(right, left, device)) return false;
    return [left, right].every((host) =>
      host.interfaces.get(device)?.up === true && this.#watchedOf(host).failure === 0
    );
  }
}

/** An instance of a host by its name. */
export function instanceOf(host: SimulatedHost, name: string): VrrpInstance | undefined {
  return host.config.instances.find((instance) => instance.name === name);
}

/** Whether two routers believe each other's advertisements. */
export function hear(instance: VrrpInstance, other: SimulatedHost): boolean {
  return instanceOf(other, instance.name)?.version === instance.version;
}

function describe(instance: VrrpInstance): string {
  const { name, version, family, vrid, priority, advertisementIntervalUs, unicastPeers, preemptMode } = instance;
  const { preemptDelayUs } = instance;
  return [
    `${name}: VRID ${vrid} on ${instance.interface}, version ${version} over IPv${family}, priority ${priority}`,
    `advert_int ${advertisementIntervalUs / 1e6}`,
    ...(unicastPeers.length > 0 ? ["unicast"] : []),
    ...(instance.link === undefined ? [] : ["use_vmac"]),
    ...(preemptMode ? [] : ["nopreempt"]),
    ...(preemptDelayUs > 0 ? [`preempt_delay ${preemptDelayUs / 1e6}`] : []),
  ].join(", ");
}
