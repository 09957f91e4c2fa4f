// Interfaces and their addresses as the kernel reports them: read once, then kept up to date by a monitor socket.
import { NetlinkWriter } from "../wire/netlink.ts";
import type { NetlinkMessage } from "../wire/netlink.ts";
import {
  readAddress,
  readLink,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTMGRP_IPV4_IFADDR,
  RTMGRP_IPV6_IFADDR,
  RTMGRP_LINK,
  writeDumpRequest,
} from "../wire/rtnetlink.ts";
import { netlinkMessages } from "../wire/netlink.ts";
import type { NetworkInterface } from "../ports/network.ts";
import { ENOBUFS, NETLINK_ROUTE, NetlinkSocket } from "./netlink_socket.ts";
import { SystemError } from "./system_error.ts";

interface Entry {
  index: number;
  name: string;
  up: boolean;
  hardwareAddress: Uint8Array;
  /** Address to prefix length; insertion order is the kernel's. */
  addresses: Map<string, number>;
  /** Of them, those that can't be sent from yet. */
  tentative: Set<string>;
}

/** All interfaces of this network namespace. */
export class InterfaceTable {
  readonly #monitor = new NetlinkSocket(NETLINK_ROUTE, {
    groups: RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
    nonBlocking: true,
  });
  #byIndex = new Map<number, Entry>();
  #byName = new Map<string, Entry>();

  /** Reads everything. The monitor was opened before, so nothing is missed in between. @throws SystemError */
  constructor() {
    this.#readAll();
  }

  /** Readable when the kernel has news: then call `update`. */
  get fd(): number {
    return this.#monitor.fd;
  }

  /** The interface of that name, or undefined. */
  find(name: string): NetworkInterface | undefined {
    const entry = this.#byName.get(name);
    if (entry === undefined) return undefined;
    const { index, up, hardwareAddress, addresses, tentative } = entry;
    const [ipv4Addresses, ipv6Addresses]: [string[], string[]] = [[], []];
    for (const address of addresses.keys()) {
      if (!address.includes(":")) ipv4Addresses.push(address);
      else if (!tentative.has(address)) ipv6Addresses.push(address);
    }
    return { name, index, up, hardwareAddress, ipv4Addresses, ipv6Addresses };
  }

  /** Index of an interface, or undefined. */
  indexOf(name: string): number | undefined {
    return this.#byName.get(name)?.index;
  }

  /** Names of all interfaces. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  hasAddress(name: string, address: string): boolean {
    return this.#byName.get(name)?.addresses.has(address) ?? false;
  }

  /** Whether any interface has it. */
  holds(address: string): boolean {
    return this.#byIndex.values().some(({ addresses }) => addresses.has(address));
  }

  /** Takes note of what we did ourselves, without waiting for the kernel to report it. */
  noteAddress(name: string, address: string, prefixLength: number | undefined): void {
    const addresses = this.#byName.get(name)?.addresses;
    if (prefixLength === undefined) addresses?.delete(address);
    else addresses?.set(address, prefixLength);
  }

  /** Reads what the monitor has. @returns true when anything was reported */
  update(): boolean {
    let changed = false;
    for (;;) {
      try {
        const datagram = this.#monitor.receive();
        if (datagram === undefined) return changed;
        changed = true;
        for (const message of netlinkMessages(datagram)) this.#apply(message);
      } catch (error) {
        if (!(error instanceof SystemError) || error.errno !== ENOBUFS) throw error;
        this.#readAll(); // reports were lost: only a new reading is right again
        changed = true;
      }
    }
  }

  close(): void {
    this.#monitor.close();
  }

  #readAll(): void {
    this.#byIndex = new Map();
    this.#byName = new Map();
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    try {
      for (const type of [RTM_GETLINK, RTM_GETADDR] as const) {
        const sequence = socket.nextSequence();
        const writer = new NetlinkWriter(64);
        writeDumpRequest(writer, type, sequence);
        socket.dump(writer, sequence, (message) => this.#apply(message));
      }
    } finally {
      socket.close();
    }
  }

  #apply(message: NetlinkMessage): void {
    switch (message.type) {
      case RTM_NEWLINK:
      case RTM_DELLINK:
        return this.#applyLink(message);
      case RTM_NEWADDR:
      case RTM_DELADDR:
        return this.#applyAddress(message);
    }
  }

  #applyLink(message: NetlinkMessage): void {
    const link = readLink(message);
    if (link === undefined) return;
    const known = this.#byIndex.get(link.index);
    if (known !== undefined && this.#byName.get(known.name) === known) this.#byName.delete(known.name); // renamed, or gone
    if (message.type === RTM_DELLINK) {
      this.#byIndex.delete(link.index);
      return;
    }
    const entry: Entry = {
      ...link,
      addresses: known?.addresses ?? new Map(),
      tentative: known?.tentative ?? new Set(),
    };
    this.#byIndex.set(link.index, entry);
    this.#byName.set(link.name, entry);
  }

  #applyAddress(message: NetlinkMessage): void {
    const report = readAddress(message);
    if (report === undefined) return;
    const entry = this.#byIndex.get(report.interfaceIndex);
    const isThere = message.type === RTM_NEWADDR;
    if (isThere) entry?.addresses.set(report.address, report.prefixLength);
    else entry?.addresses.delete(report.address);
    if (isThere && report.tentative) entry?.tentative.add(report.address);
    else entry?.tentative.delete(report.address);
  }
}
