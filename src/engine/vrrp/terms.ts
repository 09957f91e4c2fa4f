// From the configuration of an instance to the terms of the core, of acceptance and of packets. No state.
import { ipv4ToNumber, parseIpv4 } from "../../base/ip.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { Expectation } from "../../core/vrrp/acceptance.ts";
import type { RouterConfig } from "../../core/vrrp/state.ts";
import { type AdvertiserConfig, passwordBytes } from "./advertiser.ts";

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
  };
}

/** What packets of peers are judged by. */
export function expectationOf(config: VrrpInstance): Expectation {
  const { version, advertisementIntervalUs, authentication, unicastPeers, checksUnicastSource } = config;
  const peers = unicastPeers.map(({ address, minTtl = 0, maxTtl = 255 }) => {
    return { address: ipv4ToNumber(parseIpv4(address) ?? new Uint8Array(4)), minTtl, maxTtl };
  });
  const unicast = peers.length === 0 ? {} : { unicast: { peers, onlyPeers: checksUnicastSource } };
  return { version, advertisementIntervalUs, ...passwordOf(authentication), ...unicast };
}

/** What our own packets say. */
export function advertiserConfig(config: VrrpInstance): AdvertiserConfig {
  const { version, vrid, advertisementIntervalUs, authentication } = config;
  return {
    version,
    vrid,
    advertisementIntervalUs,
    ...passwordOf(authentication),
    addresses: advertisedAddresses(config),
    peers: config.unicastPeers.map(({ address }) => address),
    unicastTtl: config.unicastTtl,
  };
}

/** Addresses that stand in advertisements, in order. */
export function advertisedAddresses(config: VrrpInstance): string[] {
  return config.virtualAddresses.map((entry) => entry.address);
}

function passwordOf(authentication: VrrpInstance["authentication"]): { readonly password?: Uint8Array } {
  return authentication === undefined ? {} : { password: passwordBytes(authentication.password) };
}
