// A simulated link with VRRP routers on it: the real engine on fake ports, virtual time, one seed.
// Packets are lost, delayed and duplicated; hosts crash, restart, stall and are cut off. A run is a pure function of its seed.
import { INSTANCE } from "../support/config_values.ts";
import { formatIp, parseIpv4 } from "../../src/base/ip.ts";
import { Prng } from "../../src/base/prng.ts";
import type { VrrpInstance } from "../../src/config/config.ts";
import { RuntimeDigests } from "../../src/linux/digests.ts";
import { VrrpEngine } from "../../src/engine/vrrp/vrrp_engine.ts";
import type { AddressAssignment, NetworkInterface, NetworkPort } from "../../src/ports/network.ts";

/** The address that moves. */
export const VIP = "192.0.2.100";
/** One that comes and goes by reloads. */
const SECOND_VIP = "192.0.2.101";
const DEVICE = "eth0";

/** What is done to packets between two hosts. */
export interface LinkQuality {
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  readonly maxDelayUs: number;
}

/** Everything arrives once, after 50 us. */
export const PERFECT_LINK: LinkQuality = { lossProbability: 0, duplicateProbability: 0, maxDelayUs: 50 };

interface Delivery {
  readonly atUs: number;
  readonly order: number;
  readonly to: Host;
  readonly packet: Uint8Array;
}

/** One router's host: its engine, and the kernel's side as the engine sees it. */
export class Host implements NetworkPort {
  readonly name: string;
  readonly address: string;
  config: VrrpInstance;
  /** Addresses that its interface has, besides its own. */
  readonly held = new Set<string>();
  readonly transitions: string[] = [];
  linkUp = true;
  /** Stalled until then: it handles nothing, as a machine without CPU time. */
  stalledUntilUs = 0;
  engine: VrrpEngine | undefined;
  readonly #world: VrrpWorld;

  constructor(world: VrrpWorld, name: string, address: string, config: VrrpInstance) {
    this.#world = world;
    this.name = name;
    this.address = address;
    this.config = config;
  }

  start(): void {
    this.engine = new VrrpEngine([this.config], {
      clock: { nowUs: () => this.#world.nowUs, wallMs: () => this.#world.nowUs / 1000 },
      network: this,
      digests: new RuntimeDigests(),
      log: (line) => this.#world.record(this, line),
      changed: () => {},
    });
    this.engine.start(new Set());
  }

  /** A reload of its configuration: another priority, with or without a second address. */
  reconfigure(priority: number, secondAddress: boolean): void {
    const [first] = this.config.virtualAddresses;
    if (first === undefined) return;
    const virtualAddresses = secondAddress ? [first, { ...first, address: SECOND_VIP }] : [first];
    this.config = { ...this.config, priority, virtualAddresses };
    this.#world.record(this, `priority ${priority}, ${virtualAddresses.length} addresses`);
    this.engine?.reconfigure([this.config]);
  }

  /** Ends in good order. */
  stop(): void {
    this.engine?.stop();
    this.engine = undefined;
  }

  /** Power loss: nothing is said, and nothing is left of the addresses. */
  crash(): void {
    this.#world.record(this, "crashes");
    this.engine = undefined;
    this.held.clear();
  }

  setLink(up: boolean): void {
    this.#world.record(this, up ? "link up" : "link down");
    this.linkUp = up;
    this.engine?.networkChanged();
  }

  get isMaster(): boolean {
    return this.engine?.snapshot()[0]?.state === "master";
  }

  interface(name: string): NetworkInterface | undefined {
    if (name !== DEVICE) return undefined;
    const hardwareAddress = new Uint8Array([2, 0, 0, 0, 0, 1]);
    return {
      name,
      index: 1,
      up: this.linkUp,
      hardwareAddress,
      ipv4Addresses: [this.address, ...this.held],
      ipv6Addresses: [],
    };
  }

  hasAddress(_device: string, address: string): boolean {
    return this.held.has(address);
  }

  addAddress(assignment: AddressAssignment): void {
    this.held.add(assignment.address);
  }

  removeAddress(assignment: AddressAssignment): void {
    this.held.delete(assignment.address);
  }

  sendAdvertisement(_interfaceName: string, packet: Uint8Array): string | undefined {
    if (!this.linkUp) return "Network is down (ENETDOWN)";
    this.#world.transmit(this, packet.slice());
    return undefined;
  }

  sendFrame(): string | undefined {
    return this.linkUp ? undefined : "Network is down (ENETDOWN)";
  }
}

/** How the routers of a world are configured. */
export interface RouterSetup {
  readonly name: string;
  readonly priority: number;
  readonly preemptMode?: boolean;
}

/** The link and its hosts. */
export class VrrpWorld {
  nowUs = 1_000_000;
  readonly hosts: Host[];
  readonly timeline: string[] = [];
  quality: LinkQuality = PERFECT_LINK;
  readonly #prng: Prng;
  /** Pairs of hosts, `from>to`, between which nothing passes. */
  readonly #cuts = new Set<string>();
  #deliveries: Delivery[] = [];
  #order = 0;

  constructor(seed: number, version: 2 | 3, advertisementIntervalUs: number, routers: readonly RouterSetup[]) {
    this.#prng = new Prng(seed);
    this.hosts = routers.map(({ name, priority, preemptMode = true }, index) =>
      new Host(
        this,
        name,
        `192.0.2.${index + 1}`,
        instance({ version, advertisementIntervalUs, priority, preemptMode }),
      )
    );
  }

  get masters(): Host[] {
    return this.hosts.filter((host) => host.isMaster);
  }

  /** Stops everything from `from` to `to`, one way. */
  cut(from: Host, to: Host): void {
    this.#cuts.add(`${from.name}>${to.name}`);
  }

  /** Mends the link and everything on it. */
  heal(): void {
    this.#cuts.clear();
    this.quality = PERFECT_LINK;
    for (const host of this.hosts) {
      host.stalledUntilUs = 0;
      if (!host.linkUp) host.setLink(true);
      if (host.engine === undefined) host.start();
    }
  }

  /** Lets virtual time pass; `check` sees the world after every event. */
  run(untilUs: number, check: (world: VrrpWorld) => void): void {
    for (;;) {
      const atUs = this.#nextEventUs();
      if (atUs === undefined || atUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, atUs);
      this.#deliverDue();
      for (const host of this.hosts) if (this.nowUs >= host.stalledUntilUs) host.engine?.runDue();
      check(this);
    }
    this.nowUs = untilUs;
  }

  transmit(from: Host, packet: Uint8Array): void {
    for (const to of this.hosts) {
      if (to === from || this.#cuts.has(`${from.name}>${to.name}`)) continue;
      const copies = this.#prng.chance(this.quality.lossProbability)
        ? 0
        : this.#prng.chance(this.quality.duplicateProbability)
        ? 2
        : 1;
      for (let copy = 0; copy < copies; copy++) {
        const atUs = this.nowUs + this.#prng.integer(1, this.quality.maxDelayUs);
        this.#deliveries.push({ atUs, order: this.#order++, to, packet });
      }
    }
  }

  record(host: Host, line: string): void {
    this.timeline.push(`${(this.nowUs / 1_000_000).toFixed(6).padStart(12)}  ${host.name}  ${line}`);
  }

  #nextEventUs(): number | undefined {
    let next: number | undefined;
    for (const { atUs, to } of this.#deliveries) next = earlier(next, Math.max(atUs, to.stalledUntilUs));
    for (const host of this.hosts) {
      const deadline = host.engine?.nextDeadlineUs();
      if (deadline !== undefined) next = earlier(next, Math.max(deadline, host.stalledUntilUs));
    }
    return next;
  }

  #deliverDue(): void {
    const due = this.#deliveries.filter(({ atUs, to }) => Math.max(atUs, to.stalledUntilUs) <= this.nowUs);
    if (due.length === 0) return;
    this.#deliveries = this.#deliveries.filter((delivery) => !due.includes(delivery));
    due.sort((left, right) => left.atUs - right.atUs || left.order - right.order);
    for (const { to, packet } of due) if (to.linkUp) to.engine?.receive(DEVICE, packet, packet.length);
  }
}

function earlier(left: number | undefined, right: number): number {
  return left === undefined ? right : Math.min(left, right);
}

function instance(
  options: { version: 2 | 3; advertisementIntervalUs: number; priority: number; preemptMode: boolean },
): VrrpInstance {
  const location = { file: "simulation", line: 1, column: 1, length: 1 };
  return {
    ...INSTANCE,
    name: "VI_1",
    interface: DEVICE,
    vrid: 51,
    ...options,
    initialState: "backup",
    preemptDelayUs: 0,
    virtualAddresses: [{ address: VIP, prefixLength: 32, device: DEVICE, scope: 0, location }],
    excludedAddresses: [],
    gratuitousArp: {
      repeat: 5,
      delayUs: 5_000_000,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 5,
      lowerPriorityDelayUs: 5_000_000,
    },
    location,
  };
}

/** Whether `left` wins against `right` when both are master: priority, then address (RFC 9568 section 6.4.3). */
export function outranks(left: Host, right: Host): boolean {
  if (left.config.priority !== right.config.priority) return left.config.priority > right.config.priority;
  return formatIp(parseIpv4(left.address) ?? new Uint8Array(4)) >
    formatIp(parseIpv4(right.address) ?? new Uint8Array(4));
}
