// One line of `virtual_ipaddress` or `static_ipaddress` (keepalived.conf(5)): ADDRESS[/LENGTH] and options.
import { type Family, familyOf, formatIp, ipv4ToNumber, parseIp, parseIpv4 } from "../base/ip.ts";
import type { VirtualAddress } from "./config.ts";
import type { StaticEntry } from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { definedOnly, type Printed } from "./fields.ts";
import type { Token } from "./lexer.ts";
import { nearMiss } from "./near_miss.ts";
import type { Statement } from "./statement.ts";
import { isInterfaceName } from "./values.ts";

/** rtnetlink scopes (rtnetlink(7), /etc/iproute2/rt_scopes). */
const SCOPES: ReadonlyMap<string, number> = new Map([
  ["global", 0],
  ["universe", 0],
  ["site", 200],
  ["link", 253],
  ["host", 254],
  ["nowhere", 255],
]);

/** Options with a value behind them. */
const VALUE_OPTIONS = [
  "brd",
  "broadcast",
  "dev",
  "scope",
  "label",
  "peer",
  "preferred_lft",
  "track_group",
] as const;
/** Options that stand alone. */
export const FLAG_OPTIONS = [
  "home",
  "-nodad",
  "mngtmpaddr",
  "noprefixroute",
  "autojoin",
  "no_track",
  "use_vmac",
] as const;

type Option = typeof VALUE_OPTIONS[number];

/** What a line may leave out. */
export interface AddressDefaults {
  /** The interface of the instance. */
  readonly device: string;
}

/** Reads one line; undefined when it has no address, which it has reported then. */
export function readAddressLine(
  statement: Statement,
  defaults: AddressDefaults,
  report: Report,
): (VirtualAddress & StaticEntry) | undefined {
  const address = readAddress(statement.keyword, report);
  const { values, flags } = readOptions(statement, report);
  if (address === undefined) return undefined;
  const broadcast = values.broadcast ?? values.brd;
  return {
    address: address.text,
    prefixLength: address.prefixLength,
    device: readDevice(values.dev, report) ?? defaults.device,
    ...definedOnly({
      label: readLabel(values.label, report),
      broadcast: broadcast && readBroadcast(broadcast, address, report),
      peer: readPeer(values.peer, report),
      preferredLifetime: readLifetime(values.preferred_lft, address, report),
      trackGroup: values.track_group?.text,
      flags: flags.length === 0 ? undefined : flags.map(({ text }) => text),
    }),
    scope: readScope(values.scope, address, report) ?? (address.text.startsWith("127.") ? 254 : 0),
    location: placeOf(statement.keyword),
  };
}

/** Writes a line. */
export function printAddress(address: VirtualAddress & StaticEntry, defaults: AddressDefaults): Printed {
  const longest = familyOf(address.address) === 6 ? 128 : 32;
  const usualScope = address.address.startsWith("127.") ? 254 : 0;
  const option = (name: Option, value: string | undefined): string[] => value === undefined ? [] : [name, value];
  return {
    keyword: address.prefixLength === longest ? address.address : `${address.address}/${address.prefixLength}`,
    words: [
      ...option("brd", address.broadcast),
      ...option("dev", address.device === defaults.device ? undefined : address.device),
      ...option("scope", address.scope === usualScope ? undefined : nameOfScope(address.scope)),
      ...option("label", address.label),
      ...option("peer", address.peer),
      ...option("preferred_lft", address.preferredLifetime),
      ...option("track_group", address.trackGroup),
      ...address.flags ?? [],
    ],
  };
}

/** The device that an address line names, if it names one. */
export function deviceOf(statement: Statement): Token | undefined {
  const at = statement.args.findLastIndex((word) => word.text === "dev");
  return at === -1 ? undefined : statement.args[at + 1];
}

/** The family that a line looks like, whether or not its address is right. */
export function familyOfLine(statement: Statement | undefined): Family {
  return familyOf(statement?.keyword.text ?? "");
}

interface Address {
  readonly text: string;
  readonly prefixLength: number;
}

/** An address with the length of its prefix; that of a host where none is written. */
export function parsePrefix(text: string): Address | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  const longest = bytes.length * 8;
  const prefixLength = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  return prefixLength <= longest ? { text: formatIp(bytes), prefixLength } : undefined;
}

function readAddress(token: Token, report: Report): Address | undefined {
  const address = parsePrefix(token.text);
  if (address !== undefined) return address;
  const [text = "", length] = token.text.split("/");
  const bare = parseIp(text);
  if (token.text.endsWith(",")) {
    const help = "each address has a line of its own, without commas";
    report.add("invalid-address", token, `\`${token.text}\` is not an address`, { help });
  } else if (bare !== undefined) {
    const longest = bare.length * 8;
    report.add("invalid-value", token, `the prefix length must be from 0 to ${longest}, not \`${length}\``);
    return { text: formatIp(bare), prefixLength: longest };
  } else {
    const name = /\$\{?(\w+)/.exec(token.text)?.[1];
    report.add("invalid-address", token, `a virtual address must be an IP address, not \`${token.text}\``, {
      help: name && `no \`$${name}=\` comes before this line`,
    });
  }
  return undefined;
}

interface Options {
  readonly values: Partial<Record<Option, Token>>;
  readonly flags: readonly Token[];
}

/** keepalived skips what it does not know. */
function readOptions(statement: Statement, report: Report): Options {
  const values: Partial<Record<Option, Token>> = {};
  const flags: Token[] = [];
  for (let at = 0; at < statement.args.length; at++) {
    const name = statement.args[at] as Token;
    const option = VALUE_OPTIONS.find((known) => known === name.text);
    if (FLAG_OPTIONS.some((known) => known === name.text)) flags.push(name);
    else if (option === undefined) reportUnknown(name, report);
    else {
      const value = statement.args[++at];
      if (value === undefined) report.add("missing-argument", name, `\`${name.text}\` needs a value`);
      else values[option] = value;
    }
  }
  return { values, flags };
}

function reportUnknown(name: Token, report: Report): void {
  const isAddress = parseIp(name.text.split("/")[0] ?? "") !== undefined;
  const near = nearMiss(name.text, [...VALUE_OPTIONS, ...FLAG_OPTIONS]);
  report.add("invalid-value", name, `\`${name.text}\` is not an option of an address`, {
    help: isAddress ? "each address has a line of its own" : near && `did you mean \`${near}\`?`,
  });
}

function readScope(token: Token | undefined, address: Address, report: Report): number | undefined {
  if (token === undefined) return undefined;
  if (address.text.includes(":")) {
    report.add("value-ignored", token, "`scope` is ignored: the kernel sets that of IPv6 addresses itself");
    return undefined;
  }
  const named = SCOPES.get(token.text);
  if (named !== undefined) return named;
  if (/^\d{1,3}$/.test(token.text) && Number(token.text) <= 255) return Number(token.text);
  report.add(
    "invalid-value",
    token,
    `\`scope\` must be \`global\`, \`site\`, \`link\`, \`host\`, \`nowhere\` or 0 to 255, not \`${token.text}\``,
  );
  return undefined;
}

/** Seconds, or `forever`. */
function readLifetime(token: Token | undefined, address: Address, report: Report): string | undefined {
  if (token === undefined) return undefined;
  const isNumber = /^\d{1,10}$/.test(token.text) && Number(token.text) <= 0xffffffff;
  if (!isNumber && token.text !== "forever") {
    const message = `\`preferred_lft\` must be seconds up to ${0xffffffff} or \`forever\`, not \`${token.text}\``;
    report.add("invalid-value", token, message);
    return undefined;
  }
  if (familyOf(address.text) === 6) return token.text;
  report.add("value-ignored", token, "`preferred_lft` is ignored: keepalived has it for IPv6 addresses only");
  return undefined;
}

function nameOfScope(scope: number): string {
  return [...SCOPES].find(([, number]) => number === scope)?.[0] ?? String(scope);
}

function readDevice(token: Token | undefined, report: Report): string | undefined {
  if (token === undefined || isInterfaceName(token.text)) return token?.text;
  report.add("invalid-value", token, `\`dev\` must be an interface name of 1 to 15 characters, not \`${token.text}\``);
  return undefined;
}

function readLabel(token: Token | undefined, report: Report): string | undefined {
  if (token === undefined || (token.text.length >= 1 && token.text.length <= 15)) return token?.text;
  report.add("invalid-value", token, `\`label\` must have 1 to 15 characters, not ${token.text.length}`);
  return undefined;
}

function readPeer(token: Token | undefined, report: Report): string | undefined {
  if (token === undefined) return undefined;
  const peer = parsePrefix(token.text);
  if (peer !== undefined) return token.text.includes("/") ? `${peer.text}/${peer.prefixLength}` : peer.text;
  report.add("invalid-value", token, `\`peer\` must be an IP address, not \`${token.text}\``);
  return undefined;
}

/** `+` sets the host bits, `-` clears them (ip-address(8)). */
function readBroadcast(token: Token, address: Address, report: Report): string | undefined {
  const bytes = parseIpv4(address.text);
  const isWord = token.text === "+" || token.text === "-";
  if (bytes !== undefined && !isWord) {
    const broadcast = parseIpv4(token.text);
    if (broadcast !== undefined) return formatIp(broadcast);
  }
  if (bytes === undefined || !isWord) {
    report.add("invalid-value", token, `\`brd\` must be an IPv4 address, \`+\` or \`-\`, not \`${token.text}\``);
    return undefined;
  }
  const hostMask = address.prefixLength === 32 ? 0 : 0xffffffff >>> address.prefixLength;
  const number = token.text === "+" ? (ipv4ToNumber(bytes) | hostMask) : (ipv4ToNumber(bytes) & ~hostMask);
  return formatIp(new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number].map((byte) => byte & 255)));
}
