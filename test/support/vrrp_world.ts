// A host for tests of the engine: every interface ethN works, and what is asked of it is written down.
import { assert, assertEquals } from "../assert.ts";
import { INSTANCE } from "./config_values.ts";
import { FakeRouting } from "./fake_routing.ts";
import { formatIp } from "../../src/base/ip.ts";
import type { VirtualAddress, VrrpInstance } from "../../src/config/config.ts";
import type { SyncGroup } from "../../src/config/config_vrrp.ts";
import type { AddressAssignment, NetworkInterface, NetworkPort } from "../../src/ports/network.ts";
import type { VrrpInstanceSnapshot } from "../../src/ports/snapshot.ts";
import { AnnouncementPacer } from "../../src/engine/vrrp/announcement_pacer.ts";
import type { InstanceNotice, StateTransition, VirtualRouterPorts } from "../../src/engine/vrrp/surroundings.ts";
import { RuntimeDigests } from "../../src/linux/digests.ts";
import { VrrpEngine } from "../../src/engine/vrrp/vrrp_engine.ts";

/** Microseconds. */
export const SECOND = 1_000_000;
/** A place in no file. */
export const location = { file: "test.conf", line: 1, column: 1, length: 1 };

/** A virtual address on eth0. */
export function address(text: string, more: Partial<VirtualAddress> = {}): VirtualAddress {
  return { address: text, prefixLength: 24, device: "eth0", scope: 0, location, ...more };
}

/** An instance that becomes master on its own, and announces each address once. */
export function instance(more: Partial<VrrpInstance> = {}): VrrpInstance {
  return {
    ...INSTANCE,
    name: "VI_1",
    interface: "eth0",
    vrid: 51,
    version: 3,
    priority: 100,
    advertisementIntervalUs: SECOND,
    initialState: "backup",
    preemptMode: true,
    preemptDelayUs: 0,
    virtualAddresses: [address("192.0.2.100")],
    excludedAddresses: [],
    gratuitousArp: {
      repeat: 1,
      delayUs: 0,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 0,
      lowerPriorityDelayUs: 0,
    },
    location,
    ...more,
  };
}

/** A sync group that tracks and tells nothing. */
export function syncGroup(members: readonly string[], more: Partial<SyncGroup> = {}): SyncGroup {
  return {
    name: "VG_1",
    members,
    tracking: { interfaces: [], scripts: [], files: [], processes: [], bfd: [] },
    notifications: { saysDeleted: false },
    mails: false,
    notifiesPriorityChanges: false,
    keepsWeights: false,
    location,
    ...more,
  };
}

/**
 * A host that writes down what is asked of it: `add`, `remove`, `refuse`, `accept` and `arp` with an address, `neighbor` with
 * an IPv6 address, `advert VRID PRIORITY`.
 */
export class World implements NetworkPort {
  nowUs = SECOND;
  #story: string[] = [];
  readonly held = new Set<string>();
  readonly log: string[] = [];
  readonly transitions: StateTransition[] = [];
  /** `add route TEXT`, `remove rule PREFERENCE` ... stand in the story, too. */
  readonly routing = new FakeRouting((line) => this.#story.push(line));
  readonly notices: InstanceNotice[] = [];
  /** Interfaces without a link. */
  readonly down = new Set<string>();
  readonly pacer = new AnnouncementPacer({ nowUs: () => this.nowUs, wallMs: () => this.nowUs / 1000 });
  readonly engine: VrrpEngine;

  constructor(instances: readonly VrrpInstance[], groups: readonly SyncGroup[] = [], resume: readonly string[] = []) {
    const ports: VirtualRouterPorts = {
      clock: { nowUs: () => this.nowUs, wallMs: () => this.nowUs / 1000 },
      network: this,
      digests: new RuntimeDigests(),
      pacer: this.pacer,
      log: (line) => this.log.push(line),
      changed: () => {},
      transition: (transition) => this.transitions.push(transition),
      notice: (notice) => this.notices.push(notice),
    };
    this.engine = new VrrpEngine(instances, ports, groups);
    this.engine.start(new Set(resume));
  }

  /** A world some seconds later, in which every instance is master. */
  static ofMasters(...instances: readonly VrrpInstance[]): World {
    const world = new World(instances);
    const backups = (): VrrpInstanceSnapshot[] => world.engine.snapshot().filter(({ state }) => state === "backup");
    for (const endUs = world.nowUs + 4 * SECOND; backups().length > 0 && world.nowUs < endUs;) {
      world.pass((world.engine.nextTakeoverUs() ?? endUs) - world.nowUs);
    }
    world.pass(0);
    world.told();
    for (const { state } of world.engine.snapshot()) assertEquals(state, "master");
    return world;
  }

  pass(durationUs: number): void {
    this.nowUs += durationUs;
    this.engine.runDue();
  }

  snapshot(name = "VI_1"): VrrpInstanceSnapshot {
    const found = this.engine.snapshot().find((entry) => entry.name === name);
    assert(found !== undefined);
    return found;
  }

  /** What was asked since the last call. */
  told(): string[] {
    return this.#story.splice(0);
  }

  interface(name: string): NetworkInterface | undefined {
    if (!name.startsWith("eth")) return undefined;
    return {
      name,
      index: 1,
      up: !this.down.has(name),
      hardwareAddress: new Uint8Array(6),
      ipv4Addresses: ["192.0.2.1"],
      ipv6Addresses: ["fe80::1"],
    };
  }

  hasAddress(_device: string, address: string): boolean {
    return this.held.has(address);
  }

  addAddress(assignment: AddressAssignment): void {
    this.#story.push(`add ${assignment.address}`);
    this.held.add(assignment.address);
  }

  removeAddress(assignment: AddressAssignment): void {
    this.#story.push(`remove ${assignment.address}`);
    this.held.delete(assignment.address);
  }

  refusePackets(address: string): void {
    this.#story.push(`refuse ${address}`);
  }

  acceptPackets(address: string): void {
    this.#story.push(`accept ${address}`);
  }

  sendAdvertisement(_interfaceName: string, packet: Uint8Array): undefined {
    const header = ((packet[0] ?? 0) >> 4) === 6 ? 40 : 20;
    this.#story.push(`advert ${packet[header + 1]} ${packet[header + 2]}`);
  }

  sendFrame(_device: string, frame: Uint8Array): undefined {
    const ipv6 = frame[12] === 0x86;
    this.#story.push(ipv6 ? `neighbor ${formatIp(frame.slice(62, 78))}` : `arp ${frame.slice(28, 32).join(".")}`);
  }
}
