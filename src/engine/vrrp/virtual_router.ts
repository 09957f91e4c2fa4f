// One VRRP instance at work: holds its state, lets the core decide, carries the actions out, counts.
import { formatIp, ipv4ToNumber, parseIpv4 } from "../../base/ip.ts";
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import { type DiscardReason, type Expectation, judge } from "../../core/vrrp/acceptance.ts";
import { nextDeadlineUs, step } from "../../core/vrrp/router.ts";
import type { RouterAction, RouterConfig, RouterEvent, RouterState } from "../../core/vrrp/state.ts";
import { masterDownIntervalUs } from "../../core/vrrp/timing.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NetworkPort } from "../../ports/network.ts";
import type { VrrpCounters, VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { gratuitousArp } from "../../wire/arp.ts";
import { IPV4_SOURCE_OFFSET } from "../../wire/ipv4.ts";
import type { Advertisement } from "../../wire/vrrp.ts";
import { addressListBytes, Advertiser, passwordBytes } from "./advertiser.ts";
import { RateLimiter } from "./rate_limiter.ts";

/** What a virtual router needs of its surroundings. */
export interface VirtualRouterPorts {
  readonly clock: Clock;
  readonly network: NetworkPort;
  /** One line for people, without time stamp. */
  readonly log: (line: string) => void;
  /** Something that the snapshot shows has changed. */
  readonly changed: () => void;
}

type MutableCounters = { -readonly [Name in keyof VrrpCounters]: VrrpCounters[Name] } & {
  discarded: Record<string, number>;
};

/** One line of the same kind a minute is enough. */
const LOG_INTERVAL_US = 60_000_000;

/** A VRRP instance. Made from its configuration; does nothing until `start`. */
export class VirtualRouter {
  readonly config: VrrpInstance;
  readonly #core: RouterConfig;
  readonly #expectation: Expectation;
  readonly #advertiser: Advertiser;
  readonly #ports: VirtualRouterPorts;
  readonly #advertisedAddresses: Uint8Array;
  readonly #addresses: readonly VirtualAddress[];
  readonly #limiter = new RateLimiter(LOG_INTERVAL_US);
  readonly #counters: MutableCounters = {
    advertisementsReceived: 0,
    advertisementsSent: 0,
    becameMaster: 0,
    releasedMaster: 0,
    priorityZeroReceived: 0,
    priorityZeroSent: 0,
    gratuitousArpSent: 0,
    transitions: 0,
    discarded: {},
  };
  #state: RouterState = { name: "init" };
  #sinceMs: number;
  #master: { address: string; priority: number } | undefined;
  #lastTransition: VrrpInstanceSnapshot["lastTransition"];
  #source: { text: string; order: number } | undefined;

  constructor(config: VrrpInstance, ports: VirtualRouterPorts) {
    this.config = config;
    this.#ports = ports;
    this.#addresses = [...config.virtualAddresses, ...config.excludedAddresses];
    this.#core = {
      version: config.version,
      priority: config.priority,
      advertisementIntervalUs: config.advertisementIntervalUs,
      initialState: config.initialState,
      preemptMode: config.preemptMode,
      preemptDelayUs: config.preemptDelayUs,
      announcements: config.gratuitousArp,
    };
    const password = config.authentication && passwordBytes(config.authentication.password);
    const { version, advertisementIntervalUs, vrid } = config;
    const advertised = config.virtualAddresses.map((entry) => entry.address);
    this.#expectation = { version, advertisementIntervalUs, ...(password && { password }) };
    this.#advertiser = new Advertiser({
      version,
      vrid,
      advertisementIntervalUs,
      ...(password && { password }),
      addresses: advertised,
    });
    this.#advertisedAddresses = addressListBytes(advertised);
    this.#sinceMs = ports.clock.wallMs();
  }

  /** The state's name now. */
  get stateName(): RouterState["name"] {
    return this.#state.name;
  }

  /** When `timer` is due next, monotonic microseconds. */
  get deadlineUs(): number | undefined {
    return nextDeadlineUs(this.#state);
  }

  /** Begins: as a backup that waits, or where a predecessor left off as master. Addresses left over are removed. */
  start(resumeAsMaster: boolean): void {
    if (!resumeAsMaster) this.#removeLeftOvers();
    this.#checkInterface();
    if (this.#state.name !== "fault") this.#dispatch({ type: resumeAsMaster ? "resume" : "startup" });
    else if (resumeAsMaster) this.#removeAddresses();
  }

  /** Ends: a master says so with priority 0 and removes its addresses. */
  stop(): void {
    this.#dispatch({ type: "shutdown" });
  }

  /**
   * Ends without a word, for a successor; addresses that it does not want are removed.
   *
   * @returns whether it was master
   */
  release(keepsAddress: (entry: VirtualAddress) => boolean): boolean {
    const wasMaster = this.#state.name === "master";
    this.#dispatch({ type: "release" });
    if (!wasMaster) return false;
    for (const entry of this.#addresses) {
      if (!keepsAddress(entry)) this.#attempt(() => this.#ports.network.removeAddress(entry));
    }
    return true;
  }

  /** Lets what is due happen. */
  timer(): void {
    this.#dispatch({ type: "timer" });
  }

  /**
   * An advertisement for our VRID arrived on our interface.
   *
   * @param packet the IPv4 packet it came in; valid during the call only
   */
  receive(packet: Uint8Array, ttl: number, advertisement: Advertisement): void {
    const reason = judge(advertisement, ttl, this.#expectation);
    if (reason !== undefined) return this.discard(reason, packet);
    this.#counters.advertisementsReceived++;
    if (advertisement.priority === 0) this.#counters.priorityZeroReceived++;
    this.#compareAddresses(packet, advertisement);
    const senderOrder = ipv4ToNumber(packet.subarray(IPV4_SOURCE_OFFSET)) - (this.#source?.order ?? 0);
    const { priority, advertisementIntervalUs } = advertisement;
    const before = this.#state.name;
    this.#dispatch({ type: "advertisement", advertisement: { priority, advertisementIntervalUs, senderOrder } });
    if (this.#state.name === "backup" && (before === "backup" || before === "master")) this.#remember(packet, priority);
  }

  /** Counts a packet that is not believed, and says so at most once a minute. */
  discard(reason: DiscardReason, packet: Uint8Array): void {
    this.#counters.discarded[reason] = (this.#counters.discarded[reason] ?? 0) + 1;
    this.#note(`discard ${reason}`, `discarding advertisement from ${senderOf(packet)}: ${DISCARD_TEXT[reason]}`);
  }

  /** Interface or its addresses changed: look again whether we can serve. */
  networkChanged(): void {
    if (this.#state.name === "init") return;
    this.#checkInterface();
    if (this.#state.name !== "master") return;
    const lost = this.#addresses.find((entry) => !this.#ports.network.hasAddress(entry.device, entry.address));
    if (lost !== undefined) this.#dispatch({ type: "address-lost", address: lost.address });
  }

  /** What the outside may see. */
  snapshot(): VrrpInstanceSnapshot {
    const { config } = this;
    const state = this.#state;
    const learned = state.name === "backup" ? state.masterAdverIntervalUs : config.advertisementIntervalUs;
    const ourselves = state.name === "master" && this.#source !== undefined
      ? { address: this.#source.text, priority: config.priority }
      : undefined;
    const master = ourselves ?? (state.name === "backup" ? this.#master : undefined);
    return {
      name: config.name,
      vrid: config.vrid,
      interface: config.interface,
      version: config.version,
      family: 4,
      state: state.name,
      sinceMs: this.#sinceMs,
      basePriority: config.priority,
      effectivePriority: config.priority,
      advertisementIntervalUs: config.advertisementIntervalUs,
      masterDownIntervalUs: masterDownIntervalUs(config, learned),
      preemptMode: config.preemptMode,
      ...(master && { master }),
      virtualAddresses: this.#addresses.map(({ address, prefixLength, device }) => ({
        address,
        prefixLength,
        device,
        present: this.#ports.network.hasAddress(device, address),
      })),
      faults: state.name === "fault" ? state.causes : [],
      ...(this.#lastTransition && { lastTransition: this.#lastTransition }),
      counters: { ...this.#counters, discarded: { ...this.#counters.discarded } },
    };
  }

  #dispatch(event: RouterEvent): void {
    const result = step(this.#core, this.#state, event, this.#ports.clock.nowUs());
    this.#state = result.state;
    for (const action of result.actions) this.#carryOut(action);
  }

  #carryOut(action: RouterAction): void {
    switch (action.type) {
      case "send-advertisement":
        return this.#advertise(action.priority);
      case "add-addresses":
        return this.#addAddresses();
      case "remove-addresses":
        return this.#removeAddresses();
      case "announce-addresses":
        return this.#announce(action.repeat);
      case "transition":
        return this.#transition(action);
      case "note":
        return this.#note(action.text.replace(/\d+/g, "N"), `received ${action.text}`);
      default:
        return action satisfies never;
    }
  }

  #advertise(priority: number): void {
    if (this.#source === undefined) return; // without an address of our own nobody could answer: fault says so
    const failure = this.#ports.network.sendAdvertisement(
      this.config.interface,
      this.#advertiser.next(this.#source.text, priority),
    );
    if (failure !== undefined) return this.#note("send", `cannot send advertisement: ${failure}`);
    this.#counters.advertisementsSent++;
    if (priority === 0) this.#counters.priorityZeroSent++;
  }

  #addAddresses(): void {
    for (const entry of this.#addresses) this.#attempt(() => this.#ports.network.addAddress(entry));
  }

  #removeAddresses(): void {
    for (const entry of this.#addresses) this.#attempt(() => this.#ports.network.removeAddress(entry));
  }

  /** A predecessor that was killed left its addresses: two hosts must not answer for one. */
  #removeLeftOvers(): void {
    for (const entry of this.#addresses) {
      if (!this.#ports.network.hasAddress(entry.device, entry.address)) continue;
      this.#log(`removing ${entry.address}, left over on ${entry.device}`);
      this.#attempt(() => this.#ports.network.removeAddress(entry));
    }
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log(error instanceof Error ? error.message : String(error));
    }
  }

  /** All addresses in turn, then again: no address waits for another's whole set. */
  #announce(repeat: number): void {
    for (let round = 0; round < repeat; round++) {
      for (const { address, device } of this.#addresses) {
        const hardwareAddress = this.#ports.network.interface(device)?.hardwareAddress;
        const bytes = parseIpv4(address);
        if (hardwareAddress === undefined || bytes === undefined) continue;
        const failure = this.#ports.network.sendFrame(device, gratuitousArp(hardwareAddress, bytes));
        if (failure === undefined) this.#counters.gratuitousArpSent++;
        else this.#note("arp", `cannot send gratuitous ARP on ${device}: ${failure}`);
      }
    }
  }

  #transition(action: RouterAction & { type: "transition" }): void {
    const { from, to, reason } = action;
    this.#counters.transitions++;
    if (to === "master") this.#counters.becameMaster++;
    if (from === "master") this.#counters.releasedMaster++;
    this.#sinceMs = this.#ports.clock.wallMs();
    this.#lastTransition = { from, to, atMs: this.#sinceMs, reason };
    this.#log(to === "init" ? "Stopped" : `Entering ${to.toUpperCase()} STATE (${reason})`);
    this.#ports.changed();
  }

  /** Feeds the core with what is wrong with, or right again about, our interface. */
  #checkInterface(): void {
    const name = this.config.interface;
    const found = this.#ports.network.interface(name);
    const source = this.config.sourceAddress ?? this.#ownAddress(found?.ipv4Addresses ?? []);
    if (source !== this.#source?.text) this.#source = source === undefined ? undefined : withOrder(source);
    this.#fault(`interface ${name} does not exist`, found === undefined);
    this.#fault(`interface ${name} is down`, found !== undefined && !found.up);
    this.#fault(`interface ${name} has no IPv4 address to send from`, found?.up === true && source === undefined);
  }

  #fault(cause: string, present: boolean): void {
    const known = this.#state.name === "fault" && this.#state.causes.includes(cause);
    if (present !== known) this.#dispatch({ type: present ? "fault" : "fault-cleared", cause });
  }

  /** The first address that is not one of those we move around. */
  #ownAddress(addresses: readonly string[]): string | undefined {
    return addresses.find((address) => !this.#addresses.some((entry) => entry.address === address));
  }

  #compareAddresses(packet: Uint8Array, { addresses }: Advertisement): void {
    const ours = this.#advertisedAddresses;
    if (addresses.length === ours.length && addresses.every((byte, at) => byte === ours[at])) return;
    // Since keepalived 2.3.3 such a packet is obeyed: two masters would be worse than two lists.
    this.#counters.discarded["address-list"] = (this.#counters.discarded["address-list"] ?? 0) + 1;
    this.#note("address-list", `the address list of ${senderOf(packet)} is not ours; obeying its advertisement`);
  }

  #remember(packet: Uint8Array, priority: number): void {
    if (priority === 0) return;
    const address = senderOf(packet);
    if (this.#master?.address === address && this.#master.priority === priority) return;
    this.#master = { address, priority };
    this.#ports.changed();
  }

  #note(key: string, line: string): void {
    if (this.#limiter.allows(key, this.#ports.clock.nowUs())) this.#log(line);
  }

  #log(line: string): void {
    this.#ports.log(`(${this.config.name}) ${line}`);
  }
}

const DISCARD_TEXT: Readonly<Record<DiscardReason, string>> = {
  length: "it is cut short",
  version: "it is of another VRRP version",
  type: "it is of an unknown type",
  checksum: "its checksum is wrong",
  ttl: "its TTL is not 255",
  "auth-type": "its authentication type is not ours",
  "auth-fail": "its password is wrong",
  interval: "its advertisement interval is not ours",
};

function senderOf(packet: Uint8Array): string {
  return formatIp(packet.subarray(IPV4_SOURCE_OFFSET, IPV4_SOURCE_OFFSET + 4));
}

function withOrder(text: string): { text: string; order: number } | undefined {
  const bytes = parseIpv4(text);
  return bytes === undefined ? undefined : { text, order: ipv4ToNumber(bytes) };
}
