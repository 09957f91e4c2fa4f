// Rules of policy routing in rtnetlink's bytes (linux/fib_rules.h): requests to add and remove one, and what identifies one
// in the kernel's reports.
import type { Family } from "../base/ip.ts";
import {
  attributes,
  attributeText,
  type NetlinkMessage,
  type NetlinkWriter,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from "./netlink.ts";
import { addressBytes, addressText, bigEndian64, familyNumber, RTPROT_KEEPALIVED } from "./route.ts";

export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;
/** Multicast group of IPv4 rules for a monitor socket, as a mask. */
export const RTMGRP_IPV4_RULE = 0x80;
/** RTNLGRP_IPV6_RULE, the 19th group, as a mask. */
export const RTMGRP_IPV6_RULE = 0x40000;

const FIB_RULE_HEADER_BYTES = 12;
const FIB_RULE_INVERT = 2;
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_IIFNAME = 3;
const FRA_GOTO = 4;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_FLOW = 11;
const FRA_TUN_ID = 12;
const FRA_SUPPRESS_IFGROUP = 13;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FRA_FWMASK = 16;
const FRA_OIFNAME = 17;
const FRA_L3MDEV = 19;
const FRA_UID_RANGE = 20;
const FRA_PROTOCOL = 21;
const FRA_IP_PROTO = 22;
const FRA_SPORT_RANGE = 23;
const FRA_DPORT_RANGE = 24;

/** FR_ACT_...: what a rule does. */
export const RULE_ACTIONS = { table: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 } as const;

/** Both ends inclusive. */
type Range = readonly [first: number, last: number];

/** A rule to add or remove. Travels between processes as JSON. */
export interface RuleRequest {
  readonly family: Family;
  /** FR_ACT_... */
  readonly action: number;
  /** Lower ones are asked first. */
  readonly preference: number;
  readonly not: boolean;
  /** 0 where the action names none. */
  readonly table: number;
  readonly tos: number;
  readonly from?: { readonly address: string; readonly prefixLength: number };
  readonly to?: { readonly address: string; readonly prefixLength: number };
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: number;
  readonly markMask?: number;
  readonly realms?: number;
  readonly tunnelId?: number;
  readonly suppressPrefixLength?: number;
  readonly suppressGroup?: number;
  readonly uids?: Range;
  readonly l3mdev: boolean;
  readonly ipProtocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  readonly goto?: number;
  /** 0: nobody's. */
  readonly protocol: number;
}

/** Writes a request to add a rule. One that is there already is EEXIST. */
export function writeAddRule(writer: NetlinkWriter, rule: RuleRequest, sequence: number): void {
  writeRule(writer, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, sequence);
}

/** Writes a request to remove a rule: the first that is the same in all that is named. */
export function writeRemoveRule(writer: NetlinkWriter, rule: RuleRequest, sequence: number): void {
  writeRule(writer, RTM_DELRULE, 0, rule, sequence);
}

function writeRule(writer: NetlinkWriter, type: number, flags: number, rule: RuleRequest, sequence: number): void {
  const { table, from, to } = rule;
  const header = new Uint8Array(FIB_RULE_HEADER_BYTES);
  const smallTable = table > 255 ? 0 : table;
  header.set([familyNumber(rule.family), to?.prefixLength ?? 0, from?.prefixLength ?? 0, rule.tos, smallTable]);
  header[7] = rule.action;
  header[8] = rule.not ? FIB_RULE_INVERT : 0;
  writer.begin(type, NLM_F_REQUEST | NLM_F_ACK | flags, sequence).raw(header);
  if (from !== undefined) writer.data(FRA_SRC, addressBytes(from.address));
  if (to !== undefined) writer.data(FRA_DST, addressBytes(to.address));
  if (table > 255) writer.u32(FRA_TABLE, table);
  writer.u32(FRA_PRIORITY, rule.preference);
  if (rule.mark !== undefined) writer.u32(FRA_FWMARK, rule.mark);
  if (rule.markMask !== undefined) writer.u32(FRA_FWMASK, rule.markMask);
  if (rule.realms !== undefined) writer.u32(FRA_FLOW, rule.realms);
  if (rule.ipProtocol !== undefined) writer.u8(FRA_IP_PROTO, rule.ipProtocol);
  if (rule.sourcePorts !== undefined) writer.data(FRA_SPORT_RANGE, u16s(rule.sourcePorts));
  if (rule.destinationPorts !== undefined) writer.data(FRA_DPORT_RANGE, u16s(rule.destinationPorts));
  if (rule.uids !== undefined) writer.data(FRA_UID_RANGE, new Uint8Array(new Uint32Array(rule.uids).buffer));
  if (rule.iif !== undefined) writer.string(FRA_IIFNAME, rule.iif);
  if (rule.oif !== undefined) writer.string(FRA_OIFNAME, rule.oif);
  if (rule.tunnelId !== undefined) writer.data(FRA_TUN_ID, bigEndian64(rule.tunnelId));
  if (rule.suppressPrefixLength !== undefined) writer.u32(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength);
  if (rule.suppressGroup !== undefined) writer.u32(FRA_SUPPRESS_IFGROUP, rule.suppressGroup);
  if (rule.l3mdev) writer.u8(FRA_L3MDEV, 1);
  if (rule.goto !== undefined) writer.u32(FRA_GOTO, rule.goto);
  if (rule.protocol !== 0) writer.u8(FRA_PROTOCOL, rule.protocol);
  writer.end();
}

function u16s(range: Range): Uint8Array {
  return new Uint8Array(new Uint16Array(range).buffer);
}

/** What tells rules apart here. */
export interface RuleIdentity {
  readonly family: Family;
  readonly preference: number;
  readonly action: number;
  readonly not: boolean;
  readonly table: number;
  readonly tos: number;
  /** Address and prefix length; empty: all. */
  readonly from: string;
  readonly to: string;
  readonly iif: string;
  readonly oif: string;
  readonly mark: number;
}

/** A text that is the same for a request and for the kernel's reports of that rule. */
export function ruleKey(identity: RuleIdentity): string {
  const { family, preference, action, not, table, tos, from, to, iif, oif, mark } = identity;
  return [family, preference, action, not, table, tos, from, to, iif, oif, mark].join(" ");
}

/** What the kernel will report of a rule. */
export function ruleIdentityOf(rule: RuleRequest): RuleIdentity {
  const { family, preference, action, not, table, tos, from, to, iif = "", oif = "", mark = 0 } = rule;
  const text = (prefix: RuleRequest["from"]): string =>
    prefix === undefined || prefix.prefixLength === 0 ? "" : `${prefix.address}/${prefix.prefixLength}`;
  return { family, preference, action, not, table, tos, from: text(from), to: text(to), iif, oif, mark };
}

/** Reads RTM_NEWRULE or RTM_DELRULE of our protocol; undefined for every other rule, and for what is malformed. */
export function readOwnRule({ body }: NetlinkMessage): RuleIdentity | undefined {
  if (body.byteLength < FIB_RULE_HEADER_BYTES) return undefined;
  const number = body.getUint8(0);
  const family = number === familyNumber(4) ? 4 : number === familyNumber(6) ? 6 : undefined;
  const found = attributes(body, FIB_RULE_HEADER_BYTES);
  const protocol = found.get(FRA_PROTOCOL);
  if (family === undefined || protocol?.byteLength !== 1 || protocol.getUint8(0) !== RTPROT_KEEPALIVED) {
    return undefined;
  }
  const u32 = (type: number): number | undefined => {
    const value = found.get(type);
    return value !== undefined && value.byteLength >= 4 ? value.getUint32(0, true) : undefined;
  };
  const text = (type: number): string => {
    const value = found.get(type);
    return value === undefined ? "" : attributeText(value);
  };
  const prefix = (type: number, length: number): string => {
    const value = found.get(type);
    return value === undefined || length === 0 ? "" : `${addressText(value)}/${length}`;
  };
  return {
    family,
    preference: u32(FRA_PRIORITY) ?? 0,
    action: body.getUint8(7),
    not: (body.getUint32(8, true) & FIB_RULE_INVERT) !== 0,
    table: u32(FRA_TABLE) ?? body.getUint8(4),
    tos: body.getUint8(3),
    from: prefix(FRA_SRC, body.getUint8(2)),
    to: prefix(FRA_DST, body.getUint8(1)),
    iif: text(FRA_IIFNAME),
    oif: text(FRA_OIFNAME),
    mark: u32(FRA_FWMARK) ?? 0,
  };
}
