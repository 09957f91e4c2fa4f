// keepalived.json: the fields, types and order of keepalived (measured on 2.2.7, `json_version` 2 from its source), so that
// exporters that read it find what they look for.
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import {
  addressText,
  type DumpedInstance,
  dumpedInstances,
  type DumpView,
  isPresent,
  routeText,
  ruleText,
  scriptText,
  STATE_NUMBERS,
  statsOf,
} from "./words.ts";

/** The text of the file. */
export function jsonText(view: DumpView): string {
  const instances = dumpedInstances(view).map((entry) => ({
    data: dataOf(view, entry),
    stats: statsOf(entry.now.counters),
  }));
  const processes = view.config.trackedProcesses.map(({ name }) => ({ name }));
  const document = view.config.global.jsonVersion === 2 ? { vrrp: instances, track_process: processes } : instances;
  return JSON.stringify(document);
}

function dataOf(view: DumpView, entry: DumpedInstance): Record<string, unknown> {
  const { config, now } = entry;
  const { gratuitousArp: garp } = config;
  const state = STATE_NUMBERS[now.state];
  const interval = config.advertisementIntervalUs / 1_000_000;
  const addresses = (list: readonly VirtualAddress[]): string[] =>
    list.map((one) => addressText(one, isPresent(entry, one)));
  return {
    iname: config.name,
    dont_track_primary: Number(config.ignoresInterfaceState),
    skip_check_adv_addr: Number(config.skipsAddressCheck),
    strict_mode: Number(config.strict),
    vmac_ifname: config.link === undefined ? "" : config.link.name ?? `vrrp.${config.vrid}`,
    ifp_ifname: config.interface,
    master_priority: now.state === "backup" ? now.master?.priority ?? 0 : 0,
    last_transition: now.sinceMs / 1000,
    garp_delay: garp.delayUs / 1_000_000,
    garp_refresh: garp.refreshUs / 1_000_000,
    garp_rep: garp.repeat,
    garp_refresh_rep: garp.refreshRepeat,
    garp_lower_prio_delay: garp.lowerPriorityDelayUs / 1_000_000,
    garp_lower_prio_rep: garp.lowerPriorityRepeat,
    lower_prio_no_advert: Number(config.silentTowardsLower),
    higher_prio_send_advert: Number(config.advertisesBeforeGivingWay),
    vrid: config.vrid,
    base_priority: config.priority,
    effective_priority: now.effectivePriority,
    vipset: now.state === "master",
    promote_secondaries: config.promotesSecondaries,
    adver_int: interval,
    master_adver_int: interval,
    accept: Number(config.acceptMode),
    nopreempt: !config.preemptMode,
    preempt_delay: config.preemptDelayUs / 1_000_000,
    state,
    wantstate: state,
    version: config.version,
    smtp_alert: config.mails,
    notify_deleted: config.notifications.saysDeleted || config.notifications.deleted !== undefined,
    ...scriptsOf(config),
    ...listed("vips", addresses(config.virtualAddresses)),
    ...listed("evips", addresses(config.excludedAddresses)),
    ...listed("vroutes", config.routes.map(routeText)),
    ...listed("vrules", config.rules.map(ruleText)),
    ...listed("track_ifp", config.tracking.interfaces.map(({ name }) => name)),
    ...listed("track_script", config.tracking.scripts.flatMap(({ name }) => commandOf(view, name))),
    ...listed("track_process", config.tracking.processes.map(({ name }) => name)),
    auth_type: config.authentication === undefined ? 0 : config.authentication.type === "pass" ? 1 : 2,
    ...(config.authentication === undefined ? {} : { auth_data: "********" }),
  };
}

function scriptsOf({ notifications }: VrrpInstance): Record<string, string> {
  const { backup, master, fault, stop, masterHearsLower, any } = notifications;
  const scripts = {
    script_backup: backup,
    script_master: master,
    script_fault: fault,
    script_stop: stop,
    script_master_rx_lower_pri: masterHearsLower,
    script: any,
  };
  return Object.fromEntries(
    Object.entries(scripts).flatMap(([key, script]) => script === undefined ? [] : [[key, scriptText(script)]]),
  );
}

function commandOf({ config }: DumpView, name: string): string[] {
  const script = config.scripts.find((one) => one.name === name);
  return script === undefined ? [] : [scriptText(script.script)];
}

/** Lists that are empty are left out. */
function listed(key: string, values: readonly string[]): Record<string, readonly string[]> {
  return values.length === 0 ? {} : { [key]: values };
}
