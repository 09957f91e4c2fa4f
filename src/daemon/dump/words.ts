// How keepalived words things in its dumps: addresses, scripts, states. Measured on 2.2.7.
import { commandWords } from "../../base/command_words.ts";
import type { Config, VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { Route, Rule, Script } from "../../config/config_vrrp.ts";
import type { TrackStatus } from "../../engine/vrrp/tracked_items.ts";
import type { VrrpCounters, VrrpInstanceSnapshot } from "../../ports/snapshot.ts";

/** What is dumped: the configuration, and how things are now. */
export interface DumpView {
  readonly config: Config;
  readonly instances: readonly VrrpInstanceSnapshot[];
  readonly track: TrackStatus;
  readonly nowMs: number;
}

/** One instance: what is configured, what is, and its counters since they were cleared. */
export interface DumpedInstance {
  readonly config: VrrpInstance;
  readonly now: VrrpInstanceSnapshot;
}

/** Instances that run, in the order of the configuration. */
export function dumpedInstances({ config, instances }: DumpView): DumpedInstance[] {
  const byName = new Map(instances.map((now) => [now.name, now]));
  return config.vrrpInstances.flatMap((entry) => {
    const now = byName.get(entry.name);
    return now === undefined ? [] : [{ config: entry, now }];
  });
}

/** keepalived's numbers of states. */
export const STATE_NUMBERS = { init: 0, backup: 1, master: 2, fault: 3 } as const;

/** rtnetlink's numbers of scopes. */
const SCOPES: Readonly<Record<number, string>> = { 0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere" };

/** An address as `10.9.0.100/24 dev eth0 scope global label eth0:1 set`. @param isSet it is on its interface */
export function addressText(entry: VirtualAddress, isSet: boolean): string {
  const isIpv6 = entry.address.includes(":");
  const isWhole = entry.prefixLength === (isIpv6 ? 128 : 32);
  return [
    isWhole ? entry.address : `${entry.address}/${entry.prefixLength}`,
    ...(entry.broadcast === undefined ? [] : [`brd ${entry.broadcast}`]),
    `dev ${entry.device}`,
    `scope ${SCOPES[entry.scope] ?? entry.scope}`,
    ...(entry.label === undefined ? [] : [`label ${entry.label}`]),
    ...(isIpv6 ? [`preferred_lft ${entry.preferredLifetime ?? (isWhole ? "0" : "forever")}`] : []),
    ...(isSet ? ["set"] : []),
  ].join(" ");
}

/** Whether the kernel has an address of an instance. */
export function isPresent({ now }: DumpedInstance, { address, device }: VirtualAddress): boolean {
  return now.virtualAddresses.some((entry) => entry.address === address && entry.device === device && entry.present);
}

/** A command as quoted words: `'/usr/bin/echo' 'a' 'b'`. */
export function scriptText({ command }: Script): string {
  const words = commandWords(command);
  return (words.ok ? words.value : [command]).map((word) => `'${word}'`).join(" ");
}

/** A route in the words of ip-route(8). */
export function routeText({ type, destination, options }: Route): string {
  const words = options.flat().join(" ");
  return [...(type === "unicast" ? [] : [type]), destination, words].filter((part) => part !== "").join(" ");
}

/** A rule in the words of ip-rule(8). */
export function ruleText({ options }: Rule): string {
  return options.flat().join(" ");
}

/** The counters by the names of the JSON. */
export function statsOf(counters: VrrpCounters): Record<string, number> {
  const discarded = (reason: string): number => counters.discarded[reason] ?? 0;
  return {
    advert_rcvd: counters.advertisementsReceived,
    advert_sent: counters.advertisementsSent,
    become_master: counters.becameMaster,
    release_master: counters.releasedMaster,
    packet_len_err: discarded("length"),
    advert_interval_err: discarded("interval"),
    ip_ttl_err: discarded("ttl"),
    invalid_type_rcvd: discarded("type"),
    addr_list_err: discarded("address-list"),
    invalid_authtype: 0,
    authtype_mismatch: discarded("auth-type"),
    auth_failure: discarded("auth-fail"),
    pri_zero_rcvd: counters.priorityZeroReceived,
    pri_zero_sent: counters.priorityZeroSent,
  };
}

/** `Sat Nov 21 07:36:41.708360 2026`, as asctime(3) with a fraction. */
export function clockText(ms: number): string {
  const date = new Date(ms);
  const [weekday, month, day, year] = date.toDateString().split(" ");
  const time = date.toTimeString().slice(0, 8);
  return `${weekday} ${month} ${day?.replace(/^0/, " ")} ${time}.${fraction(ms)} ${year}`;
}

/** Seconds with six digits behind the point. */
export function secondsText(ms: number): string {
  return `${Math.floor(ms / 1000)}.${fraction(ms)}`;
}

function fraction(ms: number): string {
  return String(Math.floor((ms % 1000) * 1000)).padStart(6, "0");
}
