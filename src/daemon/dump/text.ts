// keepalived.data and keepalived.stats: the lines of keepalived's dumps (measured on 2.2.7) about instances, sync groups,
// scripts and files, in its words and with its indents, so that what parses them goes on parsing.
import type { VirtualAddress } from "../../config/config.ts";
import type { TrackedItem } from "../../config/config_vrrp.ts";
import {
  addressText,
  clockText,
  type DumpedInstance,
  dumpedInstances,
  type DumpView,
  isPresent,
  routeText,
  ruleText,
  scriptText,
  secondsText,
  statsOf,
} from "./words.ts";

/** The text of keepalived.stats. */
export function statsText(view: DumpView): string {
  return dumpedInstances(view).flatMap(({ config, now }) => {
    const stats = statsOf(now.counters);
    return [
      `VRRP Instance: ${config.name}`,
      "  Advertisements:",
      `    Received: ${stats.advert_rcvd}`,
      `    Sent: ${stats.advert_sent}`,
      `  Became master: ${stats.become_master}`,
      `  Released master: ${stats.release_master}`,
      "  Packet Errors:",
      `    Length: ${stats.packet_len_err}`,
      `    TTL: ${stats.ip_ttl_err}`,
      `    Invalid Type: ${stats.invalid_type_rcvd}`,
      `    Advertisement Interval: ${stats.advert_interval_err}`,
      `    Address List: ${stats.addr_list_err}`,
      "  Authentication Errors:",
      `    Invalid Type: ${stats.invalid_authtype}`,
      `    Type Mismatch: ${stats.authtype_mismatch}`,
      `    Failure: ${stats.auth_failure}`,
      "  Priority Zero:",
      `    Received: ${stats.pri_zero_rcvd}`,
      `    Sent: ${stats.pri_zero_sent}`,
    ];
  }).map((line) => `${line}\n`).join("");
}

/** The text of keepalived.data. */
export function dataText(view: DumpView): string {
  const { config, track } = view;
  const instances = dumpedInstances(view);
  const lines = [
    "------< Global definitions >------",
    ` Router ID = ${config.routerId}`,
    ` VRRP IPv4 mcast group = ${config.global.multicastGroup4}`,
    ` VRRP IPv6 mcast group = ${config.global.multicastGroup6}`,
    ` VRRP default protocol version = ${config.global.vrrpVersion}`,
    ` Script security ${config.global.scriptSecurity ? "enabled" : "disabled"}`,
  ];
  if (instances.length > 0) {
    lines.push(
      "------< VRRP Topology >------",
      ...instances.flatMap((one) => instanceLines(view, one)),
    );
  }
  if (config.syncGroups.length > 0) lines.push("------< VRRP Sync groups >------");
  for (const { name, members, mails } of config.syncGroups) {
    const states = instances.filter((one) => members.includes(one.config.name)).map(({ now }) => now.state);
    const state = states.find((one) => one !== states[0]) === undefined ? states[0] ?? "init" : "init";
    lines.push(
      ` VRRP Sync Group = ${name}, ${state.toUpperCase()}`,
      "   VRRP member instances :",
      ...members.map((member) => `     ${member}`),
      `   Using smtp notification = ${yes(mails)}`,
    );
  }
  if (config.scripts.length > 0) lines.push("------< VRRP Scripts >------");
  for (const script of config.scripts) {
    const verdict = track.scripts[script.name] ?? "unknown";
    lines.push(
      ` VRRP Script = ${script.name}`,
      `   Command = ${scriptText(script.script)}`,
      `   Interval = ${script.intervalMs / 1000} sec`,
      `   Timeout = ${script.timeoutMs / 1000} sec`,
      `   Weight = ${weightText(script)}`,
      `   Rise = ${script.rise}`,
      `   Fall = ${script.fall}`,
      `   Status = ${verdict === "up" ? "GOOD" : verdict === "down" ? "BAD" : "INIT"}`,
      ...trackers(instances, "scripts", script.name),
      "   State = idle",
    );
  }
  if (config.trackedFiles.length > 0) lines.push("------< VRRP Track files >------");
  for (const file of config.trackedFiles) {
    lines.push(
      ` Track file = ${file.name}`,
      `   File = ${file.path}`,
      `   Status = ${track.files[file.name] ?? 0}`,
      `   Weight = ${weightText(file)}`,
      ...trackers(instances, "files", file.name),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function instanceLines({ config: { syncGroups } }: DumpView, instance: DumpedInstance): string[] {
  const { config, now } = instance;
  const { gratuitousArp: garp, authentication, unicastPeers, tracking } = config;
  const group = syncGroups.find(({ members }) => members.includes(config.name));
  const addresses = (title: string, list: readonly VirtualAddress[]): string[] =>
    list.length === 0
      ? []
      : [`   ${title}:`, ...list.map((one) => `     ${addressText(one, isPresent(instance, one))}`)];
  const lines = (title: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [`   ${title} :`, ...list.map((one) => `     ${one}`)];
  const tracked = (list: readonly TrackedItem[]): string[] =>
    list.map((item) => `${item.name} weight ${item.weight ?? 0}`);
  const interval = config.advertisementIntervalUs / (config.version === 2 ? 1_000_000 : 1000);
  return [
    ` VRRP Instance = ${config.name}`,
    `   VRRP Version = ${config.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group.name}`]),
    `   State = ${now.state.toUpperCase()}`,
    `   Wantstate = ${now.state.toUpperCase()}`,
    `   Number of interface and track script faults = ${now.faults.length}`,
    `   Last transition = ${secondsText(now.sinceMs)} (${clockText(now.sinceMs)})`,
    `   Master down timer = ${now.masterDownIntervalUs} usecs`,
    `   Interface = ${config.interface}`,
    ...(config.sourceAddress === undefined ? [] : [`   Using src_ip = ${config.sourceAddress}`]),
    `   Gratuitous ARP delay = ${garp.delayUs / 1_000_000}`,
    `   Gratuitous ARP repeat = ${garp.repeat}`,
    `   Gratuitous ARP refresh = ${garp.refreshUs / 1_000_000}`,
    `   Gratuitous ARP refresh repeat = ${garp.refreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${garp.lowerPriorityDelayUs / 1_000_000}`,
    `   Gratuitous ARP lower priority repeat = ${garp.lowerPriorityRepeat}`,
    `   Down timer adverts = ${config.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${!config.silentTowardsLower}`,
    `   Send advert after receive higher priority advert = ${config.advertisesBeforeGivingWay}`,
    `   Virtual Router ID = ${config.vrid}`,
    `   Priority = ${config.priority}`,
    `   Effective priority = ${now.effectivePriority}`,
    `   Total priority = ${now.effectivePriority}`,
    `   Advert interval = ${interval} ${config.version === 2 ? "sec" : "milli-sec"}`,
    `   Accept = ${config.acceptMode ? "enabled" : "disabled"}`,
    `   Preempt = ${config.preemptMode ? "enabled" : "disabled"}`,
    ...(config.preemptDelayUs === 0 ? [] : [`   Preempt delay = ${config.preemptDelayUs / 1_000_000} secs`]),
    `   Promote_secondaries = ${config.promotesSecondaries ? "enabled" : "disabled"}`,
    ...(config.version === 3 ? [] : [`   Authentication type = ${authenticationText(authentication?.type)}`]),
    ...addresses(`Virtual IP (${config.virtualAddresses.length})`, config.virtualAddresses),
    ...addresses("Virtual IP Excluded ", config.excludedAddresses),
    ...lines("Unicast Peer", unicastPeers.map(({ address }) => address)),
    ...lines("Virtual Routes", config.routes.map(routeText)),
    ...lines("Virtual Rules", config.rules.map(ruleText)),
    ...lines("Tracked interfaces", tracked(tracking.interfaces)),
    ...lines("Tracked scripts", tracked(tracking.scripts)),
    ...lines("Tracked files", tracked(tracking.files)),
    `   Using smtp notification = ${yes(config.mails)}`,
    `   Notify priority changes = ${config.notifiesPriorityChanges}`,
  ];
}

function trackers(instances: readonly DumpedInstance[], list: "scripts" | "files", name: string): string[] {
  const found = instances.flatMap(({ config }) => {
    const item = config.tracking[list].find((one) => one.name === name);
    return item === undefined ? [] : [`     ${config.name}, weight ${item.weight ?? 0}`];
  });
  return ["   Tracking instances :", ...found];
}

function weightText({ weight, reverse }: { readonly weight: number; readonly reverse: boolean }): string {
  return reverse ? `${weight} reverse` : String(weight);
}

function authenticationText(type: "pass" | "ah" | undefined): string {
  return type === undefined ? "none" : type === "pass" ? "SIMPLE_PASSWORD" : "IPSEC_AH";
}

function yes(value: boolean): string {
  return value ? "yes" : "no";
}
