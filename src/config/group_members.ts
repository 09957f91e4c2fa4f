// Virtual servers for a `virtual_server_group`: which of its addresses and firewall marks they get, and what that implies.
import { addressesBetween, familyOf } from "../base/ip.ts";
import type { Config, GroupEntry, SourceLocation, VirtualServer, VirtualServerGroup } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { DEFAULT_PERSISTENCE_SECONDS } from "./virtual_server.ts";

/** Fills in the members. What keepalived would leave out is left out, with a message. */
export function withMembers(
  virtualServers: readonly VirtualServer[],
  { virtualServerGroups }: Pick<Config, "virtualServerGroups">,
  report: Report,
): VirtualServer[] {
  if (virtualServers.every(({ group }) => group === undefined)) return [...virtualServers];
  const groups = new Map(virtualServerGroups.map((group) => [group.name, group]));
  const taken = new Map<string, SourceLocation>();
  for (const server of virtualServers) if (server.group === undefined) taken.set(serviceOf(server), server.location);
  return virtualServers.flatMap((server) => {
    const group = groups.get(server.group ?? "");
    if (group === undefined) return [server];
    if (hasAmbiguousMark(group)) {
      const message = `\`virtual_server_group ${group.name}\` has both families and a mark without one`;
      report.add("mixed-families", server.location, `${message}, so this virtual server is left out`, {
        related: [{ message: "the group is here", location: group.location }],
        help: "write `inet` or `inet6` behind the mark",
      });
      return [];
    }
    const members = group.entries.flatMap((entry) => withoutTaken(entry, { server, taken }, report));
    if (members.length === 0) return [];
    checkFamilies({ ...server, members }, report);
    return [{ ...server, members, ...persistenceOf({ ...server, members }, report) }];
  });
}

/** Where there are addresses of both families, a mark has to say which one it means (measured on keepalived 2.2.7). */
function hasAmbiguousMark({ entries }: VirtualServerGroup): boolean {
  const families = new Set(entries.map(familyOfEntry));
  return families.has(4) && families.has(6) && families.has(undefined);
}

/** Undefined: a mark that says none. */
export function familyOfEntry(entry: GroupEntry): 4 | 6 | undefined {
  return entry.kind === "range" ? familyOf(entry.first) : entry.family;
}

/** The kernel has each service once: what an earlier virtual server has, a later group does not get. */
function withoutTaken(
  entry: GroupEntry,
  { server, taken }: { server: VirtualServer; taken: Map<string, SourceLocation> },
  report: Report,
): GroupEntry[] {
  const singles: readonly GroupEntry[] = entry.kind === "fwmark"
    ? [entry]
    : addressesBetween(entry.first, entry.last).map((address) => ({ ...entry, first: address, last: address }));
  const free = singles.filter((single) => {
    const name = nameOf(single, server);
    const first = taken.get(name);
    if (first === undefined) taken.set(name, server.location);
    else {
      const message = `\`${name}\` belongs to another virtual server, so \`group ${server.group}\` goes without it`;
      report.add("duplicate-virtual-server", server.location, message, {
        related: [{ message: "first here", location: first }],
      });
    }
    return first === undefined;
  });
  return free.length === singles.length ? [entry] : free;
}

function serviceOf(server: VirtualServer): string {
  if (server.fwmark !== undefined) return `fwmark ${server.fwmark} ${server.family ?? ""}`.trimEnd();
  return `${server.protocol} ${server.address}:${server.port}`;
}

function nameOf(entry: GroupEntry, { protocol }: VirtualServer): string {
  if (entry.kind === "fwmark") return `fwmark ${entry.mark} ${entry.family ?? ""}`.trimEnd();
  return `${protocol} ${entry.first}:${entry.port}`;
}

/** The kernel takes a real server of the other family in tunnels only; keepalived leaves the virtual server out then. */
function checkFamilies(server: VirtualServer & { readonly members: readonly GroupEntry[] }, report: Report): void {
  const families = new Set(server.members.map(familyOfEntry).filter((family) => family !== undefined));
  for (const real of server.realServers) {
    const own = familyOf(real.address);
    if (real.forwardingMethod === "tun" || ![...families].some((family) => family !== own)) continue;
    const message = `real server \`${real.address}\` serves only the IPv${own} addresses of its group`;
    report.add("mixed-families", real.location, message, {
      help: "only `TUN` can take packets to the other family",
    });
  }
}

/** The kernel has services for all ports only with persistence. */
function persistenceOf(
  server: VirtualServer & { readonly members: readonly GroupEntry[] },
  report: Report,
): Partial<Pick<VirtualServer, "persistenceTimeoutSeconds">> {
  const isForAllPorts = server.members.some((entry) => entry.kind === "range" && entry.port === 0);
  if (!isForAllPorts || server.persistenceTimeoutSeconds > 0) return {};
  const message =
    `a group with an address without a port has persistence, ${DEFAULT_PERSISTENCE_SECONDS} seconds if not said`;
  report.add("default-used", server.location, message);
  return { persistenceTimeoutSeconds: DEFAULT_PERSISTENCE_SECONDS };
}
