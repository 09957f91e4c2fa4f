// Links and addresses in rtnetlink's bytes (linux/rtnetlink.h, if_link.h, if_addr.h). IPv4 and IPv6 alike.
import { familyOf, formatIp, parseIp } from "../base/ip.ts";
import { assert } from "../base/assert.ts";
import {
  attributeBytes,
  attributes,
  attributeText,
  type NetlinkMessage,
  type NetlinkWriter,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from "./netlink.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** Multicast groups for a monitor socket, as a mask. */
export const RTMGRP_LINK = 0x1;
export const RTMGRP_IPV4_IFADDR = 0x10;
export const RTMGRP_IPV6_IFADDR = 0x100;

const AF_INET = 2;
const AF_INET6 = 10;
const IFINFOMSG_BYTES = 16;
const IFADDRMSG_BYTES = 8;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** A link as the kernel reports it. */
export interface LinkReport {
  readonly index: number;
  readonly name: string;
  /** Administratively up, and operational: with carrier. */
  readonly up: boolean;
  /** 6 bytes on Ethernet; empty where a link has none. */
  readonly hardwareAddress: Uint8Array;
}

/** An address as the kernel reports it. */
export interface AddressReport {
  readonly interfaceIndex: number;
  readonly address: string;
  readonly prefixLength: number;
  /** IPv6: duplicate address detection has not found it free, or has found that it is not. */
  readonly tentative: boolean;
}

/** An address to add or remove. */
export interface AddressRequest {
  readonly interfaceIndex: number;
  readonly address: string;
  readonly prefixLength: number;
  /** Scope number: 0 global, 253 link, 254 host. */
  readonly scope: number;
  readonly label?: string;
  readonly broadcast?: string;
  /** The other end of a point-to-point link; with a prefix length, that one counts. */
  readonly peer?: string;
  /** IPv6: seconds, or `forever`. */
  readonly preferredLifetime?: string;
  /** Words of ip-address(8). */
  readonly flags?: readonly string[];
}

/** Writes the request for a dump of all links or all addresses. */
export function writeDumpRequest(
  writer: NetlinkWriter,
  type: typeof RTM_GETLINK | typeof RTM_GETADDR,
  sequence: number,
): void {
  const header = new Uint8Array(type === RTM_GETLINK ? IFINFOMSG_BYTES : IFADDRMSG_BYTES);
  writer.begin(type, NLM_F_REQUEST | NLM_F_DUMP, sequence).raw(header).end();
}

/** Writes a request to add an address; one that is there already is replaced, which is no error. */
export function writeAddAddress(writer: NetlinkWriter, request: AddressRequest, sequence: number): void {
  writeAddress(writer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, request, sequence);
}

/** Writes a request to remove an address; label and broadcast do not matter for it. */
export function writeRemoveAddress(writer: NetlinkWriter, request: AddressRequest, sequence: number): void {
  const { interfaceIndex, address, prefixLength, scope, peer } = request;
  const own = { interfaceIndex, address, prefixLength, scope, ...(peer === undefined ? {} : { peer }) };
  writeAddress(writer, RTM_DELADDR, 0, own, sequence);
}

function writeAddress(
  writer: NetlinkWriter,
  type: number,
  flags: number,
  request: AddressRequest,
  sequence: number,
): void {
  const family = familyOf(request.address) === 4 ? AF_INET : AF_INET6;
  const isNewVersion6 = family === AF_INET6 && type === RTM_NEWADDR;
  const flagBits = type === RTM_NEWADDR ? flagsOf(request, family) : 0;
  const [peer, peerLength] = request.peer?.split("/") ?? [];
  const prefixLength = peerLength === undefined ? request.prefixLength : Number(peerLength);
  const header = new Uint8Array(IFADDRMSG_BYTES);
  header.set([family, prefixLength, flagBits, request.scope]); // what is above a byte of flags goes into IFA_FLAGS
  new DataView(header.buffer).setUint32(4, request.interfaceIndex, true);
  const address = addressBytes(request.address);
  writer.begin(type, NLM_F_REQUEST | NLM_F_ACK | flags, sequence).raw(header);
  writer.data(IFA_LOCAL, address).data(IFA_ADDRESS, peer === undefined ? address : addressBytes(peer));
  if (request.broadcast !== undefined) writer.data(IFA_BROADCAST, addressBytes(request.broadcast));
  if (request.label !== undefined) writer.string(IFA_LABEL, request.label);
  if (flagBits > 0xff) writer.u32(IFA_FLAGS, flagBits);
  if (isNewVersion6) writeLifetime(writer, request);
  writer.end();
}

/** No duplicate address detection: the address must answer at once, and its last owner may not be gone (linux/if_addr.h). */
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const FOREVER = 0xffffffff;
/** linux/if_addr.h, by the words of ip-address(8). */
const FLAGS: Readonly<Record<string, number>> = {
  home: 0x10,
  mngtmpaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
};

function flagsOf({ flags = [] }: AddressRequest, family: number): number {
  const noDetection = family === AF_INET6 && !flags.includes("-nodad") ? IFA_F_NODAD : 0;
  return flags.reduce((bits, flag) => bits | (Object.hasOwn(FLAGS, flag) ? FLAGS[flag] ?? 0 : 0), noDetection);
}

/** struct ifa_cacheinfo: preferred for so long, valid for ever. The host does not send from one that is preferred for 0 s. */
function writeLifetime(writer: NetlinkWriter, { preferredLifetime, prefixLength }: AddressRequest): void {
  const lifetime = preferredLifetime ?? (prefixLength === 128 ? "0" : "forever"); // keepalived deprecates each /128
  if (lifetime === "forever") return;
  const info = new Uint8Array(16);
  new DataView(info.buffer).setUint32(0, Number(lifetime), true);
  new DataView(info.buffer).setUint32(4, FOREVER, true);
  writer.data(IFA_CACHEINFO, info);
}

function addressBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert(bytes !== undefined, `not an address: ${text}`);
  return bytes;
}

/** Reads RTM_NEWLINK or RTM_DELLINK; undefined when it is too short or has no name. */
export function readLink(message: NetlinkMessage): LinkReport | undefined {
  const { body } = message;
  if (body.byteLength < IFINFOMSG_BYTES) return undefined;
  const found = attributes(body, IFINFOMSG_BYTES);
  const name = found.get(IFLA_IFNAME);
  if (name === undefined) return undefined;
  const flags = body.getUint32(8, true);
  const hardwareAddress = found.get(IFLA_ADDRESS);
  return {
    index: body.getInt32(4, true),
    name: attributeText(name),
    up: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    hardwareAddress: hardwareAddress === undefined ? new Uint8Array() : attributeBytes(hardwareAddress).slice(),
  };
}

/** Reads RTM_NEWADDR or RTM_DELADDR; undefined when it is too short or has no address of its family's length. */
export function readAddress(message: NetlinkMessage): AddressReport | undefined {
  const { body } = message;
  if (body.byteLength < IFADDRMSG_BYTES) return undefined;
  const family = body.getUint8(0);
  const found = attributes(body, IFADDRMSG_BYTES);
  // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL ours; IPv6 has only IFA_ADDRESS.
  const value = found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS);
  const length = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  if (value === undefined || value.byteLength !== length) return undefined;
  return {
    interfaceIndex: body.getUint32(4, true),
    address: formatIp(attributeBytes(value)),
    prefixLength: body.getUint8(1),
    tentative: (body.getUint8(2) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
  };
}
