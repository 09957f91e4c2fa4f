// The network as the VRRP engine sees it: interfaces, addresses, packets out. What comes in is handed to the engine.
import type { RoutingPort } from "./routing.ts";

/** An interface of this host, as last reported by the kernel. */
export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
  /** Administratively up and with carrier. */
  readonly up: boolean;
  /** 6 bytes on Ethernet. */
  readonly hardwareAddress: Uint8Array;
  /** IPv4 addresses in the kernel's order; secondary ones (virtual addresses are) come after the primary. */
  readonly ipv4Addresses: readonly string[];
  /** IPv6 addresses that can be sent from: not those that duplicate address detection still looks at, or refused. */
  readonly ipv6Addresses: readonly string[];
}

/** An address to put on a device. */
export interface AddressAssignment {
  readonly address: string;
  readonly prefixLength: number;
  readonly device: string;
  readonly label?: string;
  /** rtnetlink scope number. */
  readonly scope: number;
  readonly broadcast?: string;
  /** The other end of a point-to-point link, maybe with a prefix length. */
  readonly peer?: string;
  /** IPv6: seconds, or `forever`; default: `forever`, and 0 for a /128. */
  readonly preferredLifetime?: string;
  /** `home`, `-nodad`, `mngtmpaddr`, `noprefixroute`, `autojoin`, `no_track`. */
  readonly flags?: readonly string[];
}

/** The network, for the VRRP engine. Every call is synchronous and never waits for anything but the kernel. */
export interface NetworkPort {
  /** Routes and rules; missing where only addresses move, as in rehearsals. */
  readonly routing?: RoutingPort;
  /** What is known of an interface; undefined when there is none of that name. */
  interface(name: string): NetworkInterface | undefined;
  /** Whether the device has the address now. */
  hasAddress(device: string, address: string): boolean;
  /** Whether any device has the address now; missing where there is nothing else, as in simulations. */
  ownsAddress?(address: string): boolean;
  /** Adds an address; one that is there already is no error. @throws Error with the kernel's reason */
  addAddress(assignment: AddressAssignment): void;
  /** Removes an address; one that is gone already is no error. @throws Error with the kernel's reason */
  removeAddress(assignment: AddressAssignment): void;
  /** Sends a whole IP packet on an interface, to where its header says: the VRRP group or a peer. @returns undefined, or why it could not be sent */
  sendAdvertisement(interfaceName: string, packet: Uint8Array<ArrayBuffer>): string | undefined;
  /** From now on drops packets to an address, but not what IPVS forwards. @throws Error with the kernel's reason */
  refusePackets?(address: string): void;
  /** No longer does. @throws Error with the kernel's reason */
  acceptPackets?(address: string): void;
  /** Whether this host is an IPv6 router on the device: its neighbor advertisements must say so. */
  forwardsIpv6?(device: string): boolean;
  /** Sends a frame on a device, to where its first 6 bytes say. @returns undefined, or why it could not be sent */
  sendFrame(device: string, frame: Uint8Array<ArrayBuffer>): string | undefined;
}
