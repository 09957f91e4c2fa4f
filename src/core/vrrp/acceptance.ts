// Whether an advertisement that arrived is meant for a virtual router and may be believed: keepalived's checks in its order.
import type { Family } from "../../base/ip.ts";
import { compareAddress, destinationOffset, isMulticast, sourceOffset } from "../../wire/ip_packet.ts";
import type { AuthDiscard } from "./authentication.ts";
import type { Advertisement, AdvertisementFlaw } from "../../wire/vrrp.ts";
import { AUTH_IP_HEADER, AUTH_NONE, AUTH_SIMPLE_PASSWORD, VRRP_TTL } from "../../wire/vrrp.ts";

/** What a virtual router expects of its peers. */
export interface Expectation {
  readonly version: 2 | 3;
  readonly advertisementIntervalUs: number;
  /** 8 bytes, zero padded; undefined: no authentication. Version 2 only. */
  readonly password?: Uint8Array;
  /** Packets come with an Authentication Header, which is judged before. */
  readonly authHeader?: boolean;
  /** Where advertisements go that are not for one peer alone: 4 or 16 bytes, network order. */
  readonly group: Uint8Array;
  /** An address owner that listens to nobody; `owner_ignore_adverts`, RFC 9568 section 6.4.3. */
  readonly ignoresAll?: boolean;
  /** Peers send to us alone; undefined: to the group. */
  readonly unicast?: UnicastExpectation;
}

/** What is expected of unicast peers (keepalived.conf(5), unicast_peer). */
export interface UnicastExpectation {
  /** Addresses of 4 or 16 bytes, and the TTLs that their packets may have left. */
  readonly peers: readonly { readonly address: Uint8Array; readonly minTtl: number; readonly maxTtl: number }[];
  /** `check_unicast_src`: nobody else is believed. */
  readonly onlyPeers: boolean;
}

/** The IP packet that an advertisement came in; its header says where from and where to. */
export interface Carrier {
  readonly packet: Uint8Array;
  readonly family: Family;
  /** Hop limit in IPv6. */
  readonly ttl: number;
}

/** Why a packet was not believed; also the label of its counter. */
export type DiscardReason =
  | AdvertisementFlaw
  | "ttl"
  | "destination"
  | "source"
  | "auth-type"
  | "auth-fail"
  | "auth-header"
  | AuthDiscard
  | "interval"
  | "owner";

/**
 * Judges a well-formed advertisement for the VRID it names.
 *
 * @param carrier its TTL counts: to the group only 255 has not crossed a router (RFC 9568 section 5.1.1.3)
 * @returns undefined when it may be believed
 */
export function judge(
  advertisement: Advertisement,
  carrier: Carrier,
  expected: Expectation,
): DiscardReason | undefined {
  const flaw = expected.unicast === undefined
    ? judgeMulticast(carrier, expected.group)
    : judgeUnicast(carrier, expected.unicast);
  if (flaw !== undefined) return flaw;
  if (advertisement.version !== expected.version) return "version";
  return judgeVersion2(advertisement, expected) ?? (expected.ignoresAll ? "owner" : undefined);
}

/** Version 3 has neither passwords nor an interval to agree on. */
function judgeVersion2(advertisement: Advertisement, expected: Expectation): DiscardReason | undefined {
  if (advertisement.version === 3) return undefined;
  if (advertisement.authType !== wantedAuthType(expected)) return "auth-type";
  if (expected.password !== undefined && !equalBytes(advertisement.authData, expected.password)) return "auth-fail";
  // RFC 3768 section 7.1: a version 2 router with another interval is misconfigured; version 3 learns the interval.
  if (advertisement.advertisementIntervalUs !== expected.advertisementIntervalUs) return "interval";
  return undefined;
}

function wantedAuthType({ password, authHeader }: Expectation): number {
  if (password !== undefined) return AUTH_SIMPLE_PASSWORD;
  return authHeader ? AUTH_IP_HEADER : AUTH_NONE;
}

function judgeMulticast({ packet, family, ttl }: Carrier, group: Uint8Array): DiscardReason | undefined {
  if (ttl !== VRRP_TTL) return "ttl";
  return compareAddress(packet, destinationOffset(family), group) === 0 ? undefined : "destination";
}

/** One that peers send to the group is not meant for us, nor one that a peer has sent around too many routers. */
function judgeUnicast(
  { packet, family, ttl }: Carrier,
  { peers, onlyPeers }: UnicastExpectation,
): DiscardReason | undefined {
  if (isMulticast(packet, destinationOffset(family), family)) return "destination";
  const peer = peers.find(({ address }) => compareAddress(packet, sourceOffset(family), address) === 0);
  if (peer === undefined) return onlyPeers ? "source" : undefined;
  return ttl < peer.minTtl || ttl > peer.maxTtl ? "ttl" : undefined;
}

/** Compares all bytes whatever they are, so that the time tells nothing about how much of a password was right. */
function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= (left[at] as number) ^ (right[at] as number);
  return difference === 0;
}
