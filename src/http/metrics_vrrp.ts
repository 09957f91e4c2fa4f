// The metrics of VRRP instances, under our own names.
import type { VrrpInstanceSnapshot, VrrpTimings } from "../ports/snapshot.ts";
import type { MetricFamilies } from "./metric_families.ts";

const STATES = ["init", "backup", "master", "fault"] as const;

/** All instances, and the sync groups that they form. */
export function addVrrpMetrics(families: MetricFamilies, instances: readonly VrrpInstanceSnapshot[]): void {
  for (const instance of instances) addInstance(families, instance);
  const groups = Map.groupBy(instances.filter(({ syncGroup }) => syncGroup), ({ syncGroup }) => syncGroup ?? "");
  for (const [group, members] of groups) {
    const [first] = members;
    const isCommon = members.every(({ state }) => state === first?.state);
    const help = "1 for the state that all members of the sync group are in, 0 for the others";
    families.states("vrrp_sync_group_state", help, { group }, STATES, isCommon ? first?.state ?? "" : "");
  }
}

function addInstance(families: MetricFamilies, instance: VrrpInstanceSnapshot): void {
  const iname = instance.name;
  const { counters, lastTransition, master } = instance;
  const identity = { iname, intf: instance.interface, vrid: String(instance.vrid), family: String(instance.family) };
  const state = "1 for the state that the instance is in, 0 for the others";
  families.states("vrrp_state", state, identity, STATES, instance.state);
  families.gauge("vrrp_priority", "Configured and effective priority", instance.basePriority, { iname, kind: "base" });
  families.gauge("vrrp_priority", "", instance.effectivePriority, { iname, kind: "effective" });
  families.gauge("vrrp_advert_interval_configured_seconds", "The advertisement interval", seconds(instance), { iname });
  if (lastTransition !== undefined) {
    const help = "When the state changed last, Unix time";
    families.gauge("vrrp_last_transition_timestamp_seconds", help, lastTransition.atMs / 1000, { iname });
  }
  const adverts = "Advertisements received and sent";
  families.counter("vrrp_adverts_total", adverts, counters.advertisementsReceived, { iname, direction: "in" });
  families.counter("vrrp_adverts_total", adverts, counters.advertisementsSent, { iname, direction: "out" });
  for (const [reason, value] of Object.entries(counters.discarded)) {
    families.counter("vrrp_adverts_discarded_total", "Advertisements found wrong, by reason", value, { iname, reason });
  }
  const zero = "Advertisements of priority 0: a master left";
  families.counter("vrrp_priority_zero_total", zero, counters.priorityZeroReceived, { iname, direction: "in" });
  families.counter("vrrp_priority_zero_total", zero, counters.priorityZeroSent, { iname, direction: "out" });
  const garp = "Announcements of virtual addresses sent: gratuitous ARP, or neighbor advertisements over IPv6";
  const type = instance.family === 6 ? "na" : "garp";
  families.counter("vrrp_garp_sent_total", garp, counters.gratuitousArpSent, { iname, type });
  const rivals = "Signs of another master while master: its advertisements, and its claims to our addresses";
  families.counter("vrrp_rival_signs_total", rivals, counters.rivalSigns, { iname });
  if (master !== undefined) {
    const labels = { iname, address: master.address, priority: String(master.priority) };
    families.gauge("vrrp_master_info", "Who is master, as far as heard; always 1", 1, labels);
  }
  for (const { address, device, present } of instance.virtualAddresses) {
    const help = "Whether the kernel has the virtual address now";
    families.gauge("vrrp_vip_present", help, present ? 1 : 0, { iname, vip: address, device });
  }
  for (const { kind, name, up } of instance.tracked ?? []) {
    families.gauge("vrrp_track_status", "Whether what is tracked is well", up ? 1 : 0, { iname, track: name, kind });
  }
  if (instance.timings !== undefined) addTimings(families, iname, instance.timings);
}

function addTimings(families: MetricFamilies, iname: string, timings: VrrpTimings): void {
  for (const { from, to, reason, count } of timings.transitions) {
    families.counter("vrrp_transitions_total", "Changes of state", count, { iname, from, to, reason });
  }
  const duplicates = "Advertisements of another router heard while master";
  families.counter("vrrp_duplicate_master_total", duplicates, timings.duplicateMasters, { iname });
  const gap = "Time from one advertisement to the next";
  families.histogram("vrrp_advert_interval_seconds", gap, timings.advertIntervalIn, { iname, direction: "in" });
  families.histogram("vrrp_advert_interval_seconds", gap, timings.advertIntervalOut, { iname, direction: "out" });
  const delay = "From when an advertisement was due to when it was sent";
  families.histogram("vrrp_send_delay_seconds", delay, timings.sendDelay, { iname });
  for (const [cause, histogram] of Object.entries(timings.detection)) {
    const help = "From the last advertisement of a master to the decision to take over";
    families.histogram("failover_detection_seconds", help, histogram, { iname, cause });
  }
  for (const [phase, histogram] of Object.entries(timings.takeover)) {
    const help = "From the decision to take over to the end of a phase";
    families.histogram("failover_takeover_seconds", help, histogram, { iname, phase });
  }
}

function seconds({ advertisementIntervalUs }: VrrpInstanceSnapshot): number {
  return advertisementIntervalUs / 1_000_000;
}
