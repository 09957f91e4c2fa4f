// From the configurations of nodes to hosts on links: which interfaces and addresses they have, and who hears whom.
import type { Config, VirtualServer, VrrpInstance } from "../../config/config.ts";
import { reachableQuorum, startQuorum, stepQuorum } from "../../core/health/virtual_server.ts";
import type { ServerWord } from "../../core/tracking/server_word.ts";
import { addressesOf } from "../vrrp/addresses.ts";
import { baseOf } from "../vrrp/own_links.ts";
import type { SimulatedHost } from "./simulated_host.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";

/** A router and what it is configured to do. */
export interface NodeConfig {
  readonly name: string;
  readonly config: Config;
}

/** Every interface that a configuration names. */
export function interfacesOf({ vrrpInstances, syncGroups }: Config): string[] {
  const names = vrrpInstances.flatMap((instance) => [
    instance.interface,
    ...addressesOf(instance).map(({ device }) => baseOf(instance, device)),
    ...instance.tracking.interfaces.map(({ name }) => name),
  ]);
  return [...new Set([...names, ...syncGroups.flatMap(({ tracking }) => tracking.interfaces.map(({ name }) => name))])];
}

/** The scripts that something tracks. */
export function usedScripts({ scripts, vrrpInstances, syncGroups }: Config): Config["scripts"] {
  const used = new Set([...vrrpInstances, ...syncGroups].flatMap(({ tracking }) => tracking.scripts.map(nameOf)));
  return scripts.filter(({ name }) => used.has(name));
}

/** The files that something tracks. */
export function usedFiles({ trackedFiles, vrrpInstances, syncGroups }: Config): Config["trackedFiles"] {
  const used = new Set([...vrrpInstances, ...syncGroups].flatMap(({ tracking }) => tracking.files.map(nameOf)));
  return trackedFiles.filter(({ name }) => used.has(name));
}

/** The processes that something tracks. */
export function usedProcesses({ trackedProcesses, vrrpInstances, syncGroups }: Config): Config["trackedProcesses"] {
  const used = new Set([...vrrpInstances, ...syncGroups].flatMap(({ tracking }) => tracking.processes.map(nameOf)));
  return trackedProcesses.filter(({ name }) => used.has(name));
}

/** The BFD sessions that something tracks. */
export function usedBfd({ bfdInstances, vrrpInstances, syncGroups }: Config): Config["bfdInstances"] {
  const used = new Set([...vrrpInstances, ...syncGroups].flatMap(({ tracking }) => tracking.bfd.map(nameOf)));
  return bfdInstances.filter(({ name }) => used.has(name));
}

/** The virtual servers that something tracks. */
export function usedVirtualServers({ virtualServers, vrrpInstances, syncGroups }: Config): Config["virtualServers"] {
  const trackings = [...vrrpInstances, ...syncGroups].map(({ tracking }) => tracking.virtualServers ?? []);
  const used = new Set(trackings.flatMap((items) => items.map(nameOf)));
  return virtualServers.filter(({ name }) => used.has(name));
}

/** What a health role would say of a virtual server of which the first `up` real servers are up. @param before its last word */
export function serverWord(server: VirtualServer, up = server.realServers.length, before?: ServerWord): ServerWord {
  const live = server.realServers.filter(({ weight }) => weight > 0);
  const weightOf = (servers: typeof live): number => servers.reduce((sum, { weight }) => sum + weight, 0);
  const limits = reachableQuorum(server, weightOf(live));
  const weight = weightOf(live.slice(0, up));
  const start = startQuorum(limits, weight, 0);
  const { state } = before === undefined
    ? { state: start }
    : stepQuorum(limits, { ...start, up: before.quorum }, weight, 0);
  return { quorum: state.up, servers: Math.min(up, live.length), weight };
}

/** The node whose API has a URL: one of the addresses that it listens at, else the only other node. */
export function nodeOfApi(nodes: readonly NodeConfig[], asking: string, url: string): string | undefined {
  const { hostname } = new URL(url);
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const listens = ({ config }: NodeConfig): boolean =>
    config.http?.listen.some((one) => one.address === address) === true;
  const others = nodes.filter(({ name }) => name !== asking);
  return (others.find(listens) ?? (others.length === 1 ? others[0] : undefined))?.name;
}

function nameOf({ name }: { name: string }): string {
  return name;
}

/**
 * Gives a host its interfaces. Its own addresses are those that it says it sends from, else those that its peers send
 * to, else made up: 192.0.2.N and fe80::N for the Nth node.
 */
export function addInterfaces(host: SimulatedHost, nodes: readonly NodeConfig[]): void {
  const node = nodes[host.index - 1];
  if (node === undefined) return;
  for (const name of interfacesOf(node.config)) {
    const mine = node.config.vrrpInstances.filter((instance) => instance.interface === name);
    const known = [...new Set(mine.flatMap((instance) => sourceOf(instance, node, nodes) ?? []))];
    const made = [`192.0.2.${host.index}`, `fe80::${host.index.toString(16)}`];
    const isMissing = (address: string): boolean => !known.some((one) => one.includes(":") === address.includes(":"));
    host.addInterface(name, [...known, ...made.filter(isMissing)]);
  }
  for (const { link, interface: parent, addressLinks = [] } of node.config.vrrpInstances) {
    if (link?.name !== undefined) host.addInterface(link.name, [], parent);
    for (const { name, parent: base } of addressLinks) host.addInterface(name, [], base);
  }
}

/**
 * Puts interfaces on links. Those of the same name are on the same link; where two nodes have a virtual router on
 * interfaces of different names, these are on the same link, too.
 */
export function connect(network: SimulatedNetwork, nodes: readonly NodeConfig[]): void {
  for (const [index, host] of network.hosts.entries()) {
    for (const instance of nodes[index]?.config.vrrpInstances ?? []) {
      for (const [before, other] of network.hosts.slice(0, index).entries()) {
        const twin = nodes[before]?.config.vrrpInstances.find((candidate) => isTwin(candidate, instance));
        if (twin === undefined || twin.interface === instance.interface) continue;
        network.connect(host, instance.interface, network.segmentOf(other, twin.interface));
      }
    }
  }
}

/** The same virtual router on another node. */
export function isTwin(left: VrrpInstance, right: VrrpInstance): boolean {
  return left.vrid === right.vrid && left.family === right.family;
}

function sourceOf(instance: VrrpInstance, node: NodeConfig, nodes: readonly NodeConfig[]): string | undefined {
  if (instance.sourceAddress !== undefined) return instance.sourceAddress;
  const own = new Set(instance.unicastPeers.map(({ address }) => address));
  const others = nodes.filter((other) => other !== node)
    .flatMap(({ config }) => config.vrrpInstances.filter((candidate) => isTwin(candidate, instance)));
  const taken = new Set(others.map(({ sourceAddress }) => sourceAddress));
  return others.flatMap(({ unicastPeers }) => unicastPeers)
    .find(({ address }) => !own.has(address) && !taken.has(address))?.address;
}

/** A made-up peer of the only node: the same configuration, priorities one lower, unicast addresses exchanged. */
export function peerOf(config: Config): Config {
  const vrrpInstances = config.vrrpInstances.map((instance): VrrpInstance => {
    const [peer, ...others] = instance.unicastPeers;
    const { sourceAddress, ...rest } = instance;
    const unicast = peer === undefined
      ? {}
      : { sourceAddress: peer.address, unicastPeers: [{ address: sourceAddress ?? "192.0.2.1" }, ...others] };
    return { ...rest, initialState: "backup", priority: Math.max(1, instance.priority - 1), ...unicast };
  });
  return { ...config, vrrpInstances };
}
