// From the words of a route (ip-route(8), keepalived.conf(5)) to what the kernel is asked for, with keepalived's defaults.
import { type Family, familyOf, parseIp } from "../../base/ip.ts";
import { MAIN_TABLE, type RouteHop, type RouteRequest, RTPROT_KEEPALIVED } from "../../wire/route.ts";
import { encapsulationLength, readEncapsulation } from "./encapsulation.ts";
import type { NameLookup } from "./names.ts";
import { type Compiled, compiled, namedNumber, numberOf, realmsOf, tosOf, WordProblem } from "./words.ts";

/** A route as the configuration has it. */
export interface RouteWords {
  readonly type: string;
  /** `default`, or address and prefix length. */
  readonly destination: string;
  /** Word and value of each option; `gw` is `via`, `oif` is `dev`, `preference` and `priority` are `metric`. */
  readonly options: readonly (readonly string[])[];
}

/** RTN_... (linux/rtnetlink.h). */
const TYPES: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
};
/** The kernel refuses these types with the usual scope, `global`. */
const SCOPES: Readonly<Record<string, number>> = { local: 254, nat: 254, broadcast: 253 };
/** RTAX_..., and the greatest value. */
const METRICS: Readonly<Record<string, readonly [number, number]>> = {
  mtu: [2, 0xffffffff],
  window: [3, 0xffffffff],
  ssthresh: [6, 0xffffffff],
  cwnd: [7, 0xffffffff],
  advmss: [8, 0xffffffff],
  reordering: [9, 0xffffffff],
  hoplimit: [10, 255],
  initcwnd: [11, 0xffffffff],
  initrwnd: [14, 0xffffffff],
  quickack: [15, 1],
  fastopen_no_cookie: [17, 1],
};
/** RTAX_..., and how many of its units are a millisecond. */
const TIMES: Readonly<Record<string, readonly [number, number]>> = { rtt: [4, 8], rttvar: [5, 4], rto_min: [13, 1] };
/** The time that a route gets for a metric such as `rtt`, if it is another one than that: as {@link compileRoute} notes. */
export function raisedTime(name: string, value: string): string | undefined {
  const time = Object.hasOwn(TIMES, name) ? timeOf(name, value) : undefined;
  return time !== undefined && time < MIN_TIME_MS * perMillisecond(name) ? `${MIN_TIME_MS}ms` : undefined;
}

/** keepalived raises shorter times to this (measured on 2.2.7). */
const MIN_TIME_MS = 200;
const RTAX_FEATURES = 12;
const RTAX_CC_ALGO = 16;
const MAX_CONGESTION_NAME = 15;
const PREFERENCES: Readonly<Record<string, number>> = { medium: 0, high: 1, low: 3 };

/** Reads a route. A tracked one has keepalived's protocol, whatever it says. */
export function compileRoute(words: RouteWords, names: NameLookup): Compiled<RouteRequest> {
  return compiled(() => new RouteReader(words, names).read());
}

type Draft = { -readonly [Name in keyof RouteRequest]: RouteRequest[Name] };

class RouteReader {
  readonly #words: RouteWords;
  readonly #names: NameLookup;
  readonly #notes: string[] = [];
  readonly #tracked: boolean;
  readonly #route: Draft;

  constructor(words: RouteWords, names: NameLookup) {
    this.#words = words;
    this.#names = names;
    this.#tracked = !words.options.some(([name]) => name === "no_track");
    const family = familyOfRoute(words);
    this.#route = {
      family,
      type: TYPES[words.type] ?? 1,
      ...destinationOf(words.destination, family),
      tos: 0,
      table: MAIN_TABLE,
      protocol: RTPROT_KEEPALIVED,
      scope: family === 4 ? SCOPES[words.type] ?? 0 : 0,
      metrics: [],
      locks: 0,
      hops: [],
      position: "prepend",
    };
  }

  read(): { request: RouteRequest; tracked: boolean; notes: readonly string[] } {
    for (const [name = "", ...values] of this.#words.options) this.#take(name, values);
    const route = this.#route;
    if (route.hops.length > 0) {
      // What stands before `nexthop` is for those that do not say it themselves.
      const { device, gateway: _gateway, ...rest } = route;
      const hops = route.hops.map((hop) => (device === undefined ? hop : { device, ...hop }));
      return { request: { ...rest, hops }, tracked: this.#tracked, notes: this.#notes };
    }
    return { request: route, tracked: this.#tracked, notes: this.#notes };
  }

  #take(name: string, values: readonly string[]): void {
    const route = this.#route;
    const value = values.at(-1) ?? "";
    if (Object.hasOwn(METRICS, name) || Object.hasOwn(TIMES, name) || name === "features") {
      return this.#takeMetric(name, value, values.length > 1 && values[0] === "lock");
    }
    switch (name) {
      case "src":
        route.source = this.#address(name, value, route.family);
        return;
      case "via":
        route.gateway = this.#gateway(value);
        return;
      case "dev":
        route.device = value;
        return;
      case "onlink":
        route.onlink = true;
        return;
      case "table":
        route.table = namedNumber(name, value, "rt_tables", this.#names);
        return;
      case "protocol":
        if (!this.#tracked) route.protocol = namedNumber(name, value, "rt_protos", this.#names, 255);
        return;
      case "scope":
        route.scope = namedNumber(name, value, "rt_scopes", this.#names, 255);
        return;
      case "tos":
        route.tos = tosOf(value, this.#names);
        return;
      case "metric":
        route.metric = numberOf(name, value, 0, 0xffffffff);
        return;
      case "realms":
        route.realms = realmsOf(value, this.#names);
        return;
      case "encap":
        route.encapsulation = readEncapsulation(values);
        return;
      case "expires":
        route.expiresSeconds = numberOf(name, value, 0, 0x7fffffff);
        return;
      case "congctl":
        return this.#takeCongestionControl(values);
      case "pref":
        route.preference = this.#oneOf(name, value, PREFERENCES);
        return;
      case "ttl-propagate":
        route.ttlPropagate = this.#oneOf(name, value, { enabled: 1, disabled: 0 }) === 1;
        return;
      case "add":
      case "append":
      case "prepend":
        route.position = name;
        return;
      case "nexthop":
        return this.#takeHops(values);
      case "vrf":
        throw new WordProblem("`vrf` of a route is not carried out yet", "vrf");
      case "as":
        this.#notes.push("`as` is ignored: it is for MPLS routes only");
        return;
    }
  }

  #takeMetric(name: string, value: string, isLocked: boolean): void {
    const route = this.#route;
    const [metric, number] = this.#metric(name, value);
    route.metrics = [...route.metrics.filter(([known]) => known !== metric), [metric, number]];
    if (isLocked) route.locks |= 1 << metric;
  }

  #metric(name: string, value: string): [number, number] {
    if (name === "features") return [RTAX_FEATURES, this.#oneOf(name, value, { ecn: 1 })];
    const plain = METRICS[name];
    if (plain !== undefined) return [plain[0], numberOf(name, value, 0, plain[1])];
    const [metric] = TIMES[name] ?? [0];
    const number = timeOf(name, value);
    if (number === undefined) {
      throw new WordProblem(`\`${name}\` must be a time such as \`300ms\` or \`1s\`, not \`${value}\``);
    }
    const least = MIN_TIME_MS * perMillisecond(name);
    if (number >= least) return [metric, Math.min(number, 0xffffffff)];
    this.#notes.push(`\`${name} ${value}\` becomes ${MIN_TIME_MS}ms, the least that keepalived sets`);
    return [metric, least];
  }

  #takeCongestionControl(values: readonly string[]): void {
    const name = values.at(-1) ?? "";
    if (!/^[\w-]+$/.test(name) || name.length > MAX_CONGESTION_NAME) {
      throw new WordProblem(`\`congctl\` must be a name of at most ${MAX_CONGESTION_NAME} characters, not \`${name}\``);
    }
    this.#route.congestionControl = name;
    if (values[0] === "lock" && values.length > 1) this.#route.locks |= 1 << RTAX_CC_ALGO;
  }

  /** `via A dev eth0 weight 2 nexthop via B ...`: the words after the first `nexthop`. */
  #takeHops(words: readonly string[]): void {
    let own: string[] = [];
    for (const word of [...words, "nexthop"]) {
      if (word === "nexthop") {
        this.#route.hops = [...this.#route.hops, this.#hop(own)];
        own = [];
      } else own.push(word);
    }
  }

  #hop(words: readonly string[]): RouteHop & { readonly weight: number } {
    const hop: { -readonly [Name in keyof RouteHop]: RouteHop[Name] } & { weight: number } = { weight: 1 };
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? "";
      if (word === "onlink") {
        hop.onlink = true;
        continue;
      }
      if (word === "encap") {
        const length = encapsulationLength(words.slice(at + 1));
        hop.encapsulation = readEncapsulation(words.slice(at + 1, at + 1 + length));
        at += length;
        continue;
      }
      if (word === "via" || word === "gw") { while (/^inet6?$/.test(words[at + 1] ?? "")) at++; }
      const value = words[++at];
      if (value === undefined) throw new WordProblem(`\`${word}\` of \`nexthop\` needs a value`);
      if (word === "via" || word === "gw") hop.gateway = this.#address("via", value, this.#route.family);
      else if (word === "dev" || word === "oif") hop.device = value;
      else if (word === "weight") hop.weight = numberOf("weight", value, 1, 256);
      else if (word === "realms") hop.realms = realmsOf(value, this.#names);
      else throw new WordProblem(`\`${word}\` is not an option of \`nexthop\``);
    }
    return hop;
  }

  /** An IPv4 route may have a gateway of IPv6, and no other mixture. */
  #gateway(text: string): string {
    return this.#address("via", text, this.#route.family === 4 && text.includes(":") ? 6 : this.#route.family);
  }

  #address(name: string, text: string, family: Family): string {
    if (parseIp(text) !== undefined && familyOf(text) === family) return text;
    throw new WordProblem(`\`${name}\` must be an IPv${family} address here, not \`${text}\``);
  }

  #oneOf(name: string, value: string, known: Readonly<Record<string, number>>): number {
    const number = Object.hasOwn(known, value) ? known[value] : undefined;
    if (number !== undefined) return number;
    const choices = Object.keys(known).map((choice) => `\`${choice}\``).join(" or ");
    throw new WordProblem(`\`${name}\` must be ${choices}, not \`${value}\``);
  }
}

/** `default` is of IPv4 unless something says otherwise. */
function familyOfRoute({ destination, options }: RouteWords): Family {
  if (destination !== "default") return familyOf(destination);
  const valueOf = (name: string): string => options.find(([option]) => option === name)?.at(-1) ?? "";
  if (options.some(([name]) => name === "inet")) return 4;
  if (options.some(([name]) => name === "inet6")) return 6;
  const hops = options.find(([name]) => name === "nexthop") ?? [];
  const gateway = valueOf("via") || (hops[hops.findIndex((word) => word === "via" || word === "gw") + 1] ?? "");
  return familyOf(valueOf("src") || gateway);
}

function destinationOf(text: string, family: Family): { destination: string; prefixLength: number } {
  if (text === "default") return { destination: family === 4 ? "0.0.0.0" : "::", prefixLength: 0 };
  const [destination = "", length] = text.split("/");
  return { destination, prefixLength: length === undefined ? (family === 4 ? 32 : 128) : Number(length) };
}

/** In the units of the metric; undefined when it is no time. */
function timeOf(name: string, value: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(s|secs?|ms|msecs?)?$/.exec(value);
  if (match === null) return undefined;
  const [, digits, unit] = match;
  const perMs = perMillisecond(name);
  const scale = unit === undefined ? 1 : unit.startsWith("m") ? perMs : perMs * 1000;
  return Math.round(Number(digits) * scale);
}

function perMillisecond(name: string): number {
  return TIMES[name]?.[1] ?? 1;
}
