// The virtual addresses of an instance, and what changes between two lists of them. Touches no interface.
import { same } from "../../base/same.ts";
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";

/** All addresses that move with an instance, advertised or not. */
export function addressesOf(instance: VrrpInstance): readonly VirtualAddress[] {
  return [...instance.virtualAddresses, ...instance.excludedAddresses];
}

/** What makes an address the same one for the kernel. */
export function addressKey(entry: { device: string; address: string; prefixLength: number }): string {
  return `${entry.device} ${entry.address}/${entry.prefixLength}`;
}

/** From one list of addresses to another. */
export interface AddressDifference {
  readonly added: readonly VirtualAddress[];
  readonly removed: readonly VirtualAddress[];
  readonly kept: readonly VirtualAddress[];
}

/** One whose label, scope or broadcast differs is removed and added: the kernel does not change those. */
export function addressDifference(
  before: readonly VirtualAddress[],
  after: readonly VirtualAddress[],
): AddressDifference {
  const isIn = (list: readonly VirtualAddress[]) => {
    const byKey = new Map(list.map((entry) => [addressKey(entry), entry]));
    return (entry: VirtualAddress) => same(byKey.get(addressKey(entry)), entry, "location");
  };
  const [wasThere, stays] = [isIn(before), isIn(after)];
  return {
    added: after.filter((entry) => !wasThere(entry)),
    removed: before.filter((entry) => !stays(entry)),
    kept: after.filter(wasThere),
  };
}
