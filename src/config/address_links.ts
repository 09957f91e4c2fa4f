// `use_vmac_addr` and `use_vmac` of single addresses: a macvlan for each device and IP version that such addresses are on.
import type { Config, VirtualAddress, VrrpInstance } from "./config.ts";
import type { AddressLink } from "./config_vrrp.ts";

/** Longest name of an interface (linux/if.h, IFNAMSIZ less its end). */
const MAX_NAME_LENGTH = 15;

/**
 * Puts the addresses that ask for it on links of their own, and says which links these are.
 *
 * @param instances with the links of `use_vmac` named, and the addresses of their interfaces on them
 */
export function withAddressLinks(instances: readonly VrrpInstance[], { global }: Config): VrrpInstance[] {
  const taken = new Set(instances.flatMap(({ link }) => link?.name ?? []));
  const prefix = global.addressLinkPrefix ?? global.linkPrefix ?? "vrrp";
  return instances.map((instance) => {
    const links: AddressLink[] = [];
    const moved = (entry: VirtualAddress): VirtualAddress => {
      if (!wantsLink(entry, instance)) return entry;
      const family = entry.address.includes(":") ? 6 : 4;
      let link = links.find((candidate) => candidate.parent === entry.device && candidate.family === family);
      if (link === undefined) {
        link = { name: freeName(prefix, { family, vrid: instance.vrid }, taken), parent: entry.device, family };
        taken.add(link.name);
        links.push(link);
      }
      return { ...entry, device: link.name };
    };
    const virtualAddresses = instance.virtualAddresses.map(moved);
    const excludedAddresses = instance.excludedAddresses.map(moved);
    return links.length === 0 ? instance : { ...instance, virtualAddresses, excludedAddresses, addressLinks: links };
  });
}

/** `lo` has no hardware address, and what is on the instance's own link has the virtual one already. */
function wantsLink({ device, flags = [] }: VirtualAddress, instance: VrrpInstance): boolean {
  if (device === "" || device === "lo" || device === instance.link?.name) return false;
  return flags.includes("use_vmac") || (instance.linksOtherDevices && device !== instance.interface);
}

/**
 * The name of a link that the configuration does not name, as keepalived's (measured on 2.2.7): `vrrp.51` or `vrrp6.51`, then
 * `vrrp1.51`, `vrrp2.51` and so on.
 *
 * @param prefix `vrrp`, or another
 * @param taken names of other links
 */
export function freeName(
  prefix: string,
  { family, vrid }: { family: 4 | 6; vrid: number },
  taken: ReadonlySet<string>,
): string {
  for (let number = 0;; number++) {
    const end = `${number === 0 ? (family === 6 ? "6" : "") : number}.${vrid}`;
    const name = prefix.slice(0, MAX_NAME_LENGTH - end.length) + end;
    if (!taken.has(name)) return name;
  }
}
