// Which parts of a configuration can be run so far. What would do harm without a feature that is missing is left out, with
// the reason; what merely lacks it is run.
import type { NameLookup } from "../core/routing/names.ts";
import { freeName, withAddressLinks } from "./address_links.ts";
import { receiveBufferOf } from "./receive_buffers.ts";
import { trackedInterfaces, withRequests } from "./routing_parts.ts";
import type { TrackedItem, Tracking, Weight } from "./config_vrrp.ts";
import type { Checker, Config, SourceLocation, VirtualAddress, VirtualServer, VrrpInstance } from "./config.ts";

/** Something that is configured but not started. */
export interface LeftOut {
  /** `vrrp_instance VI_1`, `virtual server tcp 192.0.2.1:80`. */
  readonly what: string;
  /** Why, as the end of a sentence: `it has unicast_peer, which is not carried out yet`. */
  readonly why: string;
  readonly location: SourceLocation;
}

/** What is started, and what is not. */
export interface Startable {
  readonly config: Config;
  readonly leftOut: readonly LeftOut[];
}

/**
 * Splits a configuration into what is started and what would do harm.
 *
 * @param names the system's names of routing tables and the like; default: every name is good
 */
export function startable(whole: Config, names?: NameLookup): Startable {
  const leftOut: LeftOut[] = [];
  const config = withRequests(whole, leftOut, names);
  const isStarted = (what: string, why: string | undefined, { location }: VrrpInstance | VirtualServer): boolean => {
    if (why !== undefined) leftOut.push({ what, why: `${why}, which is not carried out yet`, location });
    return why === undefined;
  };
  const taken = new Map<string, VrrpInstance>();
  const instances = config.vrrpInstances.map(onVrf).filter((instance) => {
    const key = `${instance.interface} ${instance.vrid} ${instance.family}`;
    // Peers of its own make a VRID a second one (`duplicate-vrid` refuses the others), but packets are told apart by VRID.
    const isUnicast = instance.unicastPeers.length > 0 || (taken.get(key)?.unicastPeers.length ?? 0) > 0;
    const isTaken = taken.has(key) && isUnicast
      ? `another instance, with or without peers, has its VRID on ${instance.interface}`
      : undefined;
    const starts = isStarted(`vrrp_instance ${instance.name}`, whyNot(instance) ?? isTaken, instance);
    if (starts) taken.set(key, instance);
    return starts;
  });
  const linkNames = new Set(instances.flatMap(({ link }) => link?.name ?? []));
  const placed = instances.map((instance) => ({
    ...onOwnLink(instance, linkNames, config),
    multicastGroup: multicastGroupOf(instance, config),
    ...bufferOf(instance, config),
    tracking: withWeights({ ...instance.tracking, interfaces: trackedInterfaces(instance) }, config),
  }));
  const vrrpInstances = withAddressLinks(placed, config);
  const isMember = (name: string): boolean => vrrpInstances.some((instance) => instance.name === name);
  const syncGroups = config.syncGroups
    .map((group) => ({
      ...group,
      members: group.members.filter(isMember),
      tracking: withWeights(group.tracking, config),
    }))
    .filter(({ members }) => members.length > 0);
  const tracked = trackedServers([...vrrpInstances, ...syncGroups]);
  const virtualServers = config.virtualServers.map((server) => withCommonSettings(server, config))
    .map((server) => tracked.has(server.name) ? { ...server, tracked: true } : server)
    .map((server) => config.global.sharesChecks ? { ...server, sharesChecks: true } : server);
  return { config: { ...config, vrrpInstances, syncGroups, virtualServers }, leftOut };
}

/** The names of virtual servers that somebody tracks. */
function trackedServers(owners: readonly { readonly tracking: Tracking }[]): ReadonlySet<string> {
  return new Set(owners.flatMap(({ tracking }) => (tracking.virtualServers ?? []).map(({ name }) => name)));
}

/** Fills in the weights that tracked things have by their definitions. */
function withWeights(tracking: Tracking, { scripts, trackedFiles, trackedProcesses, bfdInstances }: Config): Tracking {
  const filled = (items: readonly TrackedItem[], definitions: readonly (Weight & { name: string })[]): TrackedItem[] =>
    items.map((item) => {
      const definition = definitions.find(({ name }) => name === item.name);
      if (item.weight !== undefined || definition === undefined) return item;
      return { ...item, weight: definition.weight, reverse: definition.reverse };
    });
  return {
    ...tracking,
    scripts: filled(tracking.scripts, scripts),
    files: filled(tracking.files, trackedFiles),
    processes: filled(tracking.processes, trackedProcesses),
    bfd: filled(tracking.bfd, bfdInstances),
  };
}

/** An instance that has no interface sends and receives on its VRF: its peers are at known addresses. */
function onVrf(instance: VrrpInstance): VrrpInstance {
  const { vrf } = instance;
  if (vrf === undefined || instance.interface !== "" || instance.link !== undefined) return instance;
  if (instance.unicastPeers.length === 0) return instance; // `whyNot` says it
  const placed = (entry: VirtualAddress): VirtualAddress => entry.device === "" ? { ...entry, device: vrf } : entry;
  return {
    ...instance,
    interface: vrf,
    virtualAddresses: instance.virtualAddresses.map(placed),
    excludedAddresses: instance.excludedAddresses.map(placed),
  };
}

/**
 * Gives the link of `use_vmac` its name, and puts the addresses of the interface on it.
 *
 * @param taken names of links; this one's is added
 */
function onOwnLink(instance: VrrpInstance, taken: Set<string>, { global }: Config): VrrpInstance {
  const { link, family, vrid } = instance;
  if (link === undefined) return instance;
  // keepalived (2.2.7) tells IPv6 apart in its own prefix only: `vrrp6.51`, but `prefix.51`.
  const [prefix, marked] = global.linkPrefix === undefined
    ? ["vrrp", family] as const
    : [global.linkPrefix, 4] as const;
  const name = link.name ?? freeName(prefix, { family: marked, vrid }, taken);
  taken.add(name);
  const moved = (entries: readonly VirtualAddress[]): VirtualAddress[] =>
    entries.map((entry) => entry.device === instance.interface ? { ...entry, device: name } : entry);
  return {
    ...instance,
    link: { ...link, name },
    virtualAddresses: moved(instance.virtualAddresses),
    excludedAddresses: moved(instance.excludedAddresses),
  };
}

function multicastGroupOf({ family, multicastGroup }: VrrpInstance, { global }: Config): string {
  return multicastGroup ?? (family === 6 ? global.multicastGroup6 : global.multicastGroup4);
}

function bufferOf(instance: VrrpInstance, { global }: Config): Pick<VrrpInstance, "receiveBuffer"> {
  const receiveBuffer = receiveBufferOf(instance, global);
  return receiveBuffer && { receiveBuffer } || {};
}

/** Peers would not hear such an instance, or not believe it, and both would be master. */
function whyNot(instance: VrrpInstance): string | undefined {
  if (instance.interface !== "") return undefined;
  if (instance.link !== undefined) return "it has a link of its own but no `interface`";
  if (instance.vrf !== undefined) return "it has `vrf` without `interface` and `unicast_peer`";
  return undefined;
}

/** Checkers learn what is said of all of them. */
function withCommonSettings(server: VirtualServer, { global, ssl }: Config): VirtualServer {
  const { scriptUser, scriptSecurity, logsAllFailures } = global;
  const logged = (checker: Checker): Checker =>
    logsAllFailures && checker.logsAllFailures === undefined ? { ...checker, logsAllFailures } : checker;
  const owned = (checker: Checker): Checker => {
    if (checker.type === "https" && ssl !== undefined) return { ...checker, credentials: ssl };
    if (checker.type !== "misc") return checker;
    const owner = checker.script.user === undefined ? scriptUser : undefined;
    return { ...checker, script: { ...checker.script, ...owner }, secure: scriptSecurity };
  };
  const isPlain = ({ type }: Checker): boolean => type !== "misc" && type !== "https";
  if (!logsAllFailures && server.realServers.every(({ checkers }) => checkers.every(isPlain))) return server;
  const realServers = server.realServers.map((real) => ({
    ...real,
    checkers: real.checkers.map(owned).map(logged),
  }));
  return { ...server, realServers };
}
