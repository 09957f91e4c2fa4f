// Draws what a simulated world is made of: how many routers and virtual routers, and how each is configured.
import { INSTANCE } from "../support/config_values.ts";
import { location, syncGroup } from "../support/vrrp_world.ts";
import type { Prng } from "../../src/base/prng.ts";
import type { VirtualAddress, VrrpInstance } from "../../src/config/config.ts";
import type { SyncGroup, TrackedItem } from "../../src/config/config_vrrp.ts";

/** Both links of every host. */
export const DEVICES = ["eth0", "eth1"] as const;
/** The script that some instances track, and the file. */
export const SCRIPT = "chk";
export const FILE = "weight";

/** A world before it begins. */
export interface Drawing {
  readonly hostNames: readonly string[];
  /** By host, then by virtual router. */
  readonly instances: readonly (readonly VrrpInstance[])[];
  readonly syncGroups: readonly SyncGroup[];
  /** All virtual routers move together. */
  readonly isGrouped: boolean;
}

/** What all routers of a virtual router have in common. */
interface Common {
  readonly index: number;
  readonly family: 4 | 6;
  readonly device: string;
  readonly isUnicast: boolean;
  /** `use_vmac`: the addresses are on a link of this name. */
  readonly link: string | undefined;
  readonly version: 2 | 3;
  readonly intervalUs: number;
  readonly password: string | undefined;
  /** Some routers speak the other version: they are another virtual router with the same VRID. */
  readonly mixesVersions: boolean;
  readonly mixesIntervals: boolean;
}

/** A host's address on a link, from which it sends. */
export function ownAddresses(host: number, device: string): string[] {
  const link = device === "eth0" ? 0 : 1;
  return [`192.0.${2 + link}.${host + 1}`, `fe80::${link + 1}:${(host + 1).toString(16)}`];
}

/** Most worlds are small; some have 16 routers or 255 virtual routers. */
export function drawWorld(prng: Prng): Drawing {
  const size = prng.next();
  const [maxHosts, maxRouters] = size < 0.9 ? [4, 3] : size < 0.99 ? [16, 6] : [3, 255];
  const hosts = prng.integer(2, maxHosts);
  const count = maxRouters === 255 && prng.chance(0.2) ? maxRouters : prng.integer(1, maxRouters);
  const isGrouped = count > 1 && count < 8 && prng.chance(0.2);
  const fastUs = prng.pick(count > 60 ? [100_000, 1_000_000] : [10_000, 100_000, 1_000_000]);
  const commons = Array.from({ length: count }, (_, index) => drawCommon(prng, index, fastUs, isGrouped));
  const owner = !isGrouped && prng.chance(0.1) ? prng.integer(0, hosts - 1) : -1;
  const preempts = isGrouped || prng.chance(0.7);
  const instances = Array.from({ length: hosts }, (_, host) => {
    const priority = prng.integer(1, 254);
    return commons.map((common) => {
      const own = isGrouped || prng.chance(0.7) ? priority : prng.integer(1, 254);
      const drawn = drawInstance(prng, common, { host, hosts, preempts, isGrouped });
      return { ...drawn, priority: host === owner ? 255 : own };
    });
  });
  return {
    hostNames: Array.from({ length: hosts }, (_, index) => String.fromCharCode(97 + index)),
    instances,
    syncGroups: isGrouped ? [syncGroup(commons.map(({ index }) => nameOf(index)))] : [],
    isGrouped,
  };
}

function nameOf(index: number): string {
  return `VI_${index + 1}`;
}

function drawCommon(prng: Prng, index: number, fastUs: number, isGrouped: boolean): Common {
  const family = prng.pick([4, 4, 6] as const);
  // Version 2 has seconds only: beside 10 ms it would be nothing but many packets.
  const hasVersion2 = family === 4 && fastUs > 10_000;
  const version = hasVersion2 ? prng.pick([2, 3] as const) : 3;
  return {
    index,
    family,
    device: prng.pick(["eth0", "eth0", "eth1"]),
    isUnicast: prng.chance(0.25),
    link: prng.chance(0.15) ? `vrrp${family === 6 ? "6" : ""}.${index + 1}` : undefined,
    version,
    intervalUs: version === 2 ? 1_000_000 : fastUs,
    password: version === 2 && prng.chance(0.5) ? "secret" : undefined,
    mixesVersions: !isGrouped && hasVersion2 && prng.chance(0.1),
    mixesIntervals: version === 3 && prng.chance(0.1),
  };
}

interface Place {
  readonly host: number;
  readonly hosts: number;
  readonly preempts: boolean;
  readonly isGrouped: boolean;
}

function drawInstance(prng: Prng, common: Common, { host, hosts, preempts, isGrouped }: Place): VrrpInstance {
  const { index, family, device, isUnicast, link, password } = common;
  const version = common.mixesVersions ? prng.pick([2, 3] as const) : common.version;
  const mixed = common.mixesIntervals ? prng.pick([1, 2, 5]) : 1;
  const intervalUs = version === 2 ? 1_000_000 : common.intervalUs * mixed;
  const others = Array.from({ length: hosts }, (_, other) => other).filter((other) => other !== host);
  const rare = (probability = 0.1): boolean => prng.chance(probability);
  return {
    ...INSTANCE,
    name: nameOf(index),
    family,
    interface: device,
    vrid: index + 1,
    version,
    advertisementIntervalUs: intervalUs,
    initialState: rare() ? "master" : "backup",
    preemptMode: preempts || rare(0.5),
    preemptDelayUs: !isGrouped && rare() ? prng.integer(1, 5) * intervalUs : 0,
    ...(version === 2 && password !== undefined ? { authentication: { type: "pass", password } } : {}),
    unicastPeers: isUnicast ? others.map((other) => ({ address: peerAddress(other, device, family) })) : [],
    checksUnicastSource: isUnicast && rare(0.5),
    downTimerAdverts: rare() ? prng.integer(1, 5) : 3,
    silentTowardsLower: rare(),
    advertisesBeforeGivingWay: rare(),
    tracking: drawTracking(prng, isGrouped),
    ...(link === undefined ? {} : { link: { type: "macvlan", name: link, options: [] } }),
    virtualAddresses: [address(family, index, 1, link ?? device)],
    excludedAddresses: rare(0.2) ? [address(4, index, 200, link ?? device)] : [],
    gratuitousArp: { ...INSTANCE.gratuitousArp, refreshUs: rare() ? 5 * intervalUs : 0 },
    location,
  };
}

function peerAddress(host: number, device: string, family: 4 | 6): string {
  const [ipv4 = "", ipv6 = ""] = ownAddresses(host, device);
  return family === 6 ? ipv6 : ipv4;
}

/** Members of a group track without weight only: keepalived's rule, too. */
function drawTracking(prng: Prng, isGrouped: boolean): VrrpInstance["tracking"] {
  const item = (name: string): TrackedItem => {
    const weight = isGrouped || prng.chance(0.2) ? 0 : prng.integer(-253, 253);
    return { name, weight, reverse: !isGrouped && weight !== 0 && prng.chance(0.1), location };
  };
  return {
    ...INSTANCE.tracking,
    interfaces: prng.chance(0.1) ? [item("eth1")] : [],
    scripts: prng.chance(0.2) ? [item(SCRIPT)] : [],
    files: prng.chance(0.1) ? [{ ...item(FILE), weight: 1 }] : [],
  };
}

/** The `number`th address of a virtual router. */
export function address(family: 4 | 6, index: number, number: number, device: string): VirtualAddress {
  const text = family === 6 ? `2001:db8:${(index + 1).toString(16)}::${number}` : `10.0.${index + 1}.${number}`;
  return { address: text, prefixLength: family === 6 ? 64 : 24, device, scope: 0, location };
}
