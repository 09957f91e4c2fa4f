// The links of `use_vmac`, `use_vmac_addr` and `use_ipvlan`: which one each instance needs, made before it starts, removed after it ended.
import { fromHex } from "../../base/hex.ts";
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { LinkPort, OwnLink } from "../../ports/links.ts";
import { addressesOf } from "./addresses.ts";

/** IANA's block for VRRP: 00-00-5E-00-01 for IPv4, -02 for IPv6, then the VRID (RFC 9568 section 7.3). */
function virtualHardwareAddress({ family, vrid }: Pick<VrrpInstance, "family" | "vrid">): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, family === 4 ? 0x01 : 0x02, vrid);
}

/** The links that an instance needs: none when all its addresses are on interfaces that are there anyway. */
export function ownLinksOf(instance: VrrpInstance): OwnLink[] {
  const { vrid, addressLinks = [] } = instance;
  const forAddresses = addressLinks.map(({ name, parent, family }): OwnLink => ({
    name,
    parent,
    kind: "macvlan",
    hardwareAddress: virtualHardwareAddress({ family, vrid }),
    mode: "private",
    families: [family],
  }));
  const own = ownLinkOf(instance);
  return own === undefined ? forAddresses : [own, ...forAddresses];
}

/** The link of `use_vmac` or `use_ipvlan`. */
function ownLinkOf(instance: VrrpInstance): OwnLink | undefined {
  const { link } = instance;
  if (link?.name === undefined) return undefined;
  const { options } = link;
  const mode = (["bridge", "private", "vepa"] as const).find((word) => options.includes(word)) ?? "bridge";
  const group = Number(options[options.indexOf("group") + 1]);
  const families = addressesOf(instance).filter(({ device }) => device === link.name).map(({ address }) =>
    address.includes(":") ? 6 : 4
  );
  return {
    name: link.name,
    parent: instance.interface,
    kind: link.type,
    hardwareAddress: givenHardwareAddress(instance) ?? virtualHardwareAddress(instance),
    mode,
    families: [...new Set([instance.family, ...families])],
    ...(options.includes("group") && Number.isInteger(group) ? { group } : {}),
  };
}

/** Six octets, or five and the VRID. */
function givenHardwareAddress({ link, vrid }: VrrpInstance): Uint8Array | undefined {
  const word = link?.options.find((option) => /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){4,5}$/i.test(option));
  if (word === undefined) return undefined;
  const octets = fromHex(word.split(":").map((octet) => octet.padStart(2, "0")).join(""));
  return octets?.length === 5 ? Uint8Array.of(...octets, vrid) : octets;
}

/** The device that an instance's advertisements leave by: that of its own hardware address, unless it is told otherwise. */
export function senderOf(instance: VrrpInstance): string {
  const { link, sendsFromParent, unicastPeers } = instance;
  const fromLink = link?.type === "macvlan" && !sendsFromParent && unicastPeers.length === 0;
  return fromLink ? link.name ?? instance.interface : instance.interface;
}

/**
 * The device that an instance's advertisements arrive by. A macvlan takes every packet for a group from outside, and
 * those that peers send from the same hardware address as its own arrive there only, not on the parent.
 */
export function receiverOf(instance: VrrpInstance): string {
  const { link, unicastPeers } = instance;
  const byLink = link?.type === "macvlan" && unicastPeers.length === 0;
  return byLink ? link.name ?? instance.interface : instance.interface;
}

/** The interface that a device of an instance stands on: itself, unless it is a link of the instance's own. */
export function baseOf({ link, interface: parent, addressLinks = [] }: VrrpInstance, device: string): string {
  if (link !== undefined && link.name === device) return parent;
  return addressLinks.find(({ name }) => name === device)?.parent ?? device;
}

/** `garp_extra_if`: an address for each device that no advertisement leaves by; without `all`, macvlans only. */
export function extraAnnouncementsOf(instance: VrrpInstance): VirtualAddress[] {
  const sender = senderOf(instance);
  const isExtra = ({ device }: VirtualAddress): boolean =>
    device !== sender && (instance.extraAnnouncements.allInterfaces || isMacvlan(instance, device));
  const byDevice = Map.groupBy(addressesOf(instance).filter(isExtra), ({ device }) => device);
  return [...byDevice.values()].flatMap(([first]) => first ?? []);
}

function isMacvlan({ link, addressLinks = [] }: VrrpInstance, device: string): boolean {
  return link?.type === "macvlan" && link.name === device || addressLinks.some(({ name }) => name === device);
}

/** The links of a set of instances. */
export class OwnLinks {
  readonly #port: LinkPort;
  readonly #log: (line: string) => void;
  #wanted: readonly OwnLink[] = [];
  /** What failed last for each, so that it is said once. */
  readonly #failures = new Map<string, string>();

  constructor(port: LinkPort, log: (line: string) => void) {
    this.#port = port;
    this.#log = log;
  }

  /** Makes those that are missing, now that instances or interfaces are others. Those of before stay for now. */
  ensure(instances: readonly VrrpInstance[]): void {
    for (const link of linksOf(instances)) this.#try(link.name, () => this.#port.ensureLink(link));
  }

  /** Removes those that no instance needs any more. */
  keep(instances: readonly VrrpInstance[]): void {
    const wanted = linksOf(instances);
    const names = new Set(wanted.map(({ name }) => name));
    for (const { name } of this.#wanted) {
      if (!names.has(name)) this.#try(name, () => this.#port.removeLink(name));
    }
    this.#wanted = wanted;
  }

  #try(name: string, call: () => void): void {
    try {
      call();
      this.#failures.delete(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#failures.get(name) !== reason) this.#log(`link ${name}: ${reason}`);
      this.#failures.set(name, reason);
    }
  }
}

function linksOf(instances: readonly VrrpInstance[]): OwnLink[] {
  return instances.flatMap(ownLinksOf);
}
