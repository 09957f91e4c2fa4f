// All VRRP instances of this host: finds the one that a packet is for, runs what is due, tells the next deadline.
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { IPV4_SOURCE_OFFSET, readIpv4 } from "../../wire/ipv4.ts";
import { readAdvertisement, VRRP_PROTOCOL } from "../../wire/vrrp.ts";
import { VirtualRouter, type VirtualRouterPorts } from "./virtual_router.ts";

/** What makes an instance the same one across configurations: keepalived's match, the name is not part of it. */
export function instanceKey(instance: Pick<VrrpInstance, "interface" | "vrid">): string {
  return `${instance.interface} ${instance.vrid}`;
}

/** Packets that no instance could be asked about, by reason. */
export interface StrayCounters {
  readonly length: number;
  readonly "unknown-vrid": number;
  readonly other: number;
}

/** The VRRP instances of one process. Synchronous throughout; never throws because of a packet. */
export class VrrpEngine {
  readonly #routers: VirtualRouter[];
  readonly #byKey = new Map<string, VirtualRouter[]>();
  readonly #stray = { length: 0, "unknown-vrid": 0, other: 0 };
  readonly #ports: VirtualRouterPorts;

  constructor(instances: readonly VrrpInstance[], ports: VirtualRouterPorts) {
    this.#ports = ports;
    this.#routers = instances.map((instance) => new VirtualRouter(instance, ports));
    for (const router of this.#routers) {
      // VRIDs of one interface in an array of 256: finding the instance of a packet allocates nothing.
      const byVrid = this.#byKey.get(router.config.interface) ?? [];
      byVrid[router.config.vrid] = router;
      this.#byKey.set(router.config.interface, byVrid);
    }
  }

  /** Names of the interfaces that advertisements are sent and received on. */
  get interfaces(): string[] {
    return [...this.#byKey.keys()];
  }

  /** Starts every instance. @param resume keys (`instanceKey`) of those that were master a moment ago */
  start(resume: ReadonlySet<string>): void {
    for (const router of this.#routers) router.start(resume.has(instanceKey(router.config)));
  }

  /** Ends every instance: masters say so and remove their addresses. */
  stop(): void {
    for (const router of this.#routers) router.stop();
  }

  /**
   * Ends for a successor: instances that it goes on with are left as they are, the others are stopped.
   *
   * @param kept keys (`instanceKey`) of the instances that go on
   * @param keepsAddress whether the successor wants an address of such an instance; the others are removed
   * @returns keys of those that go on and were master
   */
  release(kept: ReadonlySet<string>, keepsAddress: (entry: VirtualAddress) => boolean): string[] {
    const masters: string[] = [];
    for (const router of this.#routers) {
      const key = instanceKey(router.config);
      if (!kept.has(key)) router.stop();
      else if (router.release(keepsAddress)) masters.push(key);
    }
    return masters;
  }

  /** The earliest deadline, monotonic microseconds; undefined when nothing is due. */
  nextDeadlineUs(): number | undefined {
    let earliest: number | undefined;
    for (const router of this.#routers) {
      const deadline = router.deadlineUs;
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  /** When the next backup takes over unless it hears its master before; undefined when none waits for that. */
  nextTakeoverUs(): number | undefined {
    let earliest: number | undefined;
    for (const router of this.#routers) {
      const deadline = router.stateName === "backup" ? router.deadlineUs : undefined;
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  /** Lets every instance do what is due at this time. */
  runDue(): void {
    const nowUs = this.#ports.clock.nowUs();
    for (const router of this.#routers) {
      const deadline = router.deadlineUs;
      if (deadline !== undefined && deadline <= nowUs) router.timer();
    }
  }

  /** A packet of protocol 112 arrived on an interface. Valid during the call only. */
  receive(interfaceName: string, packet: Uint8Array, length: number): void {
    const ip = readIpv4(packet, length);
    if (!ip.ok) {
      this.#stray[ip.reason === "length" ? "length" : "other"]++;
      return;
    }
    const { payloadStart: start, payloadEnd: end, protocol, ttl } = ip.value;
    if (protocol !== VRRP_PROTOCOL) {
      this.#stray.other++;
      return;
    }
    const vrid = end - start > 1 ? packet[start + 1] as number : 0;
    const router = this.#byKey.get(interfaceName)?.[vrid];
    if (router === undefined) {
      this.#stray["unknown-vrid"]++;
      return;
    }
    const advertisement = readAdvertisement(packet, start, end);
    if (advertisement.ok) router.receive(packet, ttl, advertisement.value);
    else router.discard(advertisement.reason, packet.subarray(0, IPV4_SOURCE_OFFSET + 4));
  }

  /** Interfaces or addresses changed, by the kernel's word. */
  networkChanged(): void {
    for (const router of this.#routers) router.networkChanged();
  }

  /** Packets that belonged to no instance. */
  get strayCounters(): StrayCounters {
    return { ...this.#stray };
  }

  /** All instances, in the order of the configuration. */
  snapshot(): VrrpInstanceSnapshot[] {
    return this.#routers.map((router) => router.snapshot());
  }
}
