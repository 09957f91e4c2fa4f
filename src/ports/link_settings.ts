// How the links of interfaces are watched, beyond what the kernel tells of itself: plain data.

/** How an interface is asked for its link (keepalived.conf(5), linkbeat_interfaces). */
export type LinkMethod = "MII" | "ETHTOOL" | "IOCTL";

/** Settings of the interfaces that are used or tracked. */
export interface LinkSettings {
  /** `interface_up_down_delays`: how long a change must last before it is believed. Microseconds, 0: not at all. */
  readonly delays: readonly { readonly interface: string; readonly downUs: number; readonly upUs: number }[];
  /** Interfaces whose link is asked for every second, and how, if possible. */
  readonly polled: readonly { readonly interface: string; readonly method?: LinkMethod }[];
}

/** Nothing is said. */
export const NO_LINK_SETTINGS: LinkSettings = { delays: [], polled: [] };
