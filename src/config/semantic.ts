// Checks that need more than one block: names, virtual router ids, addresses and services that are there twice.
import type { SourceLocation, VirtualServer } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { nearMiss } from "./near_miss.ts";
import type { Located } from "./values.ts";
import type { InstanceDraft } from "./vrrp_instance.ts";

/** Everything that was read, and what the host has. */
export interface Whole {
  readonly instances: readonly InstanceDraft[];
  readonly virtualServers: readonly VirtualServer[];
  /** Names of the interfaces of this host; undefined: not asked. */
  readonly interfaceNames: readonly string[] | undefined;
}

/** Reports what the parts can't see for themselves. */
export function checkWhole(whole: Whole, report: Report): void {
  checkNames(whole.instances, report);
  checkVrids(whole.instances, report);
  checkAddresses(whole.instances, report);
  checkServices(whole.virtualServers, report);
  if (whole.interfaceNames !== undefined) checkInterfaces(whole.instances, whole.interfaceNames, report);
}

function checkNames(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name } of instances) {
    const before = first.add(name.value, name.location);
    if (before === undefined) continue;
    report.add("duplicate-name", name.location, `\`vrrp_instance ${name.value}\` is there twice`, {
      related: [{ message: "first here", location: before.location }],
      help: "give one of them another name",
    });
  }
}

/** RFC 9568 section 5.2.3: a virtual router is its VRID on one link and family. */
function checkVrids(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, vrid, interface: device, family } of instances) {
    if (vrid === undefined || device === undefined) continue;
    const before = first.add(`${device.value} ${family} ${vrid.value}`, vrid.location, name.value);
    if (before === undefined) continue;
    const message = `\`virtual_router_id\` ${vrid.value} is used twice on ${device.value}`;
    report.add("duplicate-vrid", vrid.location, message, {
      related: [{ message: `first used here, by \`${before.owner}\``, location: before.location }],
      help: "choose another number from 1 to 255 for one of them",
    });
  }
}

/**
 * Two instances must not move the same address on one device. Within one instance keepalived takes and advertises both,
 * and so must we: routers of one group compare their lists.
 */
function checkAddresses(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, instance } of instances) {
    for (const entry of [...instance?.virtualAddresses ?? [], ...instance?.excludedAddresses ?? []]) {
      const before = first.add(`${entry.address} ${entry.device}`, entry.location, name.value);
      if (before === undefined) continue;
      const code = before.owner === name.value ? "repeated-address" : "duplicate-address";
      report.add(code, entry.location, `virtual address \`${entry.address}\` is there twice on ${entry.device}`, {
        related: [{ message: `first used here, by \`${before.owner}\``, location: before.location }],
        help: "remove one of them",
      });
    }
  }
}

function checkServices(virtualServers: readonly VirtualServer[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, location } of virtualServers) {
    const before = first.add(name, location);
    if (before === undefined) continue;
    report.add("duplicate-virtual-server", location, `virtual server \`${name}\` is there twice`, {
      related: [{ message: "first here", location: before.location }],
      help: "put the real servers of both into one",
    });
  }
}

function checkInterfaces(instances: readonly InstanceDraft[], names: readonly string[], report: Report): void {
  const known = new Set(names);
  const check = (device: Located<string> | undefined): void => {
    if (device === undefined || known.has(device.value)) return;
    report.add("unknown-interface", device.location, `interface \`${device.value}\` does not exist`, {
      help: helpForInterface(device.value, names),
    });
  };
  for (const { interface: device, devices } of instances) {
    check(device);
    devices.forEach(check);
  }
}

function helpForInterface(name: string, names: readonly string[]): string | undefined {
  const near = nearMiss(name, names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 8).map((known) => `\`${known}\``).join(", ");
  return `this host has ${shown}${names.length > 8 ? " and others" : ""}`;
}

/** Remembers where something was first seen. */
class FirstPlaces {
  readonly #places = new Map<string, { readonly location: SourceLocation; readonly owner: string }>();

  /** @returns the earlier place of the same key, if there is one */
  add(key: string, location: SourceLocation, owner = ""): { location: SourceLocation; owner: string } | undefined {
    const before = this.#places.get(key);
    if (before === undefined) this.#places.set(key, { location, owner });
    return before;
  }
}
