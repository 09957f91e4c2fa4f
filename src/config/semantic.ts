// Checks that need more than one block: names, virtual router ids, addresses and services that are there twice, references to
// what is not there. What keepalived drops then, is dropped here.
import { familyOf, parseIp } from "../base/ip.ts";
import type { Checker, Config, RealServer, SourceLocation, VirtualServer, VrrpInstance } from "./config.ts";
import type { Rule, SyncGroup, TrackedItem, Tracking } from "./config_vrrp.ts";
import type { Report } from "./diagnostic.ts";
import type { Host } from "./host.ts";
import { nearMiss } from "./near_miss.ts";
import { lastNamed } from "./statement.ts";
import { valuePlace } from "./value_type.ts";
import { devicesOf, type InstanceDraft } from "./vrrp_instance.ts";
import { checkSyncDaemon } from "./sync_daemon.ts";
import { checkSyncFamilies } from "./sync_families.ts";
import { checkFollowing } from "./tracked_servers.ts";
import { withMembers } from "./group_members.ts";
import { haproxyTracker } from "./haproxy_config.ts";
import { isYaml } from "./yaml_shape.ts";

/** Everything that was read. */
export interface Whole {
  readonly config: Config;
  readonly instances: readonly InstanceDraft[];
  /** Undefined: the machine is not asked. */
  readonly host: Host | undefined;
}

/** Reports what the parts can't see for themselves. @returns the configuration without what keepalived drops */
export function checkWhole(whole: Whole, report: Report): Config {
  const { config, instances } = whole;
  checkNames(instances, report);
  checkVrids(instances, report);
  checkAddresses(instances, report);
  const virtualServers = mergeServices(config.virtualServers, report);
  checkServers(config, report);
  checkSyncDaemon(config, report);
  // With `dynamic_interfaces` one may come later: until then its instance is in fault.
  const mayComeLater = config.global.dynamicInterfaces !== undefined;
  const namespace = config.global.networkNamespace;
  const isAsked = instances.length > 0 && !mayComeLater;
  checkInterfaces(instances, isAsked ? whole.host?.interfaceNames(namespace) : undefined, report);
  for (const draft of instances) checkUnicast(draft, report);
  const connected = withoutDangling({ ...config, virtualServers }, report);
  checkSyncFamilies(connected, report);
  return withPreferences(checkFollowing(connected, report));
}

/** Rules without a preference count down from here (keepalived.conf(5), virtual_rules). */
const FIRST_PREFERENCE = 16_384;

function withPreferences(config: Config): Config {
  let next = FIRST_PREFERENCE;
  const numbered = <T extends Rule>(rule: T): T => {
    if (rule.options.some(([name]) => name === "preference")) return rule;
    return { ...rule, options: [...rule.options, ["preference", String(next--)]] };
  };
  return {
    ...config,
    staticRules: config.staticRules.map(numbered),
    vrrpInstances: config.vrrpInstances.map((instance) => ({ ...instance, rules: instance.rules.map(numbered) })),
  };
}

function checkNames(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, statement } of instances) {
    const place = valuePlace(statement);
    const before = first.add(name, place);
    if (before === undefined) continue;
    report.add("duplicate-name", place, `\`vrrp_instance ${name}\` is there twice`, {
      related: [{ message: "first here", location: before.location }],
      help: "give one of them another name",
    });
  }
}

/** RFC 9568 section 5.2.3: a virtual router is its VRID on one link and family. */
function checkVrids(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, statement, vrid, interface: device, family, instance } of instances) {
    const statementOfVrid = lastNamed(statement, "virtual_router_id");
    if (vrid === undefined || device === undefined || statementOfVrid === undefined) continue;
    const place = valuePlace(statementOfVrid);
    const before = first.add(`${linkOf(device, instance)} ${family} ${vrid}`, place, name);
    if (before === undefined) continue;
    report.add("duplicate-vrid", place, `\`virtual_router_id\` ${vrid} is used twice on ${device}`, {
      related: [{ message: `first used here, by \`${before.owner}\``, location: before.location }],
      help: "choose another number from 1 to 255 for one of them",
    });
  }
}

/** Instances with links of their own, or with peers of their own, don't hear one another. */
function linkOf(device: string, instance: VrrpInstance | undefined): string {
  if (instance === undefined) return device;
  const { link, vrid, unicastPeers, sourceAddress = "", sendsFromParent } = instance;
  const name = link === undefined || sendsFromParent ? device : link.name ?? `${device}.${vrid}`;
  return unicastPeers.length === 0
    ? name
    : `${name} from ${sourceAddress} to ${unicastPeers.map(({ address }) => address)}`;
}

/**
 * Two instances must not move the same address on one device. Within one instance keepalived takes and advertises both,
 * and so must we: routers of one group compare their lists.
 */
function checkAddresses(instances: readonly InstanceDraft[], report: Report): void {
  const first = new FirstPlaces();
  for (const { name, instance } of instances) {
    for (const entry of [...instance?.virtualAddresses ?? [], ...instance?.excludedAddresses ?? []]) {
      const isOnLink = entry.device === instance?.interface;
      const device = isOnLink ? linkOf(entry.device, { ...instance, unicastPeers: [] }) : entry.device;
      const before = first.add(`${entry.address} ${device}`, entry.location, name);
      if (before === undefined) continue;
      const code = before.owner === name ? "repeated-address" : "duplicate-address";
      report.add(code, entry.location, `virtual address \`${entry.address}\` is there twice on ${entry.device}`, {
        related: [{ message: `first used here, by \`${before.owner}\``, location: before.location }],
        help: "remove one of them",
      });
    }
  }
}

/** The kernel has each service once, so that the second one's servers come to those of the first. */
function mergeServices(virtualServers: readonly VirtualServer[], report: Report): VirtualServer[] {
  const first = new Map<string, VirtualServer>();
  for (const server of virtualServers) {
    const key = `${server.name} ${server.family ?? ""}`;
    const before = first.get(key);
    if (before !== undefined) {
      const message = `virtual server \`${server.name}\` is there twice, so its real servers are added to the first`;
      report.add("duplicate-virtual-server", server.location, message, {
        related: [{ message: "first here", location: before.location }],
        help: "put the real servers of both into one",
      });
    }
    first.set(key, before === undefined ? server : withServersOf(before, server));
  }
  return [...first.values()];
}

function withServersOf(server: VirtualServer, other: VirtualServer): VirtualServer {
  const known = new Set(server.realServers.map(({ address, port }) => `${address} ${port}`));
  const more = other.realServers.filter(({ address, port }) => !known.has(`${address} ${port}`));
  return { ...server, realServers: [...server.realServers, ...more] };
}

/** A real server that is a virtual address of this machine would get its own packets back. */
function checkServers({ vrrpInstances, virtualServers }: Config, report: Report): void {
  const virtual = new Map<string, SourceLocation>();
  for (const { virtualAddresses, excludedAddresses } of vrrpInstances) {
    for (const entry of [...virtualAddresses, ...excludedAddresses]) virtual.set(entry.address, entry.location);
  }
  for (const server of virtualServers) {
    const family = server.address === "" ? server.family : familyOf(server.address);
    for (const real of server.realServers) {
      const location = virtual.size === 0 ? undefined : virtual.get(real.address);
      if (location !== undefined) {
        report.add(
          "server-is-virtual-address",
          real.location,
          `real server \`${real.address}\` is a virtual address, too`,
          {
            related: [{ message: "moved by VRRP here", location }],
          },
        );
      }
      const isMixed = family !== undefined && familyOf(real.address) !== family && server.forwardingMethod !== "tun";
      if (isMixed && real.forwardingMethod !== "tun") {
        const message = `real server \`${real.address}\` is not an IPv${family} address like its virtual server`;
        report.add("mixed-families", real.location, message, {
          help: "only `TUN` can take packets to the other family",
        });
      }
    }
  }
}

// --- interfaces ---

function checkInterfaces(
  instances: readonly InstanceDraft[],
  names: readonly string[] | undefined,
  report: Report,
): void {
  const known = names && new Set(names);
  const check = (location: SourceLocation, name: string): void => {
    if (parseIp(name) !== undefined) {
      const help = "write the name of the device that has this address";
      return report.add("unknown-interface", location, `\`${name}\` is an address, not an interface`, { help });
    }
    if (known === undefined || known.has(name)) return;
    report.add("unknown-interface", location, `interface \`${name}\` does not exist`, {
      help: helpForInterface(name, names ?? []),
    });
  };
  for (const { interface: device, statement } of instances) {
    const place = lastNamed(statement, "interface");
    if (device === "lo" && place !== undefined) {
      report.add("missing-interface", valuePlace(place), "VRRP can't run on the loopback interface");
    } else if (device !== undefined && place !== undefined) check(valuePlace(place), device);
    for (const token of devicesOf(statement)) if (token !== undefined) check(token, token.text);
  }
}

function helpForInterface(name: string, names: readonly string[]): string | undefined {
  const near = nearMiss(name, names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 8).map((known) => `\`${known}\``).join(", ");
  return `this host has ${shown}${names.length > 8 ? " and others" : ""}`;
}

// --- one instance ---

/** keepalived then uses multicast, and calls that deprecated. */
function checkUnicast({ instance, name, statement }: InstanceDraft, report: Report): void {
  if (instance === undefined) return;
  const place = ["unicast_src_ip", "unicast_ttl", "check_unicast_src", "old_unicast_checksum"].map((keyword) =>
    lastNamed(statement, keyword)
  ).find((found) => found !== undefined);
  if (place !== undefined && instance.unicastPeers.length === 0 && !instance.faultWithoutPeer) {
    const message = `\`${name}\` has \`${place.keyword.text}\` but no \`unicast_peer\`, so it uses multicast`;
    report.add("value-ignored", place.keyword, message, { help: "add `unicast_peer`" });
  }
  const isMacvlan = instance.link?.type === "macvlan";
  const promotion = lastNamed(statement, "promote_secondaries");
  const linkPlace = lastNamed(statement, "use_vmac")?.keyword ?? statement.keyword;
  if (isMacvlan && instance.unicastPeers.length > 0 && !instance.sendsFromParent) {
    report.add("default-used", linkPlace, "unicast with `use_vmac` needs `vmac_xmit_base`, so it is used");
  }
  if (isMacvlan && promotion !== undefined) {
    report.add("value-ignored", promotion.keyword, "`promote_secondaries` is ignored: with `use_vmac` it is always on");
  }
}

/** A VMAC has its own rules: unicast leaves by its parent, and its addresses are promoted anyway. */
function withLinkOfItsOwn(
  { link, sendsFromParent, unicastPeers, promotesSecondaries }: VrrpInstance,
): Pick<VrrpInstance, "sendsFromParent" | "promotesSecondaries"> {
  if (link?.type !== "macvlan") return { sendsFromParent, promotesSecondaries };
  return { sendsFromParent: sendsFromParent || unicastPeers.length > 0, promotesSecondaries: false };
}

/** Settings for unicast have no effect with multicast. */
function withoutUnicast(instance: VrrpInstance): VrrpInstance {
  if (instance.unicastPeers.length > 0 || instance.faultWithoutPeer) return instance;
  const { oldUnicastChecksum: _, ...rest } = instance;
  return { ...rest, unicastTtl: 255, checksUnicastSource: false };
}

// --- references ---

/** Removes what refers to something that is not there, with a message. */
function withoutDangling(config: Config, report: Report): Config {
  const names = (entries: readonly { readonly name: string }[]): ReadonlySet<string> =>
    new Set(entries.map(({ name }) => name));
  const places = (entries: readonly { readonly name: string; readonly location: SourceLocation }[]): Known["scripts"] =>
    new Map(entries.map(({ name, location }) => [name, location]));
  const known: Known = {
    scripts: places(config.scripts),
    files: places(config.trackedFiles),
    processes: places([...config.trackedProcesses, ...haproxyTracker(config, report)]),
    bfd: places(config.bfdInstances.filter(({ forVrrp }) => forVrrp)),
  };
  const instances = names(config.vrrpInstances);
  const syncGroups = config.syncGroups.map((group) => checkGroup(group, { instances, known }, report))
    .filter((group) => group !== undefined);
  checkMemberships(syncGroups, report);
  const groups = names(config.virtualServerGroups);
  checkFollowed(config, report);
  return {
    ...config,
    vrrpInstances: config.vrrpInstances.map(withoutUnicast).map((instance) => ({
      ...instance,
      ...withLinkOfItsOwn(instance),
      tracking: checkTracking({ ...instance, owner: instance }, known, report),
    })),
    syncGroups,
    trackGroups: config.trackGroups.map((group) => ({
      ...group,
      members: group.members.filter((member) =>
        isKnown(member, { known: instances, what: "vrrp_instance", group }, report)
      ),
    })),
    virtualServers: withMembers(
      config.virtualServers.filter((server) => {
        if (server.group === undefined || groups.has(server.group)) return true;
        const message = `\`virtual_server_group ${server.group}\` is not there, so this virtual server is left out`;
        report.add("unknown-reference", server.location, message, { help: helpNear(server.group, groups) });
        return false;
      }).map((server) => checkCheckers(server, config, report)),
      config,
      report,
    ),
  };
}

/** Static addresses, routes and rules whose `track_group` is not there stay when somebody deletes them. */
function checkFollowed(config: Config, report: Report): void {
  const known = new Set(config.trackGroups.map(({ name }) => name));
  for (const { trackGroup, location } of [...config.staticAddresses, ...config.staticRoutes, ...config.staticRules]) {
    if (trackGroup === undefined || known.has(trackGroup)) continue;
    const message = `\`track_group ${trackGroup}\`, which this line names, is not there`;
    report.add("unknown-reference", location, message, { help: helpNear(trackGroup, known) });
  }
}

/** Names with the places where they are defined. */
type Known = Readonly<Record<"scripts" | "files" | "processes" | "bfd", ReadonlyMap<string, SourceLocation>>>;

/** keepalived looks for a name when it reads the line that mentions it; the order of a YAML file says nothing. */
function standsBelow(definition: SourceLocation, mention: SourceLocation): boolean {
  return definition.file === mention.file && definition.line > mention.line && !isYaml(mention.file);
}

const KEYWORDS = { scripts: "vrrp_script", files: "track_file", processes: "vrrp_track_process", bfd: "bfd_instance" };

function checkTracking(
  { name, tracking, owner }: { name: string; tracking: Tracking; owner?: VrrpInstance },
  known: Known,
  report: Report,
): Tracking {
  const keep = (list: keyof Known): TrackedItem[] =>
    tracking[list].filter((item) => {
      const definition = known[list].get(item.name);
      if (definition !== undefined && !standsBelow(definition, item.location)) return true;
      if (definition !== undefined) {
        const message = `\`${KEYWORDS[list]} ${item.name}\` stands below \`${name}\`, so it is not tracked`;
        report.add("unknown-reference", item.location, message, {
          related: [{ message: "move this up", location: definition }],
        });
        return false;
      }
      const message = `\`${KEYWORDS[list]} ${item.name}\`, which \`${name}\` tracks, is not there`;
      report.add("unknown-reference", item.location, message, { help: helpNear(item.name, known[list].keys()) });
      return false;
    });
  const interfaces = tracking.interfaces.filter((item) => {
    const isOwn = owner !== undefined && item.name === owner.interface && !owner.ignoresInterfaceState;
    if (!isOwn || (item.weight ?? 0) !== 0) return true;
    report.add("own-interface-tracked", item.location, `\`${name}\` tracks its own interface anyway`, {
      help: "remove this line",
    });
    return false;
  });
  return {
    ...tracking,
    interfaces,
    scripts: keep("scripts"),
    files: keep("files"),
    processes: keep("processes"),
    bfd: keep("bfd"),
  };
}

function checkGroup(
  group: SyncGroup,
  { instances, known }: { instances: ReadonlySet<string>; known: Known },
  report: Report,
): SyncGroup | undefined {
  const members = group.members.filter((member) =>
    isKnown(member, { known: instances, what: "vrrp_instance", group }, report)
  );
  if (members.length === 0) {
    report.add("group-too-small", group.location, `sync group \`${group.name}\` has no instance, so it is left out`, {
      help: "name instances in `group { }`",
    });
    return undefined;
  }
  if (members.length === 1) {
    report.add("group-too-small", group.location, `sync group \`${group.name}\` has one instance only`);
  }
  return { ...group, members, tracking: checkTracking(group, known, report) };
}

function checkMemberships(groups: readonly SyncGroup[], report: Report): void {
  const first = new FirstPlaces();
  for (const group of groups) {
    for (const member of group.members) {
      const before = first.add(member, group.location, group.name);
      if (before === undefined || before.owner === group.name) continue;
      report.add("group-twice", group.location, `\`${member}\` is in two sync groups`, {
        related: [{ message: `first in \`${before.owner}\``, location: before.location }],
      });
    }
  }
}

function isKnown(
  name: string,
  { known, what, group }: {
    known: ReadonlySet<string>;
    what: string;
    group: { name: string; location: SourceLocation };
  },
  report: Report,
): boolean {
  if (known.has(name)) return true;
  report.add("unknown-reference", group.location, `\`${what} ${name}\`, which \`${group.name}\` names, is not there`, {
    help: helpNear(name, known),
  });
  return false;
}

/** Checkers that ask a tracked file or a BFD session which is not there are left out; the others learn what it says. */
function checkCheckers(server: VirtualServer, config: Config, report: Report): VirtualServer {
  if (!server.realServers.some(({ checkers }) => checkers.some(({ type }) => type === "bfd" || type === "file"))) {
    return server;
  }
  const files = new Map(config.trackedFiles.map((file) => [file.name, file]));
  const sessions = new Set(config.bfdInstances.filter(({ forCheckers }) => forCheckers).map(({ name }) => name));
  const resolve = (real: RealServer, checker: Checker): Checker[] => {
    if (checker.type !== "file" && checker.type !== "bfd") return [checker];
    const [what, name] = checker.type === "file" ? ["track_file", checker.file] : ["bfd_instance", checker.instance];
    const file = files.get(name);
    if (checker.type === "bfd" && sessions.has(name)) return [checker];
    if (checker.type === "file" && file !== undefined) {
      const weight = Number.isNaN(checker.weight.weight)
        ? { weight: file.weight, reverse: file.reverse }
        : checker.weight;
      return [{ ...checker, path: file.path, weight }];
    }
    const message = `\`${what} ${name}\`, which a checker of \`${real.address}\` asks, is not there`;
    const known = checker.type === "file" ? files.keys() : sessions;
    report.add("unknown-reference", real.location, message, { help: helpNear(name, known) });
    return [];
  };
  const realServers = server.realServers.map((real) => ({
    ...real,
    checkers: real.checkers.flatMap((checker) => resolve(real, checker)),
  }));
  return { ...server, realServers };
}

function helpNear(name: string, known: Iterable<string>): string | undefined {
  const near = nearMiss(name, known);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
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
