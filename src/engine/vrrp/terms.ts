// From the configuration of an instance to the terms of the core, of acceptance and of packets. No state.
import { assert } from "../../base/assert.ts";
import { parseIp } from "../../base/ip.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { Expectation } from "../../core/vrrp/acceptance.ts";
import type { RouterConfig } from "../../core/vrrp/state.ts";
import { type ChecksumForm, VRRP_GROUP, VRRP_GROUP6 } from "../../wire/vrrp.ts";
import { type AdvertiserConfig, passwordBytes } from "./advertiser.ts";
import type { PacketAuth } from "./packet_auth.ts";

/** What the state machine decides by. */
export function coreConfig(config: VrrpInstance): RouterConfig {
  return {
    version: config.version,
    priority: config.priority,
    advertisementIntervalUs: config.advertisementIntervalUs,
    initialState: config.initialState,
    preemptMode: config.preemptMode,
    preemptDelayUs: config.preemptDelayUs,
    announcements: config.gratuitousArp,
    downTimerAdverts: config.downTimerAdverts,
    silentTowardsLower: config.silentTowardsLower,
    advertisesBeforeGivingWay: config.advertisesBeforeGivingWay,
    ...(config.timerExpiredBackup === undefined ? {} : { timerExpiredBackup: config.timerExpiredBackup }),
  };
}

/** What packets of peers are judged by. */
export function expectationOf(config: VrrpInstance): Expectation {
  const { version, advertisementIntervalUs, authentication, unicastPeers, checksUnicastSource } = config;
  const peers = unicastPeers.map(({ address, minTtl = 0, maxTtl = 255 }) => {
    return { address: addressBytes(address), minTtl, maxTtl };
  });
  const unicast = peers.length === 0 ? {} : { unicast: { peers, onlyPeers: checksUnicastSource } };
  const ignoresAll = config.priority === 255 && config.ownerIgnoresAdverts;
  return {
    version,
    advertisementIntervalUs,
    group: groupOf(config),
    ignoresAll,
    authHeader: authentication?.type === "ah",
    ...passwordOf(authentication),
    ...unicast,
  };
}

/** Where advertisements go that are not for peers: 4 or 16 bytes. */
export function groupOf({ family, multicastGroup }: VrrpInstance): Uint8Array {
  if (multicastGroup !== undefined) return addressBytes(multicastGroup);
  return family === 6 ? VRRP_GROUP6 : VRRP_GROUP;
}

/**
 * Forms of the checksum that are believed, in order. Peers of old releases of keepalived are recognised by theirs, unless
 * `old_unicast_checksum` says that all have it, or none.
 */
export function checksumForms(config: VrrpInstance): readonly ChecksumForm[] {
  const { version, family, version3ChecksumAsVersion2, unicastPeers, oldUnicastChecksum } = config;
  if (version === 2 || family === 6) return ["standard"];
  if (version3ChecksumAsVersion2) return ["as-v2"];
  if (unicastPeers.length === 0 || oldUnicastChecksum === "never") return ["standard"];
  return oldUnicastChecksum === "always" ? ["old-unicast"] : ["standard", "old-unicast"];
}

/** What our own packets say. */
export function advertiserConfig(config: VrrpInstance, auth: PacketAuth | undefined): AdvertiserConfig {
  const { family, version, vrid, advertisementIntervalUs, authentication } = config;
  return {
    family,
    version,
    vrid,
    advertisementIntervalUs,
    ...passwordOf(authentication),
    ...(auth && { auth }),
    addresses: advertisedAddresses(config),
    group: groupOf(config),
    peers: config.unicastPeers.map(({ address }) => addressBytes(address)),
    checksumForm: checksumForms(config)[0] ?? "standard",
    unicastTtl: config.unicastTtl,
  };
}

/** Addresses that stand in advertisements, in order. */
export function advertisedAddresses(config: VrrpInstance): string[] {
  return config.virtualAddresses.map((entry) => entry.address);
}

function addressBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert(bytes !== undefined, `not an address: ${text}`);
  return bytes;
}

function passwordOf(authentication: VrrpInstance["authentication"]): { readonly password?: Uint8Array } {
  return authentication?.type === "pass" ? { password: passwordBytes(authentication.password) } : {};
}
