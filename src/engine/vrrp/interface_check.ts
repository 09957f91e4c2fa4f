// Whether a virtual router's interface lets it serve, and the address that it sends from there. No state.
import type { VrrpInstance } from "../../config/config.ts";
import type { NetworkPort } from "../../ports/network.ts";
import { addressesOf } from "./addresses.ts";
import { lacksSource, sourceCandidates } from "./senders.ts";

/** What an interface comes to. */
export interface InterfaceCheck {
  /** The address to send from; undefined when there is none. */
  readonly source: string | undefined;
  /** Every cause of fault that an interface can be, and whether it is one now. */
  readonly faults: readonly (readonly [cause: string, present: boolean])[];
}

/** @param isMoved whether an address is one that moves: it is not ours to send from */
export function checkInterface(
  config: VrrpInstance,
  network: NetworkPort,
  isMoved: (address: string) => boolean,
): InterfaceCheck {
  const { interface: name, family, ignoresInterfaceState, faultWithoutPeer, unicastPeers } = config;
  const found = network.interface(name);
  const source = config.sourceAddress ?? sourceCandidates(found, family).find((address) => !isMoved(address));
  const link = config.link?.name;
  const kind = family === 6 ? "IPv6 link-local" : "IPv4";
  return {
    source,
    faults: [
      [`interface ${name} does not exist`, found === undefined],
      [`link ${link} does not exist`, link !== undefined && network.interface(link) === undefined],
      ["a macvlan for its addresses does not exist", lacksAddressLink(config, network)],
      [`interface ${name} is down`, found !== undefined && !found.up && !ignoresInterfaceState],
      [`interface ${name} has no ${kind} address to send from`, found?.up === true && source === undefined],
      ["the source address is missing", lacksSource(found, config)],
      ["there is no `unicast_peer`", faultWithoutPeer && unicastPeers.length === 0],
    ],
  };
}

/** A master that can't have some of its addresses is none; those with `no_track` do not count. */
function lacksAddressLink(config: VrrpInstance, network: NetworkPort): boolean {
  const missing = new Set(config.addressLinks?.map(({ name }) => name).filter((name) => !network.interface(name)));
  if (missing.size === 0) return false;
  return addressesOf(config).some(({ device, flags = [] }) => missing.has(device) && !flags.includes("no_track"));
}
