// One line of `virtual_routes`, `virtual_rules` and their static relatives: the words of ip-route(8) and ip-rule(8), checked
// for their names and numbers, kept in the order of the file.
import { parseIp } from "../base/ip.ts";
import { encapsulationLength } from "../core/routing/encapsulation.ts";
import { anyName } from "../core/routing/names.ts";
import { compileRoute, raisedTime } from "../core/routing/route_words.ts";
import { compileRule } from "../core/routing/rule_words.ts";
import type { Compiled } from "../core/routing/words.ts";
import { parsePrefix } from "./address_line.ts";
import type { Route, Rule, StaticEntry } from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import type { Printed } from "./fields.ts";
import type { Token } from "./lexer.ts";
import { nearMiss } from "./near_miss.ts";
import type { Statement } from "./statement.ts";

const ROUTE_TYPES = [
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "throw",
  "unreachable",
  "prohibit",
  "blackhole",
  "nat",
];

/** What follows a word of a line. */
type Kind = "none" | "word" | "number" | "address" | "prefix" | "encapsulation" | "rest";

/** Options of a route. `rest`: all words up to the end of the line belong to it. */
const ROUTE_OPTIONS: Readonly<Record<string, Kind>> = {
  inet: "none",
  inet6: "none",
  src: "address",
  via: "address",
  gw: "address",
  or: "address",
  dev: "word",
  oif: "word",
  onlink: "none",
  table: "word",
  protocol: "word",
  scope: "word",
  tos: "word",
  dsfield: "word",
  metric: "number",
  priority: "number",
  preference: "number",
  encap: "encapsulation",
  expires: "number",
  mtu: "number",
  hoplimit: "number",
  advmss: "number",
  rtt: "word",
  rttvar: "word",
  reordering: "number",
  window: "number",
  cwnd: "number",
  ssthresh: "number",
  realms: "word",
  rto_min: "word",
  initcwnd: "number",
  initrwnd: "number",
  features: "word",
  quickack: "number",
  congctl: "word",
  pref: "word",
  "ttl-propagate": "word",
  fastopen_no_cookie: "number",
  as: "address",
  vrf: "word",
  add: "none",
  append: "none",
  prepend: "none",
  no_track: "none",
  track_group: "word",
  nexthop: "rest",
};

/** Options of a rule. */
const RULE_OPTIONS: Readonly<Record<string, Kind>> = {
  not: "none",
  inet: "none",
  inet6: "none",
  from: "prefix",
  to: "prefix",
  table: "word",
  lookup: "word",
  preference: "number",
  order: "number",
  priority: "number",
  tos: "word",
  dsfield: "word",
  fwmark: "word",
  realms: "word",
  suppress_prefixlength: "number",
  sup_pl: "number",
  suppress_ifgroup: "word",
  sup_group: "word",
  dev: "word",
  iif: "word",
  oif: "word",
  "tunnel-id": "number",
  uidrange: "word",
  l3mdev: "none",
  protocol: "word",
  ipproto: "word",
  sport: "word",
  dport: "word",
  no_track: "none",
  track_group: "word",
  goto: "number",
  nop: "none",
  blackhole: "none",
  unreachable: "none",
  prohibit: "none",
  type: "word",
};

/** Other spellings, with the one that is kept. */
const SAME: Readonly<Record<string, string>> = {
  gw: "via",
  oif: "dev",
  dsfield: "tos",
  priority: "metric",
  preference: "metric",
};
const SAME_IN_RULES: Readonly<Record<string, string>> = {
  lookup: "table",
  order: "preference",
  priority: "preference",
  dsfield: "tos",
  dev: "iif",
  sup_pl: "suppress_prefixlength",
  sup_group: "suppress_ifgroup",
};
/** Words between an option and its value that say nothing more. */
const FILLERS = new Set(["inet", "inet6", "lock", "to"]);
/** keepalived's own number of a routing protocol (linux/rtnetlink.h, RTPROT_KEEPALIVED). */
const OWN_PROTOCOLS = new Set(["keepalived", "18"]);

/** Reads a route; undefined when it has no destination, which it has reported then. */
export function readRoute(line: Statement, report: Report): (Route & StaticEntry) | undefined {
  const words = [line.keyword, ...line.args];
  const options = readOptions(words, { known: ROUTE_OPTIONS, same: SAME, subject: "a route" }, report);
  const { bare } = options;
  const type = bare.find(({ text }) => ROUTE_TYPES.includes(text))?.text ?? "unicast";
  const destination = bare.find(({ text }) => text === "default" || parsePrefix(text) !== undefined);
  for (const word of bare) {
    if (word !== destination && word.text !== type && !FILLERS.has(word.text)) {
      reportUnknown(word, ROUTE_OPTIONS, "a route", report);
    }
  }
  if (destination === undefined) {
    report.add("invalid-value", line.keyword, "a route needs a destination: `default` or an address", {
      help: "write it first, such as `192.0.2.0/24 via 198.51.100.1 dev eth0`",
    });
    return undefined;
  }
  const { trackGroup, rest } = takeGroup(withNexthops(correctTracking(line, options, report)));
  const route = { type, destination: destination.text, options: rest };
  if (!judge(line, compileRoute(route, anyName), report)) return undefined;
  return {
    ...route,
    options: rest.map((option) => withRaisedTime(option)),
    ...(trackGroup === undefined ? {} : { trackGroup }),
    location: placeOf(line.keyword),
  };
}

/** Writes a route. */
export function printRoute(route: Route & StaticEntry): Printed {
  const type = route.type === "unicast" ? [] : [route.type];
  const [first = "", ...words] = [...type, route.destination, ...route.options.flat(), ...groupOf(route)];
  return { keyword: first, words };
}

/** Reads a rule; undefined when it is none, which it has reported then. */
export function readRule(line: Statement, report: Report): (Rule & StaticEntry) | undefined {
  const words = [line.keyword, ...line.args];
  const options = readOptions(words, { known: RULE_OPTIONS, same: SAME_IN_RULES, subject: "a rule" }, report);
  for (const word of options.bare) reportUnknown(word, RULE_OPTIONS, "a rule", report);
  if (!options.list.some(([name]) => name === "preference")) {
    report.add("default-used", line.keyword, "this rule has no `preference`, so it gets one below 16384", {
      help: "add `preference` with a number: lower ones are asked first",
    });
  }
  const { trackGroup, rest } = takeGroup(options.list);
  if (!judge(line, compileRule({ options: rest }, anyName), report)) return undefined;
  return { options: rest, ...(trackGroup === undefined ? {} : { trackGroup }), location: placeOf(line.keyword) };
}

/**
 * Says what is wrong with the words, and what keepalived makes of them.
 *
 * @returns false when nothing can come of the line: keepalived drops such a one, too
 */
function judge(line: Statement, result: Compiled<unknown>, report: Report): boolean {
  if (result.ok) {
    for (const note of result.notes) report.add("value-ignored", line.keyword, note);
    return true;
  }
  if (result.missing !== undefined) return true; // `startable` tells of it, and leaves the line out
  report.add("invalid-value", line.keyword, result.problem);
  return false;
}

/** Writes a rule. */
export function printRule(rule: Rule & StaticEntry): Printed {
  const [first = "", ...words] = [...rule.options.flat(), ...groupOf(rule)];
  return { keyword: first, words };
}

interface Options {
  readonly list: readonly (readonly string[])[];
  /** Words that are no option. */
  readonly bare: readonly Token[];
}

interface Grammar {
  readonly known: Readonly<Record<string, Kind>>;
  readonly same: Readonly<Record<string, string>>;
  readonly subject: string;
}

function readOptions(words: readonly Token[], { known, same, subject }: Grammar, report: Report): Options {
  const list: string[][] = [];
  const bare: Token[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Token;
    const kind = Object.hasOwn(known, word.text) ? known[word.text] : undefined;
    const name = Object.hasOwn(same, word.text) ? same[word.text] ?? word.text : word.text;
    if (kind === undefined) bare.push(word);
    else if (kind === "none") list.push([name]);
    else if (kind === "encapsulation") {
      const length = encapsulationLength(words.slice(at + 1).map(({ text }) => text));
      list.push([name, ...words.slice(at + 1, at + 1 + length).map(({ text }) => text)]);
      at += length;
    } else if (kind === "rest") {
      list.push([name, ...words.slice(at + 1).map(({ text }) => text)]);
      at = words.length;
    } else {
      const fillers = [];
      while (FILLERS.has(words[at + 1]?.text ?? "")) fillers.push(words[++at]?.text ?? "");
      const value = words[++at];
      if (value === undefined) report.add("missing-argument", word, `\`${word.text}\` of ${subject} needs a value`);
      else if (checkValue(word, value, kind, report)) list.push([name, ...fillers, value.text]);
    }
    if (word.text === "gw" && same === SAME) {
      report.add("deprecated-keyword", word, "`gw` is an old name of `via`", { help: "write `via`" });
    }
    if (word.text === "or" && same === SAME) {
      report.add("deprecated-keyword", word, "`or` is deprecated", { help: "write `nexthop` twice" });
    }
  }
  return { list, bare };
}

function checkValue(name: Token, value: Token, kind: Kind, report: Report): boolean {
  const isGood = kind === "word" || (kind === "number" && /^-?(\d+|0x[0-9a-f]+)$/i.test(value.text)) ||
    (kind === "address" && parseIp(value.text) !== undefined) ||
    (kind === "prefix" && (value.text === "all" || value.text === "default" || parsePrefix(value.text) !== undefined));
  if (isGood) return true;
  const wanted = kind === "number"
    ? "a number"
    : kind === "address"
    ? "an IP address"
    : "an address with its prefix length";
  report.add("invalid-value", value, `\`${name.text}\` must be ${wanted}, not \`${value.text}\``);
  return false;
}

function reportUnknown(word: Token, known: Readonly<Record<string, Kind>>, subject: string, report: Report): void {
  const near = nearMiss(word.text, Object.keys(known));
  report.add("invalid-value", word, `\`${word.text}\` is not an option of ${subject}`, {
    help: near && `did you mean \`${near}\`?`,
  });
}

/** A route is put back when it vanishes only if it can be told apart (keepalived.conf(5), no_track). */
function correctTracking(line: Statement, { list }: Options, report: Report): Options["list"] {
  const has = (name: string): boolean => list.some(([word]) => word === name);
  if (has("no_track")) return list;
  const protocol = list.find(([name]) => name === "protocol")?.[1];
  const isForeign = protocol !== undefined && !OWN_PROTOCOLS.has(protocol);
  if (isForeign) {
    const message = "a route that is tracked has keepalived's own protocol, not the one given";
    report.add("value-ignored", line.keyword, message, { help: "add `no_track`, or leave `protocol` out" });
  }
  const own = isForeign ? list.filter(([name]) => name !== "protocol") : list;
  if (!has("dev")) {
    report.add("value-ignored", line.keyword, "this route is not tracked, since it names no interface", {
      help: "add `dev`, or `no_track` if that is meant",
    });
    return [["no_track"], ...own]; // a nexthop takes the rest of the line
  }
  return own;
}

/** `via A or B` is the old way to name two next hops. */
function withNexthops(list: Options["list"]): Options["list"] {
  const second = list.find(([name]) => name === "or")?.[1];
  const first = list.find(([name]) => name === "via")?.[1];
  if (first === undefined || second === undefined) return list;
  const rest = list.filter(([name]) => name !== "via" && name !== "or");
  return [...rest, ["nexthop", "via", first, "nexthop", "via", second]];
}

/** What was noted of it is not noted again where the route is written down. */
function withRaisedTime(option: readonly string[]): readonly string[] {
  const [name = ""] = option;
  const raised = raisedTime(name, option.at(-1) ?? "");
  return raised === undefined ? option : [...option.slice(0, -1), raised];
}

function takeGroup(list: Options["list"]): { trackGroup: string | undefined; rest: Options["list"] } {
  return {
    trackGroup: list.find(([name]) => name === "track_group")?.[1],
    rest: list.filter(([name]) => name !== "track_group"),
  };
}

function groupOf({ trackGroup }: StaticEntry): string[] {
  return trackGroup === undefined ? [] : ["track_group", trackGroup];
}
