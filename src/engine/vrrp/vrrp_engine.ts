// All VRRP instances of this host: finds the one that a packet is for, runs what is due, tells the next deadline.
import { toHex } from "../../base/hex.ts";
import { same } from "../../base/same.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import { type ReceiveBuffer, sumOfBuffers } from "../../config/receive_buffers.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { type Family, formatIp } from "../../base/ip.ts";
import type { AddressClaim } from "../../wire/address_claim.ts";
import { readIp } from "../../wire/ip_packet.ts";
import { AUTH_HEADER_BYTES, AUTH_HEADER_PROTOCOL } from "../../wire/auth_header.ts";
import { IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES, IPV6_SOURCE_OFFSET } from "../../wire/ipv6.ts";
import { readAdvertisement, readAdvertisement6, VRRP_PROTOCOL } from "../../wire/vrrp.ts";
import { NO_ORDERS, type RouterOrders } from "../../core/vrrp/steering.ts";
import { addressesOf, addressKey } from "./addresses.ts";
import { DueRouters } from "./due_routers.ts";
import { instanceKey } from "./instance_key.ts";
import { LinkWatch } from "./link_watch.ts";
import { LiveSyncGroup } from "./live_sync_group.ts";
import type { Message } from "./packet_auth.ts";
import { receiverOf, senderOf } from "./own_links.ts";
import { operate, type OperationAnswer, type VrrpOperation } from "./operations.ts";
import { NO_STATUS, type TrackStatus } from "./tracked_items.ts";
import { groupOf } from "./terms.ts";
import { UnknownVrids } from "./unknown_vrids.ts";
import type { VirtualRouterPorts } from "./surroundings.ts";
import { VirtualRouter } from "./virtual_router.ts";

/** Where advertisements of one IP version are sent and received. */
export interface Listener {
  readonly interfaceName: string;
  readonly family: Family;
  /** IP protocol: 112, or 51 for those in an Authentication Header. */
  readonly protocol: number;
  /** Multicast groups to join. */
  readonly groups: readonly string[];
  /** Room for packets that wait; missing: the usual. */
  readonly receiveBuffer?: ReceiveBuffer;
}

/** What a set of instances listens to: one for each interface, family and protocol; and what they only send by. */
export function listenersOf(instances: readonly VrrpInstance[]): Listener[] {
  const senders = instances.flatMap((instance): Listener[] => {
    const sender = senderOf(instance);
    const { family } = instance;
    if (sender === receiverOf(instance)) return [];
    return [{ interfaceName: sender, family, protocol: protocolOf(instance), groups: [] }];
  });
  const byLink = Map.groupBy(
    instances,
    (instance) => `${receiverOf(instance)} ${instance.family} ${protocolOf(instance)}`,
  );
  const listeners = [...byLink.values()].flatMap((members): Listener[] => {
    const [first] = members;
    const ofGroups = members.filter(({ unicastPeers }) => unicastPeers.length === 0);
    const groups = new Set(ofGroups.map((instance) => formatIp(groupOf(instance))));
    if (first === undefined) return [];
    const { family } = first;
    const receiveBuffer = sumOfBuffers(members.map((instance) => instance.receiveBuffer));
    const buffer = receiveBuffer && { receiveBuffer };
    return [{ interfaceName: receiverOf(first), family, protocol: protocolOf(first), groups: [...groups], ...buffer }];
  });
  return [...listeners, ...senders];
}

function protocolOf({ authentication }: VrrpInstance): number {
  return authentication?.type === "ah" ? AUTH_HEADER_PROTOCOL : VRRP_PROTOCOL;
}

/** Packets that no instance could be asked about, by reason. */
export interface StrayCounters {
  readonly length: number;
  readonly "unknown-vrid": number;
  readonly other: number;
}

/** RFC 9568 section 7.3: IANA's block, of which virtual routers have 01 (IPv4) and 02 (IPv6). */
const VIRTUAL_ROUTER_PREFIX = "00005e00";

/** The VRRP instances of one process. Synchronous throughout; never throws because of a packet. */
export class VrrpEngine {
  readonly #stray = { length: 0, "unknown-vrid": 0, other: 0 };
  readonly #ports: VirtualRouterPorts;
  readonly #due = new DueRouters<VirtualRouter>();
  #routers: readonly VirtualRouter[] = [];
  /** Those that are due at the same time have their turns in the order of the configuration. */
  #places: ReadonlyMap<VirtualRouter, number> = new Map();
  #groups: readonly LiveSyncGroup[] = [];
  /** By interface: at the VRID over IPv4, at VRID + 256 over IPv6. */
  #byInterface = new Map<string, VirtualRouter[]>();
  #started = false;
  #status: TrackStatus = NO_STATUS;
  #orders: ReadonlyMap<string, RouterOrders> = new Map();

  readonly #links: LinkWatch;
  readonly unknownVrids: UnknownVrids;

  constructor(instances: readonly VrrpInstance[], ports: VirtualRouterPorts, groups: readonly SyncGroup[] = []) {
    this.#ports = ports;
    this.unknownVrids = new UnknownVrids(ports.log);
    this.#links = new LinkWatch(ports.network, (fact) => ports.observe?.(fact));
    this.#use(instances.map((instance) => new VirtualRouter(instance, ports, this.#due)));
    this.#groups = groups.map((group) => new LiveSyncGroup(group, this.#membersOf(group), ports));
  }

  /** What the instances listen to. */
  get listeners(): Listener[] {
    return listenersOf(this.#routers.map(({ config }) => config));
  }

  /** Starts every instance. @param resume keys (`instanceKey`) of those that were master a moment ago */
  start(resume: ReadonlySet<string>): void {
    this.#started = true;
    this.#lookAtLinks();
    const resumes = (router: VirtualRouter): boolean => resume.has(instanceKey(router.config));
    const alone = new Set(this.#routers.filter(resumes));
    for (const group of this.#groups) {
      // A group that was not master as a whole begins as one that has heard nothing.
      const isResumed = group.members.every(resumes);
      if (!isResumed) { for (const router of group.members) alone.delete(router); }
      group.begin(isResumed);
    }
    for (const router of this.#routers) router.start(alone.has(router));
  }

  /** Ends every instance: masters say so and remove their addresses. */
  stop(): void {
    for (const router of this.#routers) router.stop();
    for (const group of this.#groups) group.stop();
  }

  /**
   * Goes over to another configuration. An instance that is the same in both is not touched; one that differs goes on in
   * its state; one that is gone ends, its master saying so; a new one starts. Another version is another router.
   *
   * Addresses are removed before any is added, so that one can move from an instance to another. Sync groups go on in
   * their state, too; members that are new to one join it where it is.
   */
  reconfigure(instances: readonly VrrpInstance[], groups: readonly SyncGroup[] = []): void {
    const before = new Map(this.#routers.map((router) => [routerKey(router.config), router]));
    const changed: (readonly [VirtualRouter, VrrpInstance])[] = [];
    const added: VirtualRouter[] = [];
    const routers = instances.map((instance) => {
      const router = before.get(routerKey(instance));
      before.delete(routerKey(instance));
      if (router === undefined) {
        const made = new VirtualRouter(instance, this.#ports, this.#due);
        made.track(this.#status);
        made.steer(this.#orders.get(instance.name) ?? NO_ORDERS);
        added.push(made);
        return made;
      }
      if (!same(router.config, instance, "location")) changed.push([router, instance]);
      return router;
    });
    for (const router of before.values()) router.stop();
    const holders = holdersOfAddresses(routers, instances);
    for (const [router, instance] of changed) {
      router.withdraw(instance, (entry) => (holders.get(addressKey(entry)) ?? router) !== router);
    }
    this.#use(routers);
    for (const [router, instance] of changed) router.reconfigure(instance);
    if (this.#started) { for (const router of added) router.start(false); }
    this.#regroup(groups);
    this.steer(this.#orders);
  }

  /** What operators say of instances, by name; who is not named does as configured. */
  steer(orders: ReadonlyMap<string, RouterOrders>): void {
    this.#orders = orders;
    for (const router of this.#routers) {
      const next = orders.get(router.config.name) ?? NO_ORDERS;
      if (!same(router.orders, next)) router.steer(next);
    }
  }

  #lookAtLinks(): void {
    this.#links.look(this.#routers.map(({ config }) => config), this.#groups.map(({ config }) => config));
  }

  /** Does what an operator asks for. */
  operate(operation: VrrpOperation): OperationAnswer {
    return operate(this.#routers, operation);
  }

  #regroup(configs: readonly SyncGroup[]): void {
    const before = new Map(this.#groups.map((group) => [group.config.name, group]));
    const groups = configs.map((config) => {
      const group = before.get(config.name) ?? new LiveSyncGroup(config, [], this.#ports);
      before.delete(config.name);
      return [group, config] as const;
    });
    for (const [group, config] of groups) group.reconfigure(config, this.#membersOf(config), this.#started);
    this.#groups = groups.map(([group]) => group);
    const grouped = new Set(this.#groups.flatMap(({ members }) => members));
    for (const router of this.#routers) if (!grouped.has(router)) router.join(undefined);
    for (const router of this.#routers) router.track(this.#status); // what groups track counts, or no more
    for (const group of before.values()) group.stop();
  }

  #membersOf({ members }: SyncGroup): VirtualRouter[] {
    return members.flatMap((name) => this.#routers.find(({ config }) => config.name === name) ?? []);
  }

  /** What others found out about scripts and files that instances track. */
  track(status: TrackStatus): void {
    this.#status = status;
    for (const router of this.#routers) router.track(status);
  }

  /** The earliest deadline, monotonic microseconds; undefined when nothing is due. Asks every router. */
  nextDeadlineUs(): number | undefined {
    const deadlines = this.#routers.map(({ deadlineUs }) => deadlineUs ?? Infinity);
    const earliest = Math.min(...deadlines, this.#ports.pacer?.deadlineUs ?? Infinity);
    return earliest === Infinity ? undefined : earliest;
  }

  /** When to call `runDue` at the latest: the next deadline, or a little before it. Asks no router. */
  wakeUs(): number {
    return Math.min(this.#due.noTimerBeforeUs, this.#ports.pacer?.deadlineUs ?? Infinity);
  }

  /** When the next backup takes over, until `untilUs`, unless it hears its master before; undefined: none does. */
  nextTakeoverUs(untilUs = Infinity): number | undefined {
    return this.#due.takeoverUs(untilUs);
  }

  /** No backup takes over before this time. Asks no router. */
  get noTakeoverBeforeUs(): number {
    return this.#due.noTakeoverBeforeUs;
  }

  /** Lets every instance do what is due at this time. @returns how late that was, microseconds */
  runDue(): number {
    const nowUs = this.#ports.clock.nowUs();
    let lateUs = 0;
    if (nowUs >= this.#due.noTimerBeforeUs) {
      const due = this.#due.take(nowUs);
      if (due.length > 1) due.sort((left, right) => this.#placeOf(left) - this.#placeOf(right));
      for (const router of due) {
        const { deadlineUs = Infinity } = router; // another one of its sync group may have moved it meanwhile
        lateUs = Math.max(lateUs, nowUs - deadlineUs);
        if (deadlineUs <= nowUs) router.timer();
        this.#due.restore(router);
      }
    }
    this.#ports.pacer?.runDue();
    return lateUs;
  }

  /** A packet of protocol 112 or 51 arrived on an interface. Valid during the call only. */
  receive(interfaceName: string, packet: Uint8Array, length: number): void {
    const ip = readIp(packet, length);
    if (!ip.ok) {
      this.#stray[ip.reason === "length" ? "length" : "other"]++;
      return;
    }
    const { family, payloadStart, payloadEnd, protocol, ttl } = ip.value;
    if (protocol !== VRRP_PROTOCOL && protocol !== AUTH_HEADER_PROTOCOL) {
      this.#stray.other++;
      return;
    }
    const start = protocol === VRRP_PROTOCOL ? payloadStart : payloadStart + AUTH_HEADER_BYTES;
    const vrid = payloadEnd - start > 1 ? packet[start + 1] as number : 0;
    const router = this.#byInterface.get(interfaceName)?.[indexOf(family, vrid)];
    if (router === undefined) {
      this.#stray["unknown-vrid"]++;
      this.unknownVrids.note(interfaceName, vrid, packet, this.#ports.clock.nowUs());
      return;
    }
    const message = router.unwrap(packet, ip.value);
    if (typeof message === "string") return router.reception.discard(message, packet);
    const advertisement = readFrom(packet, family, message, router);
    if (advertisement.ok) router.receive(packet, ttl, advertisement.value);
    else router.reception.discard(advertisement.reason, packet);
  }

  /** Interfaces or addresses changed, by the kernel's word. */
  networkChanged(): void {
    this.#lookAtLinks();
    for (const router of this.#routers) router.networkChanged();
  }

  /** Somebody removed something static that instances track. @param names the instances */
  lose(names: readonly string[], what: string): void {
    for (const router of this.#routers) if (names.includes(router.config.name)) router.lose(what);
  }

  /**
   * A host on a device says that an address is its own. On a link that echoes, that is ourselves; unless the hardware
   * address is a virtual router's, which another master has, too.
   */
  claimed(device: string, claim: AddressClaim): void {
    const ours = toHex(this.#ports.network.interface(device)?.hardwareAddress ?? new Uint8Array(0));
    if (claim.hardwareAddress.replaceAll(":", "") === ours && !ours.startsWith(VIRTUAL_ROUTER_PREFIX)) return;
    for (const router of this.#routers) router.claimed(device, claim);
  }

  /** Packets that belonged to no instance. */
  get strayCounters(): StrayCounters {
    return { ...this.#stray };
  }

  /** All instances, in the order of the configuration. */
  snapshot(): VrrpInstanceSnapshot[] {
    return this.#routers.map((router) => router.snapshot());
  }

  #placeOf(router: VirtualRouter): number {
    return this.#places.get(router) ?? 0;
  }

  #use(routers: readonly VirtualRouter[]): void {
    this.#routers = routers;
    this.#places = new Map(routers.map((router, at) => [router, at]));
    this.#due.keep(routers);
    this.#byInterface = new Map();
    for (const router of routers) {
      // VRIDs of one interface in an array: finding the instance of a packet allocates nothing.
      const { family, vrid } = router.config;
      const name = receiverOf(router.config);
      const byVrid = this.#byInterface.get(name) ?? [];
      byVrid[indexOf(family, vrid)] = router;
      this.#byInterface.set(name, byVrid);
    }
  }
}

function indexOf(family: Family, vrid: number): number {
  return family === 6 ? 256 + vrid : vrid;
}

function readFrom(
  packet: Uint8Array,
  family: Family,
  { start, end }: Message,
  { reception: { checksumForms } }: VirtualRouter,
): ReturnType<typeof readAdvertisement> {
  if (family === 4) return readAdvertisement(packet, start, end, checksumForms);
  const source = packet.subarray(IPV6_SOURCE_OFFSET, IPV6_DESTINATION_OFFSET);
  return readAdvertisement6(packet, start, end, source, packet.subarray(IPV6_DESTINATION_OFFSET, IPV6_HEADER_BYTES));
}

/** What makes a running router the one that goes on. */
function routerKey(instance: VrrpInstance): string {
  return `${instanceKey(instance)} ${instance.version}`;
}

/** By `addressKey`: which of the routers that are master now will have an address. */
function holdersOfAddresses(
  routers: readonly VirtualRouter[],
  instances: readonly VrrpInstance[],
): ReadonlyMap<string, VirtualRouter> {
  const holders = new Map<string, VirtualRouter>();
  for (const [index, router] of routers.entries()) {
    const instance = instances[index];
    if (instance === undefined || router.stateName !== "master") continue;
    for (const entry of addressesOf(instance)) holders.set(addressKey(entry), router);
  }
  return holders;
}
