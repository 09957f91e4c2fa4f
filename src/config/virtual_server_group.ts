// `virtual_server_group`: addresses, ranges and firewall marks that share their real servers.
import { formatIp, MAX_RANGE, parseIp, rangeSize } from "../base/ip.ts";
import type { GroupEntry, VirtualServerGroup } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import type { Printed } from "./fields.ts";
import { endOf, headOf, type Statement } from "./statement.ts";
import { nameOf } from "./tracking.ts";
import { readNumber } from "./values.ts";
import { readPort } from "./values_composite.ts";

/** Reads a group; undefined when it has no entries, which it has reported then. */
export function readVirtualServerGroup(statement: Statement, report: Report): VirtualServerGroup | undefined {
  const name = nameOf(statement, report);
  const entries = (statement.block?.statements ?? []).map((line) => readEntry(line, report))
    .filter((entry) => entry !== undefined);
  if (name === undefined) return undefined;
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size > MAX_RANGE) {
    const message = `\`virtual_server_group ${name}\` stands for more than ${MAX_RANGE} services, so it is left out`;
    report.add("value-ignored", placeOf(headOf(statement)), message);
    return undefined;
  }
  if (entries.length === 0) {
    const message = `\`virtual_server_group ${name}\` has no entries, so it is left out`;
    report.add("value-ignored", endOf(statement), message);
    return undefined;
  }
  return { name, entries, location: placeOf(headOf(statement)) };
}

function sizeOf(entry: GroupEntry): number {
  return entry.kind === "fwmark" ? 1 : rangeSize(entry.first, entry.last);
}

/** Writes a group. */
export function printVirtualServerGroup({ name, entries }: VirtualServerGroup): Printed {
  return { keyword: "virtual_server_group", words: [name], block: entries.map(printEntry) };
}

function printEntry(entry: GroupEntry): Printed {
  if (entry.kind === "fwmark") {
    const family = entry.family === undefined ? [] : [entry.family === 6 ? "inet6" : "inet"];
    return { keyword: "fwmark", words: [String(entry.mark), ...family] };
  }
  const range = entry.first === entry.last ? entry.first : `${entry.first}-${entry.last}`;
  return { keyword: range, words: entry.port === 0 ? [] : [String(entry.port)] };
}

/** `ADDRESS[/LENGTH] | ADDRESS-LAST [PORT]`, `fwmark NUMBER [inet|inet6]`. */
function readEntry(line: Statement, report: Report): GroupEntry | undefined {
  if (line.keyword.text === "fwmark") return readMark(line, report);
  const range = readRange(line.keyword.text);
  if (range === undefined) {
    const message = `an entry of a group must be an address, a range or \`fwmark\`, not \`${line.keyword.text}\``;
    report.add("invalid-value", line.keyword, message, { help: "such as `192.0.2.1-10 80`" });
    return undefined;
  }
  const port = line.args[0] === undefined ? 0 : readPort(line, 0, report);
  return port === undefined ? undefined : { kind: "range", ...range, port };
}

function readMark(line: Statement, report: Report): GroupEntry | undefined {
  const [number, family] = line.args;
  const rule = "needs a number from 1 to 4294967295";
  const limits = { min: 1, max: 4_294_967_295, rule, pattern: /^\d{1,10}/ };
  const mark = readNumber(line, number?.text ?? "", limits, report);
  if (mark === undefined) return undefined;
  const version = family?.text === "inet6" ? 6 : family?.text === "inet" ? 4 : undefined;
  return { kind: "fwmark", mark, ...(version === undefined ? {} : { family: version }) };
}

/** First and last address of `A`, `A/24`, `A-LASTBYTE` or `A-B`. */
function readRange(text: string): { first: string; last: string } | undefined {
  const [from = "", to] = text.split("-");
  const [address = "", length] = from.split("/");
  const first = parseIp(address);
  if (first === undefined) return undefined;
  if (length !== undefined) {
    const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
    if (to !== undefined || !(bits <= first.length * 8)) return undefined;
    return { first: formatIp(withHostBits(first, bits, 0)), last: formatIp(withHostBits(first, bits, 1)) };
  }
  if (to === undefined) return { first: formatIp(first), last: formatIp(first) };
  const last = to.includes(".") || to.includes(":") ? parseIp(to) : withLastPart(first, to);
  if (last === undefined || last.length !== first.length || compare(first, last) > 0) return undefined;
  return { first: formatIp(first), last: formatIp(last) };
}

function withHostBits(address: Uint8Array, prefixLength: number, bit: 0 | 1): Uint8Array {
  return address.map((byte, index) => {
    const kept = Math.max(0, Math.min(8, prefixLength - index * 8));
    const mask = 0xff >> kept;
    return bit === 1 ? byte | mask : byte & ~mask;
  });
}

/** The last byte of an IPv4 address in decimal, the last group of an IPv6 address in hexadecimal. */
function withLastPart(address: Uint8Array, text: string): Uint8Array | undefined {
  const isVersion6 = address.length === 16;
  if (!(isVersion6 ? /^[0-9a-f]{1,4}$/i : /^\d{1,3}$/).test(text)) return undefined;
  const value = parseInt(text, isVersion6 ? 16 : 10);
  if (!isVersion6 && value > 255) return undefined;
  const bytes = address.slice();
  bytes[bytes.length - 1] = value & 255;
  if (isVersion6) bytes[bytes.length - 2] = value >> 8;
  return bytes;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
