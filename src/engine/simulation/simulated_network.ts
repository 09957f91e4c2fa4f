// A simulated network: hosts on links that lose, delay, repeat and cut packets, in virtual time. A pure function of its
// hosts, of what is done to it and of its random numbers.
import { formatIp } from "../../base/ip.ts";
import type { Prng } from "../../base/prng.ts";
import { destinationOffset, familyOfPacket, isMulticast } from "../../wire/ip_packet.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import type { SimulatedHost, Surroundings } from "./simulated_host.ts";

/** What is done to packets between two hosts. */
export interface LinkQuality {
  /** 0 to 1. */
  readonly lossProbability: number;
  /** 0 to 1. */
  readonly duplicateProbability: number;
  /** Each packet takes between these: packets overtake one another. */
  readonly minDelayUs: number;
  readonly maxDelayUs: number;
}

/** Everything arrives once, after 50 us. */
export const PERFECT_LINK: LinkQuality = {
  lossProbability: 0,
  duplicateProbability: 0,
  minDelayUs: 50,
  maxDelayUs: 50,
};

/** The hosts and what is between them. Hosts whose interfaces are on the same segment hear each other. */
export class SimulatedNetwork implements Surroundings {
  nowUs = 1_000_000;
  readonly hosts: SimulatedHost[] = [];
  quality: LinkQuality = PERFECT_LINK;
  /** Called after everything that happens to a host, before anything else does. */
  happened: (host: SimulatedHost) => void = () => {};
  readonly #prng: Prng;
  /** `segment from>to`, between which nothing passes. */
  readonly #cuts = new Set<string>();
  readonly #segments = new Map<string, string>();
  readonly #queue = new DeliveryQueue();
  #order = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** The link that an interface is on: by its name, unless `connect` said otherwise. */
  segmentOf(host: SimulatedHost, device: string): string {
    return this.#segments.get(`${host.name} ${device}`) ?? device;
  }

  connect(host: SimulatedHost, device: string, segment: string): void {
    this.#segments.set(`${host.name} ${device}`, segment);
  }

  /** Stops everything from one host to another on a segment, one way; without a segment on all. */
  cut(from: SimulatedHost, to: SimulatedHost, segment = "*"): void {
    this.#cuts.add(`${segment} ${from.name}>${to.name}`);
  }

  /** Mends all cuts. */
  mend(): void {
    this.#cuts.clear();
  }

  isCut(from: SimulatedHost, to: SimulatedHost, segment: string): boolean {
    if (this.#cuts.size === 0) return false;
    const pair = `${from.name}>${to.name}`;
    return this.#cuts.has(`${segment} ${pair}`) || this.#cuts.has(`* ${pair}`);
  }

  /** To all on the segment when it is for a group, else to who has the address, over routers if need be. */
  transmit(from: SimulatedHost, device: string, packet: Uint8Array, link?: string): void {
    const family = familyOfPacket(packet);
    const at = destinationOffset(family);
    const segment = this.segmentOf(from, device);
    const isForAll = isMulticast(packet, at, family);
    const destination = isForAll ? "" : formatIp(packet.subarray(at, at + (family === 6 ? 16 : 4)));
    for (const to of this.hosts) {
      if (to === from || this.isCut(from, to, segment)) continue;
      const arrivesAt = isForAll
        ? [...to.interfaces.keys()].find((name) => this.segmentOf(to, name) === segment)
        : [...to.interfaces.values()].find(({ ownAddresses }) => ownAddresses.includes(destination))?.name;
      if (arrivesAt !== undefined) this.#send(to, arrivesAt, packet, link);
    }
  }

  /** Lets virtual time pass. */
  run(untilUs: number): void {
    for (;;) {
      const atUs = this.#nextEventUs();
      if (atUs === undefined || atUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, atUs);
      // As the daemon: packets first, so that what waits in the queue is heard before a timer says that nothing came.
      this.#deliverDue();
      for (const host of this.hosts) {
        if ((host.deadlineUs ?? Infinity) > this.nowUs) continue;
        host.runDue();
        this.happened(host);
      }
    }
    this.nowUs = untilUs;
  }

  #send(to: SimulatedHost, device: string, packet: Uint8Array, link: string | undefined): void {
    const { lossProbability, duplicateProbability, minDelayUs, maxDelayUs } = this.quality;
    if (lossProbability > 0 && this.#prng.chance(lossProbability)) return;
    const copies = duplicateProbability > 0 && this.#prng.chance(duplicateProbability) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const atUs = this.nowUs + (minDelayUs === maxDelayUs ? minDelayUs : this.#prng.integer(minDelayUs, maxDelayUs));
      this.#queue.push({ atUs, order: this.#order++, to, device, packet, link });
    }
  }

  #nextEventUs(): number | undefined {
    let next = this.#queue.nextUs;
    for (const { deadlineUs } of this.hosts) {
      if (deadlineUs !== undefined && (next === undefined || deadlineUs < next)) next = deadlineUs;
    }
    return next;
  }

  #deliverDue(): void {
    for (;;) {
      const delivery = this.#queue.take(this.nowUs);
      if (delivery === undefined) return;
      const { to } = delivery;
      if (to.stalledUntilUs > this.nowUs) {
        delivery.atUs = to.stalledUntilUs;
        this.#queue.push(delivery);
        continue;
      }
      to.receive(delivery.device, delivery.packet, delivery.link);
      this.happened(to);
    }
  }
}
