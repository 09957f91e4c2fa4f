// One line of `virtual_ipaddress`: ADDR[/len] [brd IP|+|-] [dev IF] [scope S] [label L]. IPv4 only.
import { formatIp, ipv4ToNumber, parseIpv4 } from "../base/ip.ts";
import type { VirtualAddress } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import type { Token } from "./lexer.ts";
import { nearMiss } from "./near_miss.ts";
import type { Statement } from "./statement.ts";
import { checkIpv4, isInterfaceName, type Located, located } from "./values.ts";

/** rtnetlink scopes (rtnetlink(7), /etc/iproute2/rt_scopes). */
const SCOPES: ReadonlyMap<string, number> = new Map([
  ["global", 0],
  ["universe", 0],
  ["site", 200],
  ["link", 253],
  ["host", 254],
  ["nowhere", 255],
]);

type Option = "brd" | "broadcast" | "dev" | "scope" | "label";
const OPTIONS: readonly Option[] = ["brd", "broadcast", "dev", "scope", "label"];

/** Options of keepalived that are skipped with a warning; none of them takes a value but `preferred_lft`. */
const NOT_CARRIED_OUT = ["home", "-nodad", "mngtmpaddr", "autojoin", "no_track", "preferred_lft"];
/** Options of keepalived that would put the address elsewhere. */
const REFUSED = ["peer", "noprefixroute", "track_group", "use_vmac"];

/** What a line may leave out. */
export interface AddressDefaults {
  /** The interface of the instance. */
  readonly device: string;
}

/** Reads one line; undefined when it is wrong, which it has reported then. */
export function readAddressLine(
  statement: Statement,
  defaults: AddressDefaults,
  report: Report,
): VirtualAddress | undefined {
  const address = readAddress(statement.keyword, report);
  const options = readOptions(statement, report);
  if (address === undefined || options === undefined) return undefined;
  const scope = options.scope && readScope(options.scope, report);
  const device = options.dev && readDevice(options.dev, report);
  const label = options.label && readLabel(options.label, report);
  const broadcastOption = options.broadcast ?? options.brd;
  const broadcast = broadcastOption && readBroadcast(broadcastOption, address, report);
  return {
    address: address.text,
    prefixLength: address.prefixLength,
    device: device ?? defaults.device,
    ...(label === undefined ? {} : { label }),
    scope: scope ?? (address.text.startsWith("127.") ? 254 : 0),
    ...(broadcast === undefined ? {} : { broadcast }),
    location: placeOf(statement.keyword),
  };
}

interface Address {
  readonly text: string;
  readonly prefixLength: number;
}

function readAddress(token: Token, report: Report): Address | undefined {
  const [text = "", length, ...rest] = token.text.split("/");
  if (token.text.endsWith(",")) {
    const help = "each address has a line of its own, without commas";
    report.add("invalid-value", token, `\`${token.text}\` is not an address`, { help });
    return undefined;
  }
  const address = checkIpv4({ value: text, location: token }, "a virtual address", report);
  if (address === undefined) return undefined;
  if (length === undefined) return { text, prefixLength: 32 };
  if (rest.length === 0 && /^\d{1,2}$/.test(length) && Number(length) <= 32) {
    return { text, prefixLength: Number(length) };
  }
  report.add("invalid-value", token, `the prefix length must be from 0 to 32, not \`${[length, ...rest].join("/")}\``);
  return undefined;
}

function readOptions(statement: Statement, report: Report): Partial<Record<Option, Token>> | undefined {
  const options: Partial<Record<Option, Token>> = {};
  const words = statement.args;
  for (let at = 0; at < words.length; at++) {
    const name = words[at] as Token;
    const option = OPTIONS.find((known) => known === name.text);
    if (option === undefined) {
      if (!skipOption(name, report)) return undefined;
      if (name.text === "preferred_lft") at++;
      continue;
    }
    const value = words[++at];
    if (value === undefined) {
      report.add("missing-argument", name, `\`${name.text}\` needs a value`);
      return undefined;
    }
    options[option] = value;
  }
  return options;
}

/** @returns whether the line can be read on */
function skipOption(name: Token, report: Report): boolean {
  if (NOT_CARRIED_OUT.includes(name.text)) {
    report.add("not-carried-out", name, `\`${name.text}\` of an address is not carried out yet`);
    return true;
  }
  if (REFUSED.includes(name.text)) {
    report.add("not-supported-yet", name, `\`${name.text}\` of an address is not supported yet`);
    return false;
  }
  const isAddress = parseIpv4(name.text.split("/")[0] ?? "") !== undefined;
  const near = nearMiss(name.text, OPTIONS);
  report.add("invalid-value", name, `\`${name.text}\` is not an option of an address`, {
    help: isAddress ? "each address has a line of its own" : near && `did you mean \`${near}\`?`,
  });
  return false;
}

function readScope(token: Token, report: Report): number | undefined {
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

function readDevice(token: Token, report: Report): string | undefined {
  if (isInterfaceName(token.text)) return token.text;
  report.add("invalid-value", token, `\`dev\` must be an interface name of 1 to 15 characters, not \`${token.text}\``);
  return undefined;
}

function readLabel(token: Token, report: Report): string | undefined {
  if (token.text.length >= 1 && token.text.length <= 15) return token.text;
  report.add("invalid-value", token, `\`label\` must have 1 to 15 characters, not ${token.text.length}`);
  return undefined;
}

/** `+` sets the host bits, `-` clears them (ip-address(8)). */
function readBroadcast(token: Token, address: Address, report: Report): string | undefined {
  if (token.text !== "+" && token.text !== "-") return checkIpv4(located(token), "`brd`", report)?.value;
  const bytes = parseIpv4(address.text) ?? new Uint8Array(4);
  const hostMask = address.prefixLength === 32 ? 0 : 0xffffffff >>> address.prefixLength;
  const number = token.text === "+" ? (ipv4ToNumber(bytes) | hostMask) : (ipv4ToNumber(bytes) & ~hostMask);
  return formatIp(new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number].map((byte) => byte & 255)));
}

/** The device that an address line names, if it names one. */
export function deviceOf(statement: Statement): Located<string> | undefined {
  const at = statement.args.findLastIndex((word) => word.text === "dev");
  const device = at === -1 ? undefined : statement.args[at + 1];
  return device && located(device);
}
