// `vrrp_instance`: its keywords to a `VrrpInstance` and back, with keepalived's defaults and corrections. Sees no other one.
import type { Family } from "../base/ip.ts";
import { deviceOf, familyOfLine, printAddress, readAddressLine } from "./address_line.ts";
import { printAuthentication, printHmac, readAuthentication, readHmac } from "./authentication.ts";
import type { VirtualAddress, VrrpInstance } from "./config.ts";
import type { Peer } from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import {
  type Complete,
  definedOnly,
  field,
  type Fields,
  type Given,
  type Printed,
  printFields,
  readFields,
} from "./fields.ts";
import { extraAnnouncements, GARP_FIELDS, type GlobalDefs, scheduleFrom, vrrpVersion } from "./global_defs.ts";
import { keywordIn } from "./keywords.ts";
import { nearMiss } from "./near_miss.ts";
import { printRoute, printRule, readRoute, readRule } from "./route_line.ts";
import { childrenNamed, headOf, lastNamed, type Statement } from "./statement.ts";
import { nameOf, printNotifications, printTracking, readNotifications, readTracking } from "./tracking.ts";
import { valuePlace } from "./value_type.ts";
import { toTheLetter } from "./strict_mode.ts";
import { boolean, decimal, flag, flagFor, integer, interfaceName, ip, oneOf, seconds } from "./values.ts";
import { optional, virtualLink } from "./values_composite.ts";

/** Keywords that set one property each, as it stands in the configuration. */
export const INSTANCE_FIELDS = {
  interface: field("interface", interfaceName),
  virtual_router_id: field("vrid", integer({ min: 1, max: 255 })),
  vrf: field("vrf", interfaceName),
  native_ipv6: field("nativeIpv6", flag),
  mcast_src_ip: field("sourceAddress", ip),
  unicast_src_ip: field("sourceAddress", ip),
  track_src_ip: field("tracksSourceAddress", flag),
  mcast_dst_ip: field("multicastGroup", ip),
  unicast_fault_no_peer: field("faultWithoutPeer", flag),
  unicast_ttl: field("unicastTtl", integer({ min: 0, max: 255 })),
  check_unicast_src: field("checksUnicastSource", flag),
  old_unicast_checksum: field("oldUnicastChecksum", optional(oneOf<"always" | "never">({ never: "never" }), "always")),
  v3_checksum_as_v2: field("version3ChecksumAsVersion2", boolean),
  down_timer_adverts: field("downTimerAdverts", integer({ min: 1, max: 100 })),
  timer_expired_backup: field("timerExpiredBackup", optional(integer({ min: 1, max: 254 }), 254)),
  thread_timer_expired: field("timerExpiredBackup", optional(integer({ min: 1, max: 254 }), 254)),
  owner_ignore_adverts: field("ownerIgnoresAdverts", boolean),
  strict_mode: field("strict", boolean),
  accept: field("acceptMode", flag),
  no_accept: field("acceptMode", flagFor(false)),
  lower_prio_no_advert: field("silentTowardsLower", boolean),
  higher_prio_send_advert: field("advertisesBeforeGivingWay", boolean),
  skip_check_adv_addr: field("skipsAddressCheck", boolean),
  debug: field("debugLevel", integer({ min: 0, max: 4 })),
  kernel_rx_buf_size: field("receiveBufferBytes", integer({ min: 0, max: 4_294_967_295 }, "BYTES")),
  smtp_alert: field("mails", boolean),
  notify_priority_changes: field("notifiesPriorityChanges", boolean),
  lvs_sync_daemon_interface: field("syncDaemonInterface", interfaceName),
  linkbeat_use_polling: field("pollsLink", flag),
  promote_secondaries: field("promotesSecondaries", flag),
  use_vmac_addr: field("linksOtherDevices", flag),
  vmac_xmit_base: field("sendsFromParent", flag),
  garp_extra_if: field("extraAnnouncements", extraAnnouncements(0)),
  vmac_garp_intvl: field("extraAnnouncements", extraAnnouncements(0)),
  no_virtual_ipaddress: field("hasNoAddress", flag),
  dont_track_primary: field("ignoresInterfaceState", flag),
} satisfies Fields;

/** Keywords whose values depend on one another. */
export const ELECTION_FIELDS = {
  state: field("state", oneOf<"master" | "backup">({ MASTER: "master", BACKUP: "backup" })),
  priority: field("priority", integer({ min: 1, max: 255 })),
  version: field("version", vrrpVersion),
  advert_int: field("advertisementIntervalUs", seconds({ min: 0.01, max: 255, as: "us" })),
  preempt: field("preemptMode", flag),
  nopreempt: field("preemptMode", flagFor(false)),
  preempt_delay: field("preemptDelayUs", seconds({ min: 0, max: 1000, as: "us" })),
} satisfies Fields;

/** Keywords for a link of its own. */
export const LINK_FIELDS = {
  use_vmac: field("macvlan", virtualLink),
  use_ipvlan: field("ipvlan", virtualLink),
} satisfies Fields;

/** An instance with the places that checks across instances point at. */
export interface InstanceDraft {
  readonly name: string;
  readonly statement: Statement;
  readonly family: Family;
  readonly interface?: string | undefined;
  readonly vrid?: number | undefined;
  /** Undefined when something that it can't be without is missing or wrong. */
  readonly instance?: VrrpInstance;
}

type Election = Given<typeof ELECTION_FIELDS>;
type Plain = Given<typeof INSTANCE_FIELDS>;

/** Reads one instance; undefined when it has no name. */
export function readVrrpInstance(statement: Statement, globals: GlobalDefs, report: Report): InstanceDraft | undefined {
  const name = nameOf(statement, report);
  if (name === undefined || statement.block === undefined) return undefined;
  const plain = readFields(statement, INSTANCE_FIELDS, report);
  const given = readFields(statement, ELECTION_FIELDS, report);
  const link = linkOf(readFields(statement, LINK_FIELDS, report));
  const { nativeIpv6, ...settings } = plain;
  const { family, ...addresses } = readAddresses(statement, { device: plain.interface ?? "", nativeIpv6 }, report);
  const version = versionOf(statement, { given, globals, family }, report);
  checkRequired(statement, { name, hasInterface: plain.vrf !== undefined || link !== undefined }, report);
  checkNoAddress(statement, { name, version, plain }, report);
  const priority = priorityOf(given);
  const strict = settings.strict ?? globals.strict;
  const authentication = readAuthentication(statement, { version, strict }, report);
  const hmac = readHmac(statement, { version, intervalUs: given.advertisementIntervalUs ?? SECOND_US }, report);
  const unicastPeers = readPeers(statement, family, report);
  const tracking = readTracking(statement, report);
  const notifications = readNotifications(statement, report);
  const routes = linesOf(statement, "virtual_routes").map((line) => readRoute(line, report)).filter(isDefined);
  const rules = linesOf(statement, "virtual_rules").map((line) => readRule(line, report)).filter(isDefined);
  const advertisementIntervalUs = readAdvertisementInterval(statement, { given, version }, report);
  const election = electionOf(statement, { given, strict, authentication: authentication?.type }, report);
  const draft = { name, statement, family, interface: plain.interface, vrid: plain.vrid };
  if (plain.vrid === undefined || (plain.interface === undefined && plain.vrf === undefined && link === undefined)) {
    return draft;
  }
  const instance: VrrpInstance = {
    name,
    interface: plain.interface ?? "",
    vrid: plain.vrid,
    version,
    ...election,
    advertisementIntervalUs,
    ...instanceDefaults(globals, { priority, strict }),
    ...settings,
    family,
    hasNoAddress: addresses.virtualAddresses.length === 0,
    ...definedOnly({ authentication, hmac, link }),
    ...addresses,
    unicastPeers,
    tracking,
    notifications,
    routes,
    rules,
    gratuitousArp: scheduleFrom(globals.gratuitousArp, readFields(statement, GARP_FIELDS, report)),
    location: placeOf(headOf(statement)),
  };
  return { ...draft, instance: toTheLetter(statement, withExpiry(statement, instance, report), report) };
}

/** A master that becomes backup because it was late must not take over again at once, so keepalived asks for `nopreempt`. */
function withExpiry(statement: Statement, instance: VrrpInstance, report: Report): VrrpInstance {
  const { timerExpiredBackup, ...others } = instance;
  if (timerExpiredBackup === undefined || !instance.preemptMode) return instance;
  const place = lastNamed(statement, "timer_expired_backup") ?? lastNamed(statement, "thread_timer_expired");
  if (place !== undefined) {
    report.add("value-ignored", place.keyword, `\`${place.keyword.text}\` is ignored: it needs \`nopreempt\``);
  }
  return others;
}

/** Writes an instance. */
export function printVrrpInstance(instance: VrrpInstance, globals: GlobalDefs): Printed {
  const { family, virtualAddresses, excludedAddresses } = instance;
  const firstFamily = virtualAddresses[0] === undefined ? 4 : virtualAddresses[0].address.includes(":") ? 6 : 4;
  const device = instance.interface;
  const list = (keyword: string, block: readonly Printed[]): Printed[] =>
    block.length === 0 ? [] : [{ keyword, words: [], block }];
  const plain: Plain = {
    ...instance,
    ...(family === 6 && firstFamily === 4 ? { nativeIpv6: true } : {}),
    ...(device === "" ? { interface: undefined as never } : {}),
  };
  const defaults = instanceDefaults(globals, instance) as Plain;
  const block = [
    ...printFields(plain, defaults, INSTANCE_FIELDS),
    ...printElection(instance, globals),
    ...printLink(instance),
    ...printAuthentication(instance),
    ...printHmac(instance),
    ...printFields(instance.gratuitousArp, globals.gratuitousArp, GARP_FIELDS),
    ...list("unicast_peer", instance.unicastPeers.map(printPeer)),
    ...list("virtual_ipaddress", virtualAddresses.map((entry) => printAddress(entry, { device }))),
    ...list("virtual_ipaddress_excluded", excludedAddresses.map((entry) => printAddress(entry, { device }))),
    ...list("virtual_routes", instance.routes.map(printRoute)),
    ...list("virtual_rules", instance.rules.map(printRule)),
    ...printTracking(instance.tracking),
    ...printNotifications(instance.notifications),
  ];
  return { keyword: "vrrp_instance", words: [instance.name], block };
}

type Defaults = Omit<Complete<typeof INSTANCE_FIELDS>, OptionalProperty>;
type OptionalProperty =
  | "interface"
  | "vrid"
  | "vrf"
  | "nativeIpv6"
  | "sourceAddress"
  | "multicastGroup"
  | "oldUnicastChecksum"
  | "timerExpiredBackup"
  | "receiveBufferBytes"
  | "syncDaemonInterface";

/** What counts when an instance does not say it. */
function instanceDefaults(
  globals: GlobalDefs,
  { priority, strict }: Pick<VrrpInstance, "priority" | "strict">,
): Defaults {
  return {
    tracksSourceAddress: false,
    faultWithoutPeer: false,
    unicastTtl: 255,
    checksUnicastSource: globals.checksUnicastSource,
    version3ChecksumAsVersion2: globals.version3ChecksumAsVersion2,
    downTimerAdverts: globals.downTimerAdverts,
    ownerIgnoresAdverts: globals.ownerIgnoresAdverts ?? strict,
    strict: globals.strict,
    acceptMode: !strict || priority === 255,
    silentTowardsLower: globals.silentTowardsLower,
    advertisesBeforeGivingWay: globals.advertisesBeforeGivingWay,
    skipsAddressCheck: globals.skipsAddressCheck,
    debugLevel: 0,
    mails: globals.mailsForVrrp ?? globals.mails ?? false,
    notifiesPriorityChanges: globals.notifiesPriorityChanges,
    pollsLink: globals.pollsLinks ?? false,
    promotesSecondaries: false,
    linksOtherDevices: false,
    sendsFromParent: false,
    extraAnnouncements: globals.extraAnnouncements,
    hasNoAddress: false,
    ignoresInterfaceState: false,
  };
}

// --- addresses ---

/** The count of addresses in an advertisement is one byte (RFC 9568 section 5.2.5). */
const MAX_ADVERTISED = 255;

/** keepalived moves the addresses that an advertisement has no room for to the excluded ones. */
function readAddresses(
  statement: Statement,
  { device, nativeIpv6 }: { device: string; nativeIpv6: boolean | undefined },
  report: Report,
): Pick<VrrpInstance, "virtualAddresses" | "excludedAddresses" | "family"> {
  const advertised = linesOf(statement, "virtual_ipaddress");
  const excluded = linesOf(statement, "virtual_ipaddress_excluded");
  const family: Family = nativeIpv6 ? 6 : familyOfLine(advertised[0]);
  const read = (line: Statement): VirtualAddress | undefined => readAddressLine(line, { device }, report);
  const addresses = advertised.map(read).filter(isDefined).filter((entry) => isOfFamily(entry, family, report));
  const [surplus] = addresses.slice(MAX_ADVERTISED);
  if (surplus !== undefined) {
    const message = `only ${MAX_ADVERTISED} addresses fit into an advertisement, so it has none from here on`;
    report.add("value-cut", surplus.location, message, { help: "move them to `virtual_ipaddress_excluded`" });
  }
  return {
    family,
    virtualAddresses: addresses.slice(0, MAX_ADVERTISED),
    excludedAddresses: [...addresses.slice(MAX_ADVERTISED), ...excluded.map(read).filter(isDefined)],
  };
}

function isOfFamily(entry: VirtualAddress, family: Family, report: Report): boolean {
  if (entry.address.includes(":") === (family === 6)) return true;
  report.add(
    "mixed-families",
    entry.location,
    `\`${entry.address}\` is not an IPv${family} address like the first one`,
    {
      help: "move it to `virtual_ipaddress_excluded`, or write an instance for each family",
    },
  );
  return false;
}

/** Devices that the addresses of an instance name. */
export function devicesOf(statement: Statement): ReturnType<typeof deviceOf>[] {
  return ["virtual_ipaddress", "virtual_ipaddress_excluded"].flatMap((list) => linesOf(statement, list)).map(deviceOf);
}

/** All lines of all lists of that name. */
export function linesOf(statement: Statement, list: string): Statement[] {
  return childrenNamed(statement, list).flatMap((child) => child.block?.statements ?? []);
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}

// --- unicast ---

function readPeers(statement: Statement, family: Family, report: Report): Peer[] {
  return linesOf(statement, "unicast_peer").map((line) => readPeer(line, family, report)).filter(isDefined);
}

const ttl = integer({ min: 0, max: 255 });

/** `ADDRESS [min_ttl N] [max_ttl N]`. */
function readPeer(line: Statement, family: Family, report: Report): Peer | undefined {
  const address = ip.read({ ...line, args: [line.keyword] }, report);
  if (address === undefined) return undefined;
  if (address.includes(":") !== (family === 6)) {
    report.add("mixed-families", line.keyword, `peer \`${address}\` is not an IPv${family} address`);
    return undefined;
  }
  const isOption = /^(min|max)_ttl$/;
  const stranger = line.args.find(({ text }, at) =>
    !isOption.test(text) && !isOption.test(line.args[at - 1]?.text ?? "")
  );
  if (stranger !== undefined) {
    report.add("invalid-value", stranger, `\`${stranger.text}\` is not an option of a peer`, {
      help: "each peer has a line of its own; `min_ttl NUMBER` and `max_ttl NUMBER` can follow",
    });
  }
  const option = (name: string): number | undefined => {
    const at = line.args.findIndex(({ text }) => text === name);
    const keyword = line.args[at];
    const value = line.args[at + 1];
    return keyword && ttl.read({ ...line, keyword, args: value === undefined ? [] : [value] }, report);
  };
  return { address, ...definedOnly({ minTtl: option("min_ttl"), maxTtl: option("max_ttl") }) };
}

function printPeer({ address, minTtl, maxTtl }: Peer): Printed {
  const words = [
    ...(minTtl === undefined ? [] : ["min_ttl", String(minTtl)]),
    ...(maxTtl === undefined ? [] : ["max_ttl", String(maxTtl)]),
  ];
  return { keyword: address, words };
}

function linkOf({ macvlan, ipvlan }: Given<typeof LINK_FIELDS>): VrrpInstance["link"] {
  if (ipvlan !== undefined) return { type: "ipvlan", ...ipvlan };
  return macvlan && { type: "macvlan", ...macvlan };
}

function printLink({ link }: VrrpInstance): Printed[] {
  if (link === undefined) return [];
  return [{ keyword: link.type === "macvlan" ? "use_vmac" : "use_ipvlan", words: virtualLink.print(link) ?? [] }];
}

// --- what an instance can't be without ---

function misspelt(statement: Statement, name: string): Statement | undefined {
  return statement.block?.statements.find(({ keyword: { text } }) =>
    keywordIn("vrrp_instance", text) === undefined && nearMiss(text, [name]) !== undefined
  );
}

function checkRequired(
  statement: Statement,
  { name, hasInterface }: { name: string; hasInterface: boolean },
  report: Report,
): void {
  const require = (keyword: string, code: "missing-vrid" | "missing-interface", help: string): void => {
    const wrong = childrenNamed(statement, keyword).at(-1) ?? misspelt(statement, keyword);
    if (wrong !== undefined && report.hasErrorAt(wrong.keyword)) return;
    const place = wrong?.keyword ?? headOf(statement);
    report.add(code, place, `\`${name}\` has no \`${keyword}\``, { help });
  };
  if (readQuietly(statement, "virtual_router_id", report) === undefined) {
    const help = "with a number from 1 to 255 that no other router group on this network uses";
    require("virtual_router_id", "missing-vrid", `add \`virtual_router_id\` ${help}`);
  }
  if (!hasInterface && readQuietly(statement, "interface", report) === undefined) {
    require("interface", "missing-interface", "add `interface` with the device that advertisements are sent on");
  }
}

/** Whether a keyword has a good value, without saying again what is wrong with it. */
function readQuietly(statement: Statement, keyword: "interface" | "virtual_router_id", report: Report): unknown {
  return childrenNamed(statement, keyword).map((child) => INSTANCE_FIELDS[keyword].type.read(child, report.silent()))
    .findLast(isDefined);
}

function checkNoAddress(
  statement: Statement,
  { name, version, plain }: { name: string; version: 2 | 3; plain: Plain },
  report: Report,
): void {
  const isMeant = plain.hasNoAddress === true || misspelt(statement, "virtual_ipaddress") !== undefined;
  if (isMeant || linesOf(statement, "virtual_ipaddress").length > 0) return;
  const code = version === 3 ? "no-virtual-address-version-3" : "no-virtual-address";
  report.add(code, valuePlace(statement), `\`${name}\` has no virtual address`, {
    help: "add `virtual_ipaddress`, or `no_virtual_ipaddress` if that is meant",
  });
}

// --- version, priority and intervals ---

/** IPv6 has version 3 only (RFC 9568). */
function versionOf(
  statement: Statement,
  { given, globals, family }: { given: Election; globals: GlobalDefs; family: Family },
  report: Report,
): 2 | 3 {
  if (family === 4) return given.version ?? globals.vrrpVersion;
  const place = lastNamed(statement, "version");
  if (given.version === 2 && place !== undefined) {
    report.add("value-ignored", valuePlace(place), "`version 2` is ignored: IPv6 has version 3 only");
  }
  return 3;
}

function priorityOf({ priority, state }: Election): number {
  return priority ?? (state === "master" ? 255 : 100);
}

/** Priority 255 is the address owner: it always preempts, and always starts as master. */
function electionOf(
  statement: Statement,
  { given, strict, authentication }: { given: Election; strict: boolean; authentication: string | undefined },
  report: Report,
): Pick<VrrpInstance, "priority" | "initialState" | "preemptMode" | "preemptDelayUs"> {
  const priority = priorityOf(given);
  const wanted = given.state ?? (priority === 255 ? "master" : "backup");
  const ownersOnly = strict ? "in strict mode" : authentication === "ah" ? "with `auth_type AH`" : undefined;
  const initialState = ownersOnly !== undefined && priority !== 255 ? "backup" : wanted;
  const state = lastNamed(statement, "state");
  if (initialState !== wanted && state !== undefined) {
    report.add("value-ignored", valuePlace(state), `${ownersOnly} only the address owner starts as master`, {
      help: "write `priority 255`, or `state BACKUP`",
    });
  }
  const ignore = (keyword: string, message: string, help?: string): void => {
    const place = lastNamed(statement, keyword);
    if (place !== undefined) report.add("value-ignored", valuePlace(place), message, { help });
  };
  if (given.preemptMode === false && priority === 255) {
    ignore("nopreempt", "`nopreempt` is ignored: priority 255 always preempts");
  }
  const delayUs = given.preemptDelayUs ?? 0;
  if (delayUs > 0 && initialState === "master") {
    ignore("preempt_delay", "`preempt_delay` is ignored with `state MASTER`", "write `state BACKUP`");
  }
  return {
    priority,
    initialState,
    preemptMode: (given.preemptMode ?? true) || priority === 255,
    preemptDelayUs: initialState === "master" ? 0 : delayUs,
  };
}

function printElection(instance: VrrpInstance, globals: GlobalDefs): Printed[] {
  const usualVersion = instance.family === 6 ? 3 : globals.vrrpVersion;
  const given = { ...instance, state: instance.initialState };
  const defaults: Election = {
    version: usualVersion,
    state: instance.priority === 255 ? "master" : "backup",
    advertisementIntervalUs: SECOND_US,
    preemptMode: true,
    preemptDelayUs: 0,
  };
  return printFields(given, defaults, ELECTION_FIELDS);
}

const SECOND_US = 1_000_000;
const CENTISECOND_US = 10_000;
/** Max Advertise Interval of version 3 has 12 bits of centiseconds (RFC 9568 section 5.2.7). */
const MAX_VERSION_3_US = 4095 * CENTISECOND_US;

/** Version 2 has whole seconds, version 3 centiseconds up to 40.95 s. */
function readAdvertisementInterval(
  statement: Statement,
  { given, version }: { given: Election; version: 2 | 3 },
  report: Report,
): number {
  const intervalUs = given.advertisementIntervalUs;
  const place = lastNamed(statement, "advert_int");
  if (intervalUs === undefined || place === undefined) return SECOND_US;
  const step = version === 2 ? SECOND_US : CENTISECOND_US;
  const nearest = Math.max(step, Math.round(intervalUs / step) * step);
  const interval = version === 2 ? nearest : Math.min(nearest, MAX_VERSION_3_US);
  if (interval === intervalUs) return interval;
  const rule = version === 2
    ? "VRRP version 2 has whole seconds only"
    : "VRRP version 3 has hundredths of a second, up to 40.95";
  const message = `\`advert_int\` ${decimal(intervalUs / SECOND_US)} becomes ${interval / SECOND_US}: ${rule}`;
  report.add("value-rounded", valuePlace(place), message, {
    help: version === 2 ? "write `version 3` for shorter intervals, on all routers of the group" : undefined,
  });
  return interval;
}
