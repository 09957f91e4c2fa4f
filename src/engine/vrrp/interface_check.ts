// Whether a virtual router's interface lets it serve, and the address that it sends from there. No state.
import type { VrrpInstance } from "../../config/config.ts";
import type { NetworkPort } from "../../ports/network.ts";
import { addressesOf } from "./addresses.ts";
import { lacksSource, lacksUnicastSource, sourceCandidates } from "./senders.ts";

/** What an interface comes to. */
export interface InterfaceCheck {
  /** The address to send from; undefined when there is none. */
  readonly source: string | undefined;
  /** Why it does not. */
  readonly faults: readonly string[];
}

/**
 * @param isMoved whether an address is one that moves: it is not ours to send from
 * @param state of the instance: for a backup or master an address to send to peers from that goes is no fault (keepalived;
 * `track_src_ip` makes it one), a network manager that starts anew takes it away for a moment
 */
export function checkInterface(
  config: VrrpInstance,
  network: NetworkPort,
  isMoved: (address: string) => boolean,
  state: "init" | "backup" | "master" | "fault",
): InterfaceCheck {
  const { interface: name, family, ignoresInterfaceState, faultWithoutPeer, unicastPeers } = config;
  const found = network.interface(name);
  const source = config.sourceAddress ?? sourceCandidates(found, family).find((address) => !isMoved(address));
  const link = config.link?.name;
  const isServing = state === "backup" || state === "master";
  const kind = family === 6 ? "IPv6 link-local" : "IPv4";
  const causes: readonly (readonly [cause: string, present: boolean])[] = [
    [`interface ${name} does not exist`, found === undefined],
    [`link ${link} does not exist`, link !== undefined && network.interface(link) === undefined],
    ["a macvlan for its addresses does not exist", lacksAddressLink(config, network)],
    [`interface ${name} is down`, found !== undefined && !found.up && !ignoresInterfaceState],
    [`interface ${name} has no ${kind} address to send from`, found?.up === true && source === undefined],
    ["the source address is missing", lacksSource(found, config)],
    [`the source address ${source} is not on this machine`, !isServing && lacksUnicastSource(network, config)],
    ["there is no `unicast_peer`", faultWithoutPeer && unicastPeers.length === 0],
  ];
  return { source, faults: causes.flatMap(([cause, present]) => present ? cause : []) };
}

/** A master that can't have some of its addresses is none; those with `no_track` do not count. */
function lacksAddressLink(config: VrrpInstance, network: NetworkPort): boolean {
  const missing = new Set(config.addressLinks?.map(({ name }) => name).filter((name) => !network.interface(name)));
  if (missing.size === 0) return false;
  return addressesOf(config).some(({ device, flags = [] }) => missing.has(device) && !flags.includes("no_track"));
}
