// From the words of a rule (ip-rule(8), keepalived.conf(5)) to what the kernel is asked for, with keepalived's defaults.
import { type Family, familyOf } from "../../base/ip.ts";
import { RTPROT_KEEPALIVED } from "../../wire/route.ts";
import { RULE_ACTIONS, type RuleRequest } from "../../wire/rule.ts";
import { type NameLookup, plainNumber } from "./names.ts";
import { type Compiled, compiled, namedNumber, numberOf, rangeOf, realmsOf, tosOf, WordProblem } from "./words.ts";

/** A rule as the configuration has it. */
export interface RuleWords {
  /** Word and value of each option; `lookup` is `table`, `order` and `priority` are `preference`, `dev` is `iif`. */
  readonly options: readonly (readonly string[])[];
}

/** IP protocols by name (/etc/protocols). */
const IP_PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};

/** Reads a rule. A tracked one has keepalived's protocol; without `preference` it is left at 0, to be numbered later. */
export function compileRule(words: RuleWords, names: NameLookup): Compiled<RuleRequest> {
  return compiled(() => readRule(words, names));
}

function readRule(
  { options }: RuleWords,
  names: NameLookup,
): { request: RuleRequest; tracked: boolean; notes: readonly string[] } {
  const tracked = !options.some(([name]) => name === "no_track");
  const notes: string[] = [];
  const rule: { -readonly [Name in keyof RuleRequest]: RuleRequest[Name] } = {
    family: familyOfRule(options),
    action: 0,
    preference: 0,
    not: false,
    table: 0,
    tos: 0,
    l3mdev: false,
    protocol: tracked ? RTPROT_KEEPALIVED : 0,
  };
  for (const [name = "", ...values] of options) {
    const value = values.at(-1) ?? "";
    const number = (max: number): number => numberOf(name, value, 0, max);
    switch (name) {
      case "not":
        rule.not = true;
        break;
      case "from":
      case "to":
        rule[name] = prefixOf(name, value, rule.family);
        break;
      case "table":
        rule.table = namedNumber(name, value, "rt_tables", names);
        rule.action = RULE_ACTIONS.table;
        break;
      case "preference":
        rule.preference = number(0xffffffff);
        break;
      case "tos":
        rule.tos = tosOf(value, names);
        break;
      case "fwmark":
        Object.assign(rule, markOf(value));
        break;
      case "realms":
        rule.realms = realmsOf(value, names);
        break;
      case "suppress_prefixlength":
        rule.suppressPrefixLength = number(128);
        break;
      case "suppress_ifgroup":
        rule.suppressGroup = namedNumber(name, value, "group", names, 0x7fffffff);
        break;
      case "iif":
      case "oif":
        rule[name] = value;
        break;
      case "tunnel-id":
        rule.tunnelId = number(Number.MAX_SAFE_INTEGER);
        break;
      case "uidrange":
        rule.uids = rangeOf(name, value, 0xffffffff);
        break;
      case "l3mdev":
        rule.l3mdev = true;
        rule.action = RULE_ACTIONS.table;
        break;
      case "protocol":
        if (!tracked) rule.protocol = namedNumber(name, value, "rt_protos", names, 255);
        else if (namedNumber(name, value, "rt_protos", names, 255) !== RTPROT_KEEPALIVED) {
          notes.push("a rule that is tracked has keepalived's own protocol, not the one given");
        }
        break;
      case "ipproto":
        rule.ipProtocol = ipProtocolOf(value);
        break;
      case "sport":
        rule.sourcePorts = rangeOf(name, value, 0xffff);
        break;
      case "dport":
        rule.destinationPorts = rangeOf(name, value, 0xffff);
        break;
      case "goto":
        rule.action = RULE_ACTIONS.goto;
        rule.goto = number(0xffffffff);
        break;
      case "nop":
      case "blackhole":
      case "unreachable":
      case "prohibit":
        rule.action = RULE_ACTIONS[name];
        break;
      case "type":
        rule.action = actionOf(value);
        break;
    }
  }
  if (rule.action === 0) {
    throw new WordProblem("a rule needs `table`, `l3mdev`, `goto` or an action such as `prohibit`");
  }
  if (rule.action !== RULE_ACTIONS.table) rule.table = 0;
  if (rule.l3mdev && rule.table !== 0) throw new WordProblem("a rule has either `table` or `l3mdev`");
  return { request: rule, tracked, notes };
}

function familyOfRule(options: readonly (readonly string[])[]): Family {
  const isSaid = (name: string): boolean => options.some(([option]) => option === name);
  const address = options.find(([name, value]) => (name === "from" || name === "to") && /[.:]/.test(value ?? ""))?.[1];
  if (address !== undefined) return familyOf(address);
  return isSaid("inet6") && !isSaid("inet") ? 6 : 4;
}

/** `all`, `default`, or address and prefix length, with host bits as they are. */
function prefixOf(name: string, text: string, family: Family): { address: string; prefixLength: number } {
  if (text === "all" || text === "default") return { address: family === 4 ? "0.0.0.0" : "::", prefixLength: 0 };
  const [address = "", length] = text.split("/");
  if (familyOf(address) !== family) throw new WordProblem(`\`${name}\` must be of IPv${family} here, not \`${text}\``);
  return { address, prefixLength: length === undefined ? (family === 4 ? 32 : 128) : Number(length) };
}

function markOf(text: string): Pick<RuleRequest, "mark" | "markMask"> {
  const [mark = "", mask, ...rest] = text.split("/");
  const [value, maskValue] = [plainNumber(mark), mask === undefined ? undefined : plainNumber(mask)];
  if (value !== undefined && rest.length === 0 && (mask === undefined || maskValue !== undefined)) {
    return { mark: value, ...(maskValue === undefined ? {} : { markMask: maskValue }) };
  }
  throw new WordProblem(`\`fwmark\` must be a number, or a number and a mask as \`1/0xff\`, not \`${text}\``);
}

function ipProtocolOf(text: string): number {
  const name = text.toLowerCase();
  const number = plainNumber(text, 255) ?? (Object.hasOwn(IP_PROTOCOLS, name) ? IP_PROTOCOLS[name] : undefined);
  if (number !== undefined) return number;
  throw new WordProblem(`\`ipproto\` must be a number from 0 to 255 or a name such as \`tcp\`, not \`${text}\``);
}

function actionOf(text: string): number {
  if (text === "nop" || text === "blackhole" || text === "unreachable" || text === "prohibit") {
    return RULE_ACTIONS[text];
  }
  throw new WordProblem(`\`type\` must be \`nop\`, \`blackhole\`, \`unreachable\` or \`prohibit\`, not \`${text}\``);
}
