// One host of a simulated network: the real VRRP engine on fake ports, and the kernel's side as the engine sees it.
import { PAPER_DIGESTS } from "./paper_digests.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { RouterOrders } from "../../core/vrrp/steering.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import type { AddressAssignment, NetworkInterface, NetworkPort } from "../../ports/network.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import type { OperationAnswer, VrrpOperation } from "../vrrp/operations.ts";
import { NO_STATUS, type TrackStatus } from "../vrrp/tracked_items.ts";
import type { FenceRequest, StateTransition } from "../vrrp/surroundings.ts";
import { instanceKey } from "../vrrp/instance_key.ts";
import { VrrpEngine } from "../vrrp/vrrp_engine.ts";

/** An interface of a simulated host. */
export interface SimulatedInterface {
  readonly name: string;
  readonly index: number;
  /** The interface that this one is a VMAC of: packets come and go by it. */
  readonly parent?: string;
  up: boolean;
  /** The host's own, which no instance moves. */
  readonly ownAddresses: string[];
  /** What the engine, or a predecessor, has put there. */
  readonly held: Set<string>;
}

/** What a host runs. */
export interface HostConfig {
  readonly instances: readonly VrrpInstance[];
  readonly syncGroups: readonly SyncGroup[];
}

/** Where a host is: time, and the others. */
export interface Surroundings {
  readonly nowUs: number;
  /** @param link the VMAC that it was sent by: its hardware address is the same on every host */
  transmit(from: SimulatedHost, device: string, packet: Uint8Array, link?: string): void;
}

/** Who looks at what hosts do. */
export interface HostObserver {
  readonly log?: (host: SimulatedHost, line: string) => void;
  readonly transition?: (host: SimulatedHost, transition: StateTransition) => void;
  /** It would take over from a silent master, and waits for the answer. */
  readonly fence?: (host: SimulatedHost, request: FenceRequest) => void;
  /** An advertisement leaves the engine, whether or not the kernel takes it. */
  readonly sent?: (host: SimulatedHost, device: string, packet: Uint8Array) => void;
  /** The kernel is about to add or remove an address. @throws Error when it refuses */
  readonly moves?: (host: SimulatedHost, verb: "add" | "remove", assignment: AddressAssignment) => void;
}

const NETWORK_DOWN = "Network is down (ENETDOWN)";

/** A host. It does nothing until `start`. */
export class SimulatedHost implements NetworkPort {
  readonly interfaces = new Map<string, SimulatedInterface>();
  engine: VrrpEngine | undefined;
  /** It handles nothing until then, as a machine without CPU time. */
  stalledUntilUs = 0;
  /** What its wall clock is wrong by. */
  wallOffsetMs = 0;
  /** Why the kernel refuses to send; undefined: it does not. */
  refusal: () => string | undefined = () => undefined;
  /** Those of `interfaces` that have a parent. */
  readonly #ownLinks: SimulatedInterface[] = [];
  #status: TrackStatus = NO_STATUS;
  #config: HostConfig;
  /** When its engine wants to be called, as long as nothing has touched it since. */
  #deadlineUs: number | undefined;
  #isTouched = false;

  constructor(
    readonly name: string,
    readonly index: number,
    config: HostConfig,
    readonly surroundings: Surroundings,
    readonly observer: HostObserver = {},
  ) {
    this.#config = config;
  }

  get config(): HostConfig {
    return this.#config;
  }

  /** What its scripts and files say. */
  get status(): TrackStatus {
    return this.#status;
  }

  get runs(): boolean {
    return this.engine !== undefined;
  }

  /** When its engine has something to do; undefined: never. */
  get deadlineUs(): number | undefined {
    if (this.#isTouched) this.#deadlineUs = this.#wakeUs();
    this.#isTouched = false;
    return this.#deadlineUs === undefined ? undefined : Math.max(this.#deadlineUs, this.stalledUntilUs);
  }

  /** As the daemon does, not by the exact deadline: what would be missed shows. */
  #wakeUs(): number | undefined {
    const wakeUs = this.engine?.wakeUs() ?? Infinity;
    return wakeUs === Infinity ? undefined : wakeUs;
  }

  addInterface(name: string, ownAddresses: readonly string[], parent?: string): void {
    const index = this.interfaces.size + 1;
    const common = { name, index, up: true, ownAddresses: [...ownAddresses], held: new Set<string>() };
    const made = parent === undefined ? common : { ...common, parent };
    this.interfaces.set(name, made);
    if (parent !== undefined) this.#ownLinks.push(made);
  }

  /** Starts the daemon. @param resume keys of the instances that were master a moment ago @param orders by instances' names */
  start(resume: ReadonlySet<string> = new Set(), orders: ReadonlyMap<string, RouterOrders> = new Map()): void {
    const ports = {
      clock: { nowUs: () => this.surroundings.nowUs, wallMs: () => this.surroundings.nowUs / 1000 + this.wallOffsetMs },
      network: this,
      digests: PAPER_DIGESTS,
      log: (line: string) => this.observer.log?.(this, line),
      changed: () => {},
      transition: (transition: StateTransition) => this.observer.transition?.(this, transition),
      fence: (request: FenceRequest) => this.observer.fence?.(this, request),
    };
    this.engine = new VrrpEngine(this.#config.instances, ports, this.#config.syncGroups);
    this.engine.track(this.#status);
    if (orders.size > 0) this.engine.steer(orders);
    this.#act((engine) => engine.start(resume));
  }

  /** The daemon ends in good order. */
  stop(): void {
    this.#act((engine) => engine.stop());
    this.#forget();
  }

  /** Power loss: nothing is said, and of the addresses nothing is left. */
  crash(): void {
    this.#forget();
    for (const { held } of this.interfaces.values()) held.clear();
  }

  /** The vrrp role dies and is started again at once: the addresses stay, and masters resume. */
  restartRole(resumes: boolean, orders?: ReadonlyMap<string, RouterOrders>): void {
    const masters = this.snapshot().filter(({ state }) => state === "master").map(instanceKey);
    this.#forget();
    this.start(new Set(resumes ? masters : []), orders);
  }

  reconfigure(config: HostConfig): void {
    this.#config = config;
    this.#act((engine) => engine.reconfigure(config.instances, config.syncGroups));
  }

  track(status: TrackStatus): void {
    this.#status = status;
    this.#act((engine) => engine.track(status));
  }

  /** An operator's word, for every instance. */
  steer(orders: RouterOrders): void {
    const all = this.#config.instances.map(({ name }) => [name, orders] as const);
    this.#act((engine) => engine.steer(new Map(all)));
  }

  /** An operator's words, by the names of instances. */
  steerEach(orders: ReadonlyMap<string, RouterOrders>): void {
    this.#act((engine) => engine.steer(orders));
  }

  /** @returns what came of it; undefined when nothing runs */
  operate(operation: VrrpOperation): OperationAnswer | undefined {
    let answer: OperationAnswer | undefined;
    this.#act((engine) => answer = engine.operate(operation));
    return answer;
  }

  setLink(device: string, up: boolean): void {
    const found = this.interfaces.get(device);
    if (found === undefined) return;
    found.up = up;
    this.#act((engine) => engine.networkChanged());
  }

  /** Somebody else removes an address. */
  loseAddress(device: string, address: string): void {
    this.interfaces.get(device)?.held.delete(address);
    this.#act((engine) => engine.networkChanged());
  }

  /** A link of our own with the sender's hardware address keeps the packet to itself, as the kernel's macvlan does. */
  receive(device: string, packet: Uint8Array, sentBy?: string): void {
    if (!this.#isUp(device)) return;
    const links = this.#ownLinks.length === 0 ? [] : this.#ownLinks.filter(({ parent }) => parent === device);
    const same = links.find(({ name }) => name === sentBy);
    const takers = same === undefined ? [device, ...links.map(({ name }) => name)] : [same.name];
    this.#act((engine) => {
      for (const name of takers) engine.receive(name, packet, packet.length);
    });
  }

  runDue(): void {
    this.#act((engine) => engine.runDue());
  }

  snapshot(): VrrpInstanceSnapshot[] {
    return this.engine?.snapshot() ?? [];
  }

  interface(name: string): NetworkInterface | undefined {
    const found = this.interfaces.get(name);
    if (found === undefined) return undefined;
    const addresses = [...found.ownAddresses, ...found.held];
    return {
      name,
      index: found.index,
      up: this.#isUp(name),
      hardwareAddress: new Uint8Array([2, 0, 0, 0, this.index, found.index]),
      ipv4Addresses: addresses.filter((address) => !address.includes(":")),
      ipv6Addresses: addresses.filter((address) => address.includes(":")),
    };
  }

  hasAddress(device: string, address: string): boolean {
    const found = this.interfaces.get(device);
    return found !== undefined && (found.held.has(address) || found.ownAddresses.includes(address));
  }

  addAddress(assignment: AddressAssignment): void {
    this.observer.moves?.(this, "add", assignment);
    this.interfaces.get(assignment.device)?.held.add(assignment.address);
  }

  removeAddress(assignment: AddressAssignment): void {
    this.observer.moves?.(this, "remove", assignment);
    this.interfaces.get(assignment.device)?.held.delete(assignment.address);
  }

  sendAdvertisement(device: string, packet: Uint8Array): string | undefined {
    this.observer.sent?.(this, device, packet);
    const refusal = this.#isUp(device) ? this.refusal() : NETWORK_DOWN;
    if (refusal === undefined) {
      const parent = this.interfaces.get(device)?.parent;
      this.surroundings.transmit(this, parent ?? device, packet.slice(), parent === undefined ? undefined : device);
    }
    return refusal;
  }

  sendFrame(device: string): string | undefined {
    return this.#isUp(device) ? this.refusal() : NETWORK_DOWN;
  }

  #isUp(device: string): boolean {
    const found = this.interfaces.get(device);
    return found?.up === true && (found.parent === undefined || this.#isUp(found.parent));
  }

  #act(call: (engine: VrrpEngine) => void): void {
    if (this.engine === undefined) return;
    this.#isTouched = true;
    call(this.engine);
  }

  #forget(): void {
    this.engine = undefined;
    this.#deadlineUs = undefined;
  }
}
