// Routes in rtnetlink's bytes (linux/rtnetlink.h, lwtunnel.h, mpls_iptunnel.h): requests to add, change and remove one, and
// what identifies one in the kernel's reports.
import { assert } from "../base/assert.ts";
import { type Family, formatIp, parseIp } from "../base/ip.ts";
import {
  attributeBytes,
  attributes,
  type NetlinkMessage,
  NetlinkWriter,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from "./netlink.ts";

export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
/** Multicast groups for a monitor socket, as a mask. */
export const RTMGRP_IPV4_ROUTE = 0x40;
export const RTMGRP_IPV6_ROUTE = 0x400;
/** The protocol of what keepalived sets, and so of what we track (linux/rtnetlink.h). */
export const RTPROT_KEEPALIVED = 18;
/** RT_TABLE_MAIN. */
export const MAIN_TABLE = 254;

const AF_INET = 2;
const AF_INET6 = 10;
const RTMSG_BYTES = 12;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_MULTIPATH = 9;
const RTA_FLOW = 11;
const RTA_TABLE = 15;
const RTA_VIA = 18;
const RTA_PREF = 20;
const RTA_ENCAP_TYPE = 21;
const RTA_ENCAP = 22;
const RTA_EXPIRES = 23;
const RTA_TTL_PROPAGATE = 26;
const RTNH_F_ONLINK = 4;
const RTNEXTHOP_BYTES = 8;
const RTAX_LOCK = 1;
const RTAX_CC_ALGO = 16;
/** LWTUNNEL_ENCAP_... and the attributes of each. */
const ENCAP_MPLS = 1;
const ENCAP_IP = 2;
const ENCAP_IP6 = 4;
const LWTUNNEL_IP_ID = 1;
const LWTUNNEL_IP_DST = 2;
const LWTUNNEL_IP_SRC = 3;
const LWTUNNEL_IP_TTL = 4;
const LWTUNNEL_IP_TOS = 5;
const MPLS_IPTUNNEL_DST = 1;
const MPLS_IPTUNNEL_TTL = 2;
const MPLS_BOTTOM_OF_STACK = 0x100;

/** A tunnel that packets of a route enter. */
export type RouteEncapsulation =
  | {
    readonly type: "ip" | "ip6";
    /** Tunnel id, of 64 bits in the kernel and 53 here. */
    readonly id?: number;
    readonly destination?: string;
    readonly source?: string;
    /** TTL or hop limit. */
    readonly ttl?: number;
    /** TOS or traffic class. */
    readonly tos?: number;
  }
  | { readonly type: "mpls"; readonly labels: readonly number[]; readonly ttl?: number };

/** Where packets go. */
export interface RouteHop {
  /** Of either family: an IPv4 route may have an IPv6 gateway. */
  readonly gateway?: string;
  readonly device?: string;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onlink?: true;
  /** Source realm in the upper, destination realm in the lower 16 bits. */
  readonly realms?: number;
  readonly encapsulation?: RouteEncapsulation;
}

/** A route to add or remove. Travels between processes as JSON. */
export interface RouteRequest extends RouteHop {
  readonly family: Family;
  /** rtm_type: 1 unicast, 6 blackhole ... */
  readonly type: number;
  readonly destination: string;
  readonly prefixLength: number;
  /** Address that packets are sent from. */
  readonly source?: string;
  readonly tos: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  /** RTA_PRIORITY: the lowest wins. */
  readonly metric?: number;
  readonly expiresSeconds?: number;
  /** IPv6 router preference: 0 medium, 1 high, 3 low. */
  readonly preference?: number;
  readonly ttlPropagate?: boolean;
  /** RTAX_... and value, in the order of the file. */
  readonly metrics: readonly (readonly [number, number])[];
  readonly congestionControl?: string;
  /** Bit of each RTAX_... that the kernel must not change. */
  readonly locks: number;
  /** Several ways, instead of the one above. */
  readonly hops: readonly (RouteHop & { readonly weight: number })[];
  /** Among routes to the same destination; `add`: only if there is none. */
  readonly position: "prepend" | "append" | "add";
}

/** Index of an interface by its name. May throw: then nothing is sent. */
export type IndexOf = (device: string) => number;

/** Writes a request to add a route. One that is there exactly so is EEXIST. */
export function writeAddRoute(writer: NetlinkWriter, route: RouteRequest, indexOf: IndexOf, sequence: number): void {
  const flags = { prepend: 0, append: NLM_F_APPEND, add: NLM_F_EXCL }[route.position];
  writeRoute(writer, RTM_NEWROUTE, NLM_F_CREATE | flags, route, indexOf, sequence);
}

/** Writes a request to put a route in the place of the first one with its destination, table, TOS and metric. */
export function writeReplaceRoute(
  writer: NetlinkWriter,
  route: RouteRequest,
  indexOf: IndexOf,
  sequence: number,
): void {
  writeRoute(writer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route, indexOf, sequence);
}

/** Writes a request to remove a route: only one that is the same in everything. */
export function writeRemoveRoute(
  writer: NetlinkWriter,
  route: RouteRequest,
  indexOf: IndexOf,
  sequence: number,
): void {
  writeRoute(writer, RTM_DELROUTE, 0, route, indexOf, sequence);
}

function writeRoute(
  writer: NetlinkWriter,
  type: number,
  flags: number,
  route: RouteRequest,
  indexOf: IndexOf,
  sequence: number,
): void {
  const { table, hops } = route;
  const header = new Uint8Array(RTMSG_BYTES);
  const smallTable = table > 255 ? 0 : table;
  header.set([familyNumber(route.family), route.prefixLength, 0, route.tos, smallTable, route.protocol, route.scope]);
  header[7] = route.type;
  header[8] = route.onlink === true ? RTNH_F_ONLINK : 0;
  const parts = new NetlinkWriter(256);
  const destination = addressBytes(route.destination);
  if (route.prefixLength > 0) parts.data(RTA_DST, destination);
  if (route.source !== undefined) parts.data(RTA_PREFSRC, addressBytes(route.source));
  if (hops.length === 0) writeWay(parts, route);
  if (route.metric !== undefined) parts.u32(RTA_PRIORITY, route.metric);
  if (table > 255) parts.u32(RTA_TABLE, table);
  if (hops.length === 0 && route.device !== undefined) parts.u32(RTA_OIF, indexOf(route.device));
  writeMetrics(parts, route);
  if (hops.length > 0) {
    if (route.realms !== undefined) parts.u32(RTA_FLOW, route.realms);
    const all = new NetlinkWriter(256);
    for (const hop of hops) writeHop(all, hop, indexOf);
    parts.data(RTA_MULTIPATH, all.bytes.subarray(0, all.length));
  }
  if (route.expiresSeconds !== undefined) parts.u32(RTA_EXPIRES, route.expiresSeconds);
  if (route.preference !== undefined) parts.u8(RTA_PREF, route.preference);
  if (route.ttlPropagate !== undefined) parts.u8(RTA_TTL_PROPAGATE, route.ttlPropagate ? 1 : 0);
  writer.begin(type, NLM_F_REQUEST | NLM_F_ACK | flags, sequence).raw(header);
  writer.raw(parts.bytes.subarray(0, parts.length)).end();
}

/** Gateway, tunnel and realms: the same for a route with one way and for each of several. */
function writeWay(writer: NetlinkWriter, hop: RouteHop): void {
  const { gateway, encapsulation, realms } = hop;
  if (encapsulation !== undefined) writeEncapsulation(writer, encapsulation);
  if (gateway !== undefined) writeGateway(writer, gateway, hop);
  if (realms !== undefined) writer.u32(RTA_FLOW, realms);
}

/** A gateway of the other family goes into RTA_VIA, with its family in front. */
function writeGateway(writer: NetlinkWriter, gateway: string, hop: RouteHop & { family?: Family }): void {
  const bytes = addressBytes(gateway);
  const isOther = hop.family !== undefined && (hop.family === 4) !== (bytes.length === 4);
  if (!isOther) return void writer.data(RTA_GATEWAY, bytes);
  writer.data(RTA_VIA, [familyNumber(bytes.length === 4 ? 4 : 6), 0, ...bytes]);
}

/** struct rtnexthop: its length, flags, hops (weight - 1) and interface, then attributes. */
function writeHop(writer: NetlinkWriter, hop: RouteHop & { weight: number }, indexOf: IndexOf): void {
  const attributesOf = new NetlinkWriter(64);
  writeWay(attributesOf, hop);
  const header = new Uint8Array(RTNEXTHOP_BYTES);
  const view = new DataView(header.buffer);
  view.setUint16(0, RTNEXTHOP_BYTES + attributesOf.length, true);
  view.setUint8(2, hop.onlink === true ? RTNH_F_ONLINK : 0);
  view.setUint8(3, hop.weight - 1);
  if (hop.device !== undefined) view.setInt32(4, indexOf(hop.device), true);
  writer.raw(header).raw(attributesOf.bytes.subarray(0, attributesOf.length));
}

function writeMetrics(writer: NetlinkWriter, { metrics, congestionControl, locks }: RouteRequest): void {
  const inner = new NetlinkWriter(64);
  for (const [metric, value] of metrics) inner.u32(metric, value);
  if (congestionControl !== undefined) inner.string(RTAX_CC_ALGO, congestionControl);
  if (locks !== 0) inner.u32(RTAX_LOCK, locks);
  if (inner.length > 0) writer.data(RTA_METRICS, inner.bytes.subarray(0, inner.length));
}

function writeEncapsulation(writer: NetlinkWriter, encapsulation: RouteEncapsulation): void {
  if (encapsulation.type === "mpls") {
    const { labels, ttl } = encapsulation;
    // Label in the upper 20 bits, then 3 bits of traffic class, the end of the stack, and the TTL, in network order.
    const stack = labels.map((label, at) => label * 0x1000 + (at === labels.length - 1 ? MPLS_BOTTOM_OF_STACK : 0));
    const bytes = stack.flatMap((entry) => [entry >>> 24, (entry >>> 16) & 255, (entry >>> 8) & 255, entry & 255]);
    writer.nest(RTA_ENCAP, () => {
      writer.data(MPLS_IPTUNNEL_DST, bytes);
      if (ttl !== undefined) writer.u8(MPLS_IPTUNNEL_TTL, ttl);
    }).u16(RTA_ENCAP_TYPE, ENCAP_MPLS);
    return;
  }
  const { type, id, destination, source, ttl, tos } = encapsulation;
  writer.nest(RTA_ENCAP, () => {
    if (id !== undefined) writer.data(LWTUNNEL_IP_ID, bigEndian64(id));
    if (destination !== undefined) writer.data(LWTUNNEL_IP_DST, addressBytes(destination));
    if (source !== undefined) writer.data(LWTUNNEL_IP_SRC, addressBytes(source));
    if (ttl !== undefined) writer.u8(LWTUNNEL_IP_TTL, ttl);
    if (tos !== undefined) writer.u8(LWTUNNEL_IP_TOS, tos);
  }).u16(RTA_ENCAP_TYPE, type === "ip" ? ENCAP_IP : ENCAP_IP6);
}

/** What tells routes of one kernel apart here; `interfaceIndex` and `gateway` only of routes with one way. */
export interface RouteIdentity {
  readonly family: Family;
  readonly destination: string;
  readonly prefixLength: number;
  readonly tos: number;
  readonly table: number;
  readonly metric: number;
  readonly interfaceIndex: number;
  readonly gateway: string;
}

/** The IPv6 metric that the kernel takes for none (IP6_RT_PRIO_USER). */
const IPV6_METRIC = 1024;

/** A text that is the same for a request and for the kernel's reports of that route. */
export function routeKey(identity: RouteIdentity): string {
  const { family, destination, prefixLength, tos, table, metric, interfaceIndex, gateway } = identity;
  return `${family} ${destination}/${prefixLength} ${tos} ${table} ${metric} ${interfaceIndex} ${gateway}`;
}

/** What the kernel will report of a route. */
export function identityOf(route: RouteRequest, indexOf: IndexOf): RouteIdentity {
  const { family, prefixLength, tos, table, metric = 0, hops } = route;
  const one = hops.length === 0;
  return {
    family,
    destination: maskedAddress(route.destination, prefixLength),
    prefixLength,
    tos: family === 4 ? tos : 0,
    table,
    metric: family === 6 && metric === 0 ? IPV6_METRIC : metric,
    interfaceIndex: one && route.device !== undefined ? indexOf(route.device) : 0,
    gateway: one && route.gateway !== undefined ? formatIp(addressBytes(route.gateway)) : "",
  };
}

/** Reads RTM_NEWROUTE or RTM_DELROUTE of our protocol; undefined for every other route, and for what is malformed. */
export function readOwnRoute({ body }: NetlinkMessage): RouteIdentity | undefined {
  if (body.byteLength < RTMSG_BYTES || body.getUint8(5) !== RTPROT_KEEPALIVED) return undefined;
  const number = body.getUint8(0);
  const family = number === AF_INET ? 4 : number === AF_INET6 ? 6 : undefined;
  if (family === undefined) return undefined;
  const found = attributes(body, RTMSG_BYTES);
  const u32 = (type: number): number | undefined => {
    const value = found.get(type);
    return value !== undefined && value.byteLength >= 4 ? value.getUint32(0, true) : undefined;
  };
  const destination = found.get(RTA_DST);
  const isPlain = !found.has(RTA_MULTIPATH);
  return {
    family,
    destination: destination === undefined ? (family === 4 ? "0.0.0.0" : "::") : addressText(destination),
    prefixLength: body.getUint8(1),
    tos: body.getUint8(3),
    table: u32(RTA_TABLE) ?? body.getUint8(4),
    metric: u32(RTA_PRIORITY) ?? 0,
    interfaceIndex: isPlain ? u32(RTA_OIF) ?? 0 : 0,
    gateway: isPlain ? gatewayText(found) : "",
  };
}

function gatewayText(found: ReadonlyMap<number, DataView>): string {
  const gateway = found.get(RTA_GATEWAY);
  if (gateway !== undefined) return addressText(gateway);
  const via = found.get(RTA_VIA);
  return via === undefined || via.byteLength < 2
    ? ""
    : addressText(new DataView(via.buffer, via.byteOffset + 2, via.byteLength - 2));
}

/** Text of an address attribute; empty when it is as long as no address. */
export function addressText(value: DataView): string {
  return value.byteLength === 4 || value.byteLength === 16 ? formatIp(attributeBytes(value)) : "";
}

/** 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert(bytes !== undefined, `not an address: ${text}`);
  return bytes;
}

/** AF_INET or AF_INET6. */
export function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}

function maskedAddress(text: string, prefixLength: number): string {
  const bytes = addressBytes(text).slice();
  for (let at = 0; at < bytes.length; at++) {
    const bits = Math.max(0, Math.min(8, prefixLength - at * 8));
    bytes[at] = (bytes[at] ?? 0) & (0xff00 >> bits);
  }
  return formatIp(bytes);
}

/** A number up to 2^53 as eight bytes in network order. */
export function bigEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), false);
  return bytes;
}
