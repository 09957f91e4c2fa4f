// What a reload does: the difference between two configurations, object by object, in keepalived.conf's words. Compares data
// only; knows nothing of what runs, so what it says about masters and connections holds where there are any.
import { same } from "../base/same.ts";
import { CONNECTION_FIELDS } from "./checkers.ts";
import type { Checker, Config, RealServer, VirtualAddress, VirtualServer, VrrpInstance } from "./config.ts";
import type { Route, Rule } from "./config_vrrp.ts";
import { routeText, ruleText } from "./routing_parts.ts";
import type { Fields } from "./fields.ts";
import { GLOBAL_FIELDS } from "./global_defs.ts";
import { OWN_GLOBAL_FIELDS, OWN_REAL_SERVER_FIELDS, OWN_VIRTUAL_SERVER_FIELDS } from "./own_keywords.ts";
import { REAL_SERVER_FIELDS } from "./real_server.ts";
import { SERVER_FIELDS } from "./virtual_server.ts";
import { ELECTION_FIELDS, INSTANCE_FIELDS } from "./vrrp_instance.ts";

/** One object that a reload adds, removes or changes. */
export interface ObjectChange {
  /** `vrrp_instance VI_1`, `virtual_server tcp 10.0.0.100:80`, `real_server 10.0.1.11:80 of virtual_server ...`. */
  readonly object: string;
  readonly change: "added" | "removed" | "changed";
  /** `priority 100 -> 150`; empty for what is added or removed. No secrets. */
  readonly details: readonly string[];
  /** What it means for traffic, one sentence each; empty: it is applied in place and nobody notices. */
  readonly effects: readonly string[];
}

/** A keyword and how its value is written in keepalived.conf. */
interface Keyword {
  readonly name: string;
  readonly text?: (value: unknown) => string;
}

const seconds = (perSecond: number) => (value: unknown): string => String(Number(value) / perSecond);

/** Properties that no one keyword sets. */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  routerId: { name: "router_id" },
  initialState: { name: "state", text: (value) => String(value).toUpperCase() },
  preemptMode: { name: "nopreempt", text: (value) => value === true ? "off" : "on" },
  acceptMode: { name: "no_accept", text: (value) => value === true ? "off" : "on" },
  gratuitousArp: { name: "garp_master_*, garp_lower_prio_*" },
  forwardingMethod: { name: "lvs_method", text: (value) => String(value).toUpperCase() },
  sorryServer: { name: "sorry_server", text: endpointText },
  flags: { name: "lvs_sched flags" },
  link: { name: "use_vmac" },
  receiveBuffer: { name: "kernel_rx_buf_size", text: (value) => String((value as { bytes: number }).bytes) },
  addressLinks: { name: "use_vmac_addr" },
};

/** Property to keyword, as the tables of the blocks have it. */
const TABLES: readonly Fields[] = [
  INSTANCE_FIELDS,
  ELECTION_FIELDS,
  SERVER_FIELDS,
  REAL_SERVER_FIELDS,
  CONNECTION_FIELDS,
  GLOBAL_FIELDS,
  OWN_VIRTUAL_SERVER_FIELDS,
  OWN_REAL_SERVER_FIELDS,
  OWN_GLOBAL_FIELDS,
];

function fromTables(property: string): Keyword | undefined {
  for (const table of TABLES) {
    const row = Object.entries(table).find(([, { name }]) => name === property);
    if (row === undefined) continue;
    const [name, { type }] = row;
    const text = (value: unknown): string => type.print(value)?.join(" ") || (value === false ? "off" : "on");
    return { name, text };
  }
  return undefined;
}

/** Fields whose values are not for logs. */
const SECRET = /pass|secret|token/i;

/** Everything that differs, in the order of `after`; what is removed comes last in its kind. */
export function differenceOf(before: Config, after: Config): ObjectChange[] {
  return [
    ...otherChanges(before, after),
    ...instanceChanges(before.vrrpInstances, after.vrrpInstances),
    ...virtualServerChanges(before.virtualServers, after.virtualServers),
  ];
}

/** `2 changed, 1 added`, or `nothing changed`. */
export function summaryOf(changes: readonly ObjectChange[]): string {
  const parts = (["changed", "added", "removed"] as const).flatMap((kind) => {
    const count = changes.filter(({ change }) => change === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return parts.length === 0 ? "nothing changed" : parts.join(", ");
}

/** One change in lines for people: `changed vrrp_instance VI_1: priority 100 -> 150`, then its effects, indented. */
export function changeLines({ object, change, details, effects }: ObjectChange): string[] {
  const what = details.length === 0 ? object : `${object}: ${details.join(", ")}`;
  return [`${change} ${what}`, ...effects.map((effect) => `  ${effect}`)];
}

/** Whether two parts of a configuration say the same, wherever they stand in their files. */
export function saysTheSame(a: unknown, b: unknown): boolean {
  return same(a, b, "location");
}

// --- vrrp_instance ---

function instanceChanges(before: readonly VrrpInstance[], after: readonly VrrpInstance[]): ObjectChange[] {
  const object = ({ name }: VrrpInstance): string => `vrrp_instance ${name}`;
  const { pairs, added, removed } = matched(before, after, routerIdentity, ({ name }) => name);
  return [
    ...pairs.flatMap(([old, now]) => saysTheSame(old, now) ? [] : [instanceChange(object(now), old, now)]),
    ...added.map((now) => addition(object(now), ["starts as a backup"])),
    ...removed.map((old) => removal(object(old), ["a master says so with priority 0, and its addresses leave"])),
  ];
}

/** What makes a running virtual router the same one: keepalived's match. The name is not part of it. */
function routerIdentity(instance: VrrpInstance & { readonly family?: number }): string {
  return `${instance.interface} ${instance.vrid} ${instance.family ?? 4}`;
}

function instanceChange(object: string, old: VrrpInstance, now: VrrpInstance): ObjectChange {
  const details = [
    ...fieldDetails(old, now, ["virtualAddresses", "excludedAddresses", "routes", "rules"]),
    ...addressDetails("virtual_ipaddress", old.virtualAddresses, now.virtualAddresses),
    ...addressDetails("virtual_ipaddress_excluded", old.excludedAddresses, now.excludedAddresses),
    ...lineDetails("virtual_routes", old.routes.map(routeText), now.routes.map(routeText)),
    ...lineDetails("virtual_rules", old.rules.map(ruleText), now.rules.map(ruleText)),
  ];
  const moved = routerIdentity(old) !== routerIdentity(now) || old.version !== now.version;
  return { object, change: "changed", details, effects: moved ? [RESTARTS] : instanceEffects(old, now) };
}

const RESTARTS = "is another virtual router: the old one ends with priority 0, the new one starts as a backup";

function instanceEffects(old: VrrpInstance, now: VrrpInstance): string[] {
  const all = (instance: VrrpInstance): Set<string> =>
    new Set([...instance.virtualAddresses, ...instance.excludedAddresses].map(addressText));
  const added = [...all(now).difference(all(old))];
  const removed = [...all(old).difference(all(now))];
  const effects = [
    ...(added.length > 0 ? [`a master adds and announces ${added.join(", ")}`] : []),
    ...(removed.length > 0 ? [`a master removes ${removed.join(", ")}`] : []),
  ];
  if (now.priority < old.priority) effects.push("a peer of higher priority takes over from a master");
  if (now.priority > old.priority && now.preemptMode) {
    effects.push("a backup takes over from a master of lower priority");
  }
  if (now.initialState !== old.initialState) effects.push("`state` counts at the next start only");
  if (now.version === 2 && now.advertisementIntervalUs !== old.advertisementIntervalUs) {
    effects.push("version 2 peers with the old advert_int are not heard any more: change them soon");
  }
  if (!saysTheSame(old.authentication, now.authentication)) {
    effects.push("peers with the old authentication are not heard any more: change them soon");
  }
  return effects;
}

/** `keyword + what is new - what is gone`. */
function lineDetails(keyword: string, before: readonly string[], after: readonly string[]): string[] {
  const added = [...new Set(after).difference(new Set(before))].map((text) => `+ ${text}`);
  const removed = [...new Set(before).difference(new Set(after))].map((text) => `- ${text}`);
  if (added.length + removed.length > 0) return [`${keyword} ${[...added, ...removed].join(" ")}`];
  return saysTheSame(before, after) ? [] : [`${keyword} in another order`];
}

function addressDetails(
  keyword: string,
  old: readonly VirtualAddress[],
  now: readonly VirtualAddress[],
): string[] {
  const [before, after] = [old.map(addressText), now.map(addressText)];
  const differences = lineDetails(keyword, before, after);
  if (differences.length > 0) return differences;
  return saysTheSame(old, now) ? [] : [`${keyword} with other options`];
}

function addressText({ address, prefixLength, device }: VirtualAddress): string {
  return `${address}/${prefixLength} dev ${device}`;
}

// --- virtual_server and real_server ---

function virtualServerChanges(before: readonly VirtualServer[], after: readonly VirtualServer[]): ObjectChange[] {
  const { pairs, added, removed } = matched(before, after, ({ name }) => name);
  return [
    ...pairs.flatMap(([old, now]) => virtualServerChange(old, now)),
    ...added.map((now) => addition(serverObject(now), [`gets ${count(now.realServers.length, "real server")}`])),
    ...removed.map((old) => removal(serverObject(old), ["its connections end"])),
  ];
}

function serverObject({ name }: VirtualServer): string {
  return `virtual_server ${name}`;
}

function virtualServerChange(old: VirtualServer, now: VirtualServer): ObjectChange[] {
  if (old === now) return []; // nearly all of thousands
  const details = fieldDetails(old, now, ["realServers", "members", "tracked", "sharesChecks"]);
  const effects = old.scheduler === now.scheduler
    ? []
    : ["connections stay; the kernel has no scheduler for a moment, and refuses those that begin then"];
  const own: ObjectChange[] = details.length === 0
    ? []
    : [{ object: serverObject(now), change: "changed", details, effects }];
  const key = (server: RealServer): string => endpointText(server);
  const object = (server: RealServer): string => `real_server ${endpointText(server)} of ${serverObject(now)}`;
  const { pairs, added, removed } = matched(old.realServers, now.realServers, key);
  return [
    ...own,
    ...pairs.flatMap(([was, is]) => saysTheSame(was, is) ? [] : [realServerChange(object(is), was, is)]),
    ...added.map((is) => addition(object(is), [startOf(now, is)])),
    ...removed.map((was) => removal(object(was), [endOf(old, was)])),
  ];
}

function startOf(virtualServer: VirtualServer, { checkers, alpha = virtualServer.alpha }: RealServer): string {
  return checkers.some((checker) => checker.alpha ?? alpha)
    ? "gets connections from its first good check on"
    : "gets connections at once";
}

function endOf(virtualServer: VirtualServer, { drainTimeoutMs = virtualServer.drainTimeoutMs }: RealServer): string {
  if (drainTimeoutMs === undefined) return "leaves the pool, and its connections end";
  return `gets no new connections, and leaves when those that it has have ended, after ${
    drainTimeoutMs / 1000
  } s at most`;
}

function realServerChange(object: string, old: RealServer, now: RealServer): ObjectChange {
  const details = [...fieldDetails(old, now, ["checkers"]), ...checkerDetails(old.checkers, now.checkers)];
  const effects = [
    ...(now.weight === 0 && old.weight !== 0 ? ["drains: it keeps its connections and gets no new ones"] : []),
    ...(old.forwardingMethod === now.forwardingMethod ? [] : ["new connections are forwarded the new way"]),
    ...(saysTheSame(old.checkers, now.checkers) ? [] : ["keeps its state until the next result of each new check"]),
  ];
  return { object, change: "changed", details, effects };
}

function checkerDetails(old: readonly Checker[], now: readonly Checker[]): string[] {
  if (saysTheSame(old, now)) return [];
  const [first, other] = [old[0], now[0]];
  if (old.length !== 1 || now.length !== 1 || first?.type !== other?.type) {
    const text = (list: readonly Checker[]): string => list.map(({ type }) => type).join(" ") || "none";
    return text(old) === text(now) ? ["checks changed"] : [`checks ${text(old)} -> ${text(now)}`];
  }
  return fieldDetails(first ?? {}, other ?? {}, []).map((detail) => `check ${detail}`);
}

function endpointText(value: unknown): string {
  const { address, port } = value as { address: string; port: number };
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

// --- everything else, whatever it is ---

/** What a block of each list is called. */
const BLOCKS: Readonly<Record<string, string>> = {
  syncGroups: "vrrp_sync_group",
  scripts: "vrrp_script",
  trackedProcesses: "vrrp_track_process",
  trackedFiles: "track_file",
  bfdInstances: "bfd_instance",
  trackGroups: "track_group",
  garpGroups: "garp_group",
  staticAddresses: "static_ipaddress",
  staticRoutes: "static_routes",
  staticRules: "static_rules",
  virtualServerGroups: "virtual_server_group",
};

/** What lines without a name are called. */
const LINES: Readonly<Record<string, (line: unknown) => string>> = {
  static_ipaddress: (line) => addressText(line as VirtualAddress),
  static_routes: (line) => routeText(line as Route),
  static_rules: (line) => ruleText(line as Rule),
};

/** Lists of named blocks become objects; the other settings are those of `global_defs`. */
function otherChanges(before: Config, after: Config): ObjectChange[] {
  const changes: ObjectChange[] = [];
  const details: string[] = [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const key of keys) {
    if (key === "vrrpInstances" || key === "virtualServers") continue;
    const [old, now] = [field(before, key), field(after, key)];
    if (saysTheSame(old, now)) continue;
    if (key === "witness" || key === "fencing" || key === "ipvs" || key === "haproxy") {
      const details = isRecord(old) && isRecord(now) ? fieldDetails(old, now, []) : [];
      changes.push({
        object: key,
        change: old === undefined ? "added" : now === undefined ? "removed" : "changed",
        details,
        effects: [],
      });
    } else if (Array.isArray(old) && Array.isArray(now)) {
      changes.push(...listChanges(BLOCKS[key] ?? snakeCase(key), old, now));
    } else if (isRecord(old) && isRecord(now)) details.push(...fieldDetails(old, now, []));
    else details.push(detailOf(key, old, now));
  }
  if (details.length > 0) changes.unshift({ object: "global_defs", change: "changed", details, effects: [] });
  return changes;
}

function listChanges(list: string, before: readonly unknown[], after: readonly unknown[]): ObjectChange[] {
  const nameOf = LINES[list] ?? ((value: unknown): string => String(field(value, "name") ?? ""));
  const object = (value: unknown): string => `${list} ${nameOf(value)}`.trim();
  const { pairs, added, removed } = matched(before, after, nameOf);
  return [
    ...pairs.flatMap(([old, now]): ObjectChange[] => {
      if (saysTheSame(old, now)) return [];
      const details = isRecord(old) && isRecord(now) ? fieldDetails(old, now, []) : [];
      return [{ object: object(now), change: "changed", details, effects: [] }];
    }),
    ...added.map((now) => addition(object(now), [])),
    ...removed.map((old) => removal(object(old), [])),
  ];
}

// --- parts of all of them ---

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function addition(object: string, effects: readonly string[]): ObjectChange {
  return { object, change: "added", details: [], effects };
}

function removal(object: string, effects: readonly string[]): ObjectChange {
  return { object, change: "removed", details: [], effects };
}

/** Pairs by the first identity that fits, in the order of `after`; each object is in one pair at most. */
function matched<Value>(
  before: readonly Value[],
  after: readonly Value[],
  ...identities: readonly ((value: Value) => string)[]
): { readonly pairs: (readonly [Value, Value])[]; readonly added: Value[]; readonly removed: Value[] } {
  const partners = new Map<Value, Value>();
  const left = new Set(before);
  for (const identity of identities) {
    const waiting = Map.groupBy(left, identity);
    for (const now of after) {
      const old = partners.has(now) ? undefined : waiting.get(identity(now))?.shift();
      if (old === undefined) continue;
      partners.set(now, old);
      left.delete(old);
    }
  }
  return {
    pairs: after.flatMap((now) => {
      const old = partners.get(now);
      return old === undefined ? [] : [[old, now] as const];
    }),
    added: after.filter((now) => !partners.has(now)),
    removed: [...left],
  };
}

/** `keyword old -> new` for each field that differs, the place in the file and `except` left out. */
function fieldDetails(old: object, now: object, except: readonly string[]): string[] {
  const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...keys]
    .filter((key) => key !== "location" && !except.includes(key) && !saysTheSame(field(old, key), field(now, key)))
    .map((key) => detailOf(key, field(old, key), field(now, key)));
}

function detailOf(key: string, old: unknown, now: unknown): string {
  const { name, text } = KEYWORDS[key] ?? fromTables(key) ?? keywordOf(key);
  const shown = (value: unknown): string | undefined => {
    if (value === undefined) return "none";
    if (typeof value === "object" && text === undefined) return undefined;
    if (text !== undefined) return text(value);
    if (typeof value === "boolean") return value ? "on" : "off";
    return typeof value === "object" ? undefined : String(value);
  };
  const [from, to] = SECRET.test(key) ? [] : [shown(old), shown(now)];
  // What is in objects may be long, or a password.
  return from === undefined || to === undefined ? `${name} changed` : `${name} ${from} -> ${to}`;
}

/** `delayLoopMs` is `delay_loop`, in seconds. */
function keywordOf(key: string): Keyword {
  const match = key.match(/^(.+?)(Us|Ms|Seconds)$/);
  if (match === null) return { name: snakeCase(key) };
  const perSecond = match[2] === "Us" ? 1_000_000 : match[2] === "Ms" ? 1000 : 1;
  return { name: snakeCase(match[1] ?? key), text: seconds(perSecond) };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
