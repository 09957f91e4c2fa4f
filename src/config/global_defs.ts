// `global_defs` and the single keywords of the top level: a table of properties, and gratuitous ARP's defaults.
import type { AnnouncementSchedule } from "../core/vrrp/state.ts";
import type { Report } from "./diagnostic.ts";
import {
  type Complete,
  field,
  type Fields,
  firstField,
  type Given,
  type Printed,
  printFields,
  readFields,
} from "./fields.ts";
import { hasOwnKeywords, OWN_GLOBAL_FIELDS } from "./own_keywords.ts";
import { childrenNamed, type Statement } from "./statement.ts";
import { syncDaemon } from "./sync_daemon.ts";
import type { ValueType } from "./value_type.ts";
import {
  boolean,
  flag,
  integer,
  interfaceName,
  multicast4,
  multicast6,
  oneOf,
  seconds,
  shortWord,
  word,
} from "./values.ts";
import {
  clamped,
  integers,
  mailServer,
  namedNumbers,
  optional,
  optionalWord,
  optionalWords,
  script,
  umask,
  userAndGroup,
} from "./values_composite.ts";

const MAX_U32 = 4_294_967_295;
const MAX_SECONDS = 4294.967295;
const path = word("PATH");
const processName = shortWord("NAME", 15);
const bytes = integer({ min: 0, max: MAX_U32 }, "BYTES");
const nice = integer({ min: -20, max: 19 });
const realTime = clamped({ min: 1, max: 99 });
const rttime = integer({ min: 1, max: MAX_U32 }, "MICROSECONDS");
const cpus = integers({ min: 0, max: 4095 }, "CPU...");
const spacing = seconds({ min: 0.000001, max: MAX_SECONDS, as: "us" });
const wholeSecondsUs = seconds({ min: 0, max: 4294, as: "us", whole: true });
const repeat = integer({ min: 0, max: 2_147_483_647 });

/** `[all] SECONDS` of `garp_extra_if`. */
export function extraAnnouncements(min: number): ValueType<{ everySeconds: number; allInterfaces: boolean }> {
  const every = seconds({ min, max: 86_400, as: "s", whole: true });
  return {
    form: "[all] SECONDS",
    schema: { oneOf: [every.schema, { type: "string", pattern: "^all \\d+$" }] },
    splits: true,
    read: (statement, report) => {
      const allInterfaces = statement.args[0]?.text === "all";
      const everySeconds = every.read(
        allInterfaces ? { ...statement, args: statement.args.slice(1) } : statement,
        report,
      );
      return everySeconds === undefined ? undefined : { everySeconds, allInterfaces };
    },
    print: ({ everySeconds, allInterfaces }) => [...(allInterfaces ? ["all"] : []), String(everySeconds)],
  };
}

/** The version of VRRP. */
export const vrrpVersion: ValueType<2 | 3> = oneOf<2 | 3>({ "2": 2, "3": 3 });

const PROCESS_FIELDS = {
  process_names: field("usesProcessNames", flag),
  process_name: field("processName", processName),
  vrrp_process_name: field("vrrpProcessName", processName),
  checker_process_name: field("checkerProcessName", processName),
  lvs_process_name: field("checkerProcessName", processName),
  bfd_process_name: field("bfdProcessName", processName),
  use_symlink_paths: field("usesSymlinkPaths", boolean),
  set_supplementary_groups: field("setsSupplementaryGroups", boolean),
  router_id: field("routerId", word("NAME")),
  startup_script: firstField("startupScript", script),
  startup_script_timeout: field("startupScriptTimeoutSeconds", integer({ min: 1, max: 1000 }, "SECONDS")),
  shutdown_script: firstField("shutdownScript", script),
  shutdown_script_timeout: field("shutdownScriptTimeoutSeconds", integer({ min: 1, max: 1000 }, "SECONDS")),
  umask: field("umask", umask),
  random_seed: field("randomSeed", integer({ min: 0, max: MAX_U32 })),
  include_check: field("includeCheck", optionalWords("[+|-]CHECK...")),
  reload_check_config: field("reloadCheck", optionalWords("PATH")),
  reload_time_file: field("reloadTimeFile", path),
  reload_repeat: field("reloadRepeats", flag),
  reload_file: field("reloadFile", optionalWords("PATH")),
  config_save_dir: field("configSaveFolder", path),
  tmp_config_directory: field("temporaryFolder", path),
  data_use_instance: field("dumpsNameInstance", boolean),
  state_dump_file: field("stateDumpFile", path),
  stats_dump_file: field("statsDumpFile", path),
  json_dump_file: field("jsonDumpFile", path),
  json_version: field("jsonVersion", oneOf<1 | 2>({ "1": 1, "2": 2 })),
  iproute_usr_dir: field("iprouteUsrFolder", path),
  iproute_etc_dir: field("iprouteEtcFolder", path),
  default_interface: field("defaultInterface", interfaceName),
  dynamic_interfaces: field("dynamicInterfaces", optionalWord("allow_if_changes", "alone")),
  no_email_faults: field("hidesFaultsFromMail", flag),
  script_user: field("scriptUser", userAndGroup),
  enable_script_security: field("scriptSecurity", flag),
  max_auto_priority: field("maxAutoPriority", optional(integer({ min: -1, max: 99 }), 99)),
  min_auto_priority_delay: field("minAutoPriorityDelayUs", integer({ min: 1, max: 10_000_000 }, "MICROSECONDS")),
  vrrp_priority: field("vrrpNice", nice),
  checker_priority: field("checkerNice", nice),
  bfd_priority: field("bfdNice", nice),
  vrrp_rt_priority: field("vrrpRealTimePriority", realTime),
  checker_rt_priority: field("checkerRealTimePriority", realTime),
  bfd_rt_priority: field("bfdRealTimePriority", realTime),
  vrrp_rlimit_rttime: field("vrrpRealTimeLimitUs", rttime),
  vrrp_rlimit_rtime: field("vrrpRealTimeLimitUs", rttime),
  checker_rlimit_rttime: field("checkerRealTimeLimitUs", rttime),
  checker_rlimit_rtime: field("checkerRealTimeLimitUs", rttime),
  bfd_rlimit_rttime: field("bfdRealTimeLimitUs", rttime),
  bfd_rlimit_rtime: field("bfdRealTimeLimitUs", rttime),
  vrrp_no_swap: field("vrrpNoSwap", flag),
  checker_no_swap: field("checkerNoSwap", flag),
  bfd_no_swap: field("bfdNoSwap", flag),
  vrrp_cpu_affinity: field("vrrpCpus", cpus),
  checker_cpu_affinity: field("checkerCpus", cpus),
  bfd_cpu_affinity: field("bfdCpus", cpus),
  vrrp_netlink_cmd_rcv_bufs: field("vrrpCommandBufferBytes", bytes),
  vrrp_netlink_monitor_rcv_bufs: field("vrrpMonitorBufferBytes", bytes),
  lvs_netlink_cmd_rcv_bufs: field("lvsCommandBufferBytes", bytes),
  lvs_netlink_monitor_rcv_bufs: field("lvsMonitorBufferBytes", bytes),
  process_monitor_rcv_bufs: field("processMonitorBufferBytes", bytes),
  vrrp_netlink_cmd_rcv_bufs_force: field("vrrpCommandBufferForced", boolean),
  vrrp_netlink_monitor_rcv_bufs_force: field("vrrpMonitorBufferForced", boolean),
  lvs_netlink_cmd_rcv_bufs_force: field("lvsCommandBufferForced", boolean),
  lvs_netlink_monitor_rcv_bufs_force: field("lvsMonitorBufferForced", boolean),
  process_monitor_rcv_bufs_force: field("processMonitorBufferForced", boolean),
} satisfies Fields;

const MAIL_FIELDS = {
  notification_email_from: field("mailFrom", word("ADDRESS")),
  smtp_server: field("mailServer", mailServer),
  smtp_helo_name: field("mailHeloName", word("NAME")),
  smtp_connect_timeout: field("mailTimeoutSeconds", integer({ min: 0, max: 4294 }, "SECONDS")),
  smtp_alert: field("mails", boolean),
  smtp_alert_vrrp: field("mailsForVrrp", boolean),
  smtp_alert_checker: field("mailsForCheckers", boolean),
  no_checker_emails: field("mailsWithoutCheckers", boolean),
} satisfies Fields;

const VRRP_FIELDS = {
  vrrp_version: field("vrrpVersion", vrrpVersion),
  vrrp_mcast_group4: field("multicastGroup4", multicast4),
  vrrp_mcast_group6: field("multicastGroup6", multicast6),
  vrrp_garp_interval: field("garpIntervalUs", spacing),
  vrrp_gna_interval: field("naIntervalUs", spacing),
  vrrp_min_garp: field("minimalGarp", boolean),
  vrrp_garp_extra_if: field("extraAnnouncements", extraAnnouncements(1)),
  vrrp_vmac_garp_intvl: field("extraAnnouncements", extraAnnouncements(1)),
  vrrp_down_timer_adverts: field("downTimerAdverts", integer({ min: 1, max: 100 })),
  vrrp_lower_prio_no_advert: field("silentTowardsLower", boolean),
  vrrp_higher_prio_send_advert: field("advertisesBeforeGivingWay", boolean),
  vrrp_owner_ignore_adverts: field("ownerIgnoresAdverts", boolean),
  v3_checksum_as_v2: field("version3ChecksumAsVersion2", flag),
  vrrp_check_unicast_src: field("checksUnicastSource", flag),
  vrrp_skip_check_adv_addr: field("skipsAddressCheck", boolean),
  vrrp_strict: field("strict", boolean),
  vrrp_notify_priority_changes: field("notifiesPriorityChanges", boolean),
  vrrp_startup_delay: field("startupDelayUs", seconds({ min: 0.001, max: MAX_SECONDS, as: "us" })),
  vrrp_delay_after_boot: field("delayAfterBootUs", seconds({ min: 0.001, max: MAX_SECONDS, as: "us" })),
  log_unknown_vrids: field("logsUnknownVrids", flag),
  disable_local_igmp: field("disablesLocalIgmp", flag),
  vmac_prefix: field("linkPrefix", shortWord("PREFIX", 15)),
  vmac_addr_prefix: field("addressLinkPrefix", shortWord("PREFIX", 15)),
  vrrp_rx_bufs_policy: field("receiveBufferPolicy", word("MTU|ADVERT|BYTES")),
  vrrp_rx_bufs_multiplier: field("receiveBufferMultiplier", integer({ min: 1, max: MAX_U32 })),
  vrrp_iptables: field("iptablesChains", optionalWords("CHAIN...")),
  vrrp_ipsets: field("ipsets", optionalWords("NAME...")),
  nftables: field("nftablesTable", optionalWords("TABLE")),
  nftables_priority: field("nftablesPriority", integer({ min: -2_147_483_648, max: 2_147_483_647 })),
  nftables_ifindex: field("nftablesByIndex", flag),
  nftables_counters: field("nftablesCounters", flag),
  nftables_ipvs: field("nftablesIpvsTable", optionalWords("TABLE")),
  nftables_ipvs_priority: field("nftablesIpvsPriority", integer({ min: -2_147_483_648, max: 2_147_483_647 })),
  nftables_ipvs_start_fwmark: field("nftablesFirstMark", integer({ min: 1, max: MAX_U32 })),
} satisfies Fields;

const MAX_TIMEOUT = { min: 0, max: 2_678_400 };

const LVS_FIELDS = {
  lvs_timeouts: field("ipvsTimeoutsSeconds", namedNumbers({ tcp: MAX_TIMEOUT, tcpfin: MAX_TIMEOUT, udp: MAX_TIMEOUT })),
  lvs_flush: field("flushesAtStart", flag),
  lvs_flush_on_stop: field("flushesAtStop", optionalWord("VS", "left-out")),
  lvs_flush_onstop: field("flushesAtStop", optionalWord("VS", "left-out")),
  lvs_sync_daemon: firstField("syncDaemon", syncDaemon),
  checker_log_all_failures: field("logsAllFailures", boolean),
  rs_init_notifies: field("notifiesInitialStates", boolean),
} satisfies Fields;

const OUTSIDE_FIELDS = {
  notify_fifo: firstField("fifo", script),
  vrrp_notify_fifo: firstField("vrrpFifo", script),
  lvs_notify_fifo: firstField("lvsFifo", script),
  notify_fifo_script: firstField("fifoScript", script),
  vrrp_notify_fifo_script: firstField("vrrpFifoScript", script),
  lvs_notify_fifo_script: firstField("lvsFifoScript", script),
  fifo_write_vrrp_states_on_reload: field("fifoStatesOnReload", flag),
  snmp_socket: field("snmpSocket", word("SOCKET")),
  enable_traps: field("snmpTraps", flag),
  enable_snmp_vrrp: field("snmpVrrp", flag),
  enable_snmp_keepalived: field("snmpVrrp", flag),
  enable_snmp_checker: field("snmpCheckers", flag),
  enable_snmp_rfc: field("snmpRfc", flag),
  enable_snmp_rfcv2: field("snmpRfcVersion2", flag),
  enable_snmp_rfcv3: field("snmpRfcVersion3", flag),
  snmp_vs_stats_update_interval: field("snmpVirtualServerIntervalMs", seconds({ min: 0.001, max: 30, as: "ms" })),
  snmp_rs_stats_update_interval: field("snmpRealServerIntervalMs", seconds({ min: 0.001, max: 30, as: "ms" })),
  enable_dbus: field("dbus", flag),
  dbus_service_name: field("dbusServiceName", word("NAME")),
  dbus_no_interface_name: field("dbusNoInterfaceName", word("NAME")),
} satisfies Fields;

/** Keywords of `global_defs` that set one property each. */
export const GLOBAL_FIELDS = {
  ...PROCESS_FIELDS,
  ...MAIL_FIELDS,
  ...VRRP_FIELDS,
  ...LVS_FIELDS,
  ...OUTSIDE_FIELDS,
} satisfies Fields;

/** Keywords of `global_defs` about gratuitous ARP. */
export const GLOBAL_GARP_FIELDS = {
  vrrp_garp_master_delay: field("delayUs", wholeSecondsUs),
  vrrp_garp_master_repeat: field("repeat", repeat),
  vrrp_garp_master_refresh: field("refreshUs", wholeSecondsUs),
  vrrp_garp_master_refresh_repeat: field("refreshRepeat", repeat),
  vrrp_garp_lower_prio_delay: field("lowerPriorityDelayUs", wholeSecondsUs),
  vrrp_garp_lower_prio_repeat: field("lowerPriorityRepeat", repeat),
} satisfies Fields;

/** The same of an instance. */
export const GARP_FIELDS = {
  garp_master_delay: GLOBAL_GARP_FIELDS.vrrp_garp_master_delay,
  garp_master_repeat: GLOBAL_GARP_FIELDS.vrrp_garp_master_repeat,
  garp_master_refresh: GLOBAL_GARP_FIELDS.vrrp_garp_master_refresh,
  garp_master_refresh_repeat: GLOBAL_GARP_FIELDS.vrrp_garp_master_refresh_repeat,
  garp_lower_prio_delay: GLOBAL_GARP_FIELDS.vrrp_garp_lower_prio_delay,
  garp_lower_prio_repeat: GLOBAL_GARP_FIELDS.vrrp_garp_lower_prio_repeat,
} satisfies Fields;

/** Single keywords of the top level. */
export const ROOT_FIELDS = {
  net_namespace: field("networkNamespace", word("NAME")),
  net_namespace_ipvs: field("ipvsNetworkNamespace", word("NAME")),
  namespace_with_ipsets: field("namespaceHasIpsets", flag),
  instance: field("instanceName", word("NAME")),
  use_pid_dir: field("usesPidFolder", flag),
  linkbeat_use_polling: field("pollsLinks", flag),
  child_wait_time: field("childWaitSeconds", integer({ min: 0, max: MAX_U32 }, "SECONDS")),
} satisfies Fields;

/** What counts when it is not said (keepalived.conf(5)). */
const DEFAULTS = {
  vrrpVersion: 2,
  multicastGroup4: "224.0.0.18",
  multicastGroup6: "ff02::12",
  downTimerAdverts: 3,
  extraAnnouncements: { everySeconds: 0, allInterfaces: false },
  silentTowardsLower: false,
  advertisesBeforeGivingWay: false,
  version3ChecksumAsVersion2: false,
  checksUnicastSource: false,
  skipsAddressCheck: false,
  strict: false,
  notifiesPriorityChanges: false,
  minimalGarp: false,
  scriptSecurity: false,
  logsAllFailures: false,
  mailsWithoutCheckers: false,
} satisfies Given<typeof GLOBAL_FIELDS>;

type Settings = Given<typeof GLOBAL_FIELDS> & Complete<Pick_<typeof GLOBAL_FIELDS, keyof typeof DEFAULTS>>;
type Pick_<F extends Fields, N extends string> = { [K in keyof F as F[K]["name"] extends N ? K : never]: F[K] };

/** `global_defs` with what stands alone at the top level; a property is missing where keepalived has no default. */
export type GlobalDefs = Omit<Settings, "routerId"> & Given<typeof ROOT_FIELDS> & Given<typeof OWN_GLOBAL_FIELDS> & {
  /** Defaults of the instances. */
  readonly gratuitousArp: AnnouncementSchedule;
  /** `notification_email`. */
  readonly mailTo: readonly string[];
  /** `linkbeat_interfaces`: interface and, where given, the way to ask it. */
  readonly linkbeatInterfaces: readonly (readonly string[])[];
  /** `interface_up_down_delays`. */
  readonly interfaceDelays: readonly { readonly interface: string; readonly downUs: number; readonly upUs: number }[];
};

/** keepalived's defaults: five messages at once, five more after 5 s (keepalived.conf(5), vrrp_garp_master_delay). */
const USUAL_GARP: AnnouncementSchedule = {
  repeat: 5,
  delayUs: 5_000_000,
  refreshUs: 0,
  refreshRepeat: 1,
  lowerPriorityRepeat: 5,
  lowerPriorityDelayUs: 5_000_000,
};

/** `vrrp_min_garp`: one message, once. */
const MINIMAL_GARP = { ...USUAL_GARP, repeat: 1, delayUs: 0, lowerPriorityRepeat: 1, lowerPriorityDelayUs: 0 };

/** Reads all `global_defs` blocks and the single keywords; later ones overrule earlier ones, keyword by keyword. */
export function readGlobalDefs(root: Statement, report: Report): { global: GlobalDefs; routerId?: string } {
  const blocks = childrenNamed(root, "global_defs");
  const merged = <F extends Fields>(fields: F): Given<F> =>
    Object.assign({}, ...blocks.map((block) => readFields(block, fields, report)));
  const { routerId, ...settings } = merged(GLOBAL_FIELDS);
  const own: Given<typeof OWN_GLOBAL_FIELDS> = Object.assign(
    {},
    ...blocks.filter(hasOwnKeywords).map((block) => readFields(block, OWN_GLOBAL_FIELDS, report)),
  );
  const lines = (list: string): Statement[] =>
    childrenNamed(root, list).flatMap((child) => child.block?.statements ?? []);
  const mailLines = blocks.flatMap((block) => childrenNamed(block, "notification_email"));
  checkMail(mailLines, report);
  return {
    ...(routerId === undefined ? {} : { routerId }),
    global: {
      ...DEFAULTS,
      ...settings,
      ...own,
      ...readFields(root, ROOT_FIELDS, report),
      gratuitousArp: readGarp(merged(GLOBAL_GARP_FIELDS), settings.minimalGarp ?? false),
      mailTo: mailLines.flatMap(wordsInside),
      linkbeatInterfaces: lines("linkbeat_interfaces").map(({ keyword, args }) =>
        [keyword, ...args].map(({ text }) => text)
      ),
      interfaceDelays: lines("interface_up_down_delays").map((line) => readDelay(line, report)).filter((delay) =>
        delay !== undefined
      ),
    },
  };
}

/** Writes what differs from the defaults. */
export function printGlobalDefs(global: GlobalDefs, routerId: string | undefined): Printed[] {
  const { mailTo, linkbeatInterfaces, interfaceDelays } = global;
  const { repeat, delayUs } = global.gratuitousArp;
  const usual = { ...readGarp({}, global.minimalGarp), lowerPriorityRepeat: repeat, lowerPriorityDelayUs: delayUs };
  const block = [
    ...(routerId === undefined ? [] : [{ keyword: "router_id", words: [routerId] }]),
    ...listOf("notification_email", mailTo.map((address) => [address])),
    ...printFields(global as Given<typeof GLOBAL_FIELDS>, DEFAULTS as Given<typeof GLOBAL_FIELDS>, GLOBAL_FIELDS),
    ...printFields(global.gratuitousArp, usual, GLOBAL_GARP_FIELDS),
    ...printFields(global, {}, OWN_GLOBAL_FIELDS),
  ];
  return [
    ...(block.length === 0 ? [] : [{ keyword: "global_defs", words: [], block }]),
    ...printFields(global as Given<typeof ROOT_FIELDS>, {}, ROOT_FIELDS),
    ...listOf("linkbeat_interfaces", linkbeatInterfaces),
    ...listOf(
      "interface_up_down_delays",
      interfaceDelays.map((delay) => [delay.interface, String(delay.downUs / 1e6), String(delay.upUs / 1e6)]),
    ),
  ];
}

/** A value block of lines of words; none when it is empty. */
export function listOf(keyword: string, lines: readonly (readonly string[])[]): Printed[] {
  if (lines.length === 0) return [];
  return [{ keyword, words: [], block: lines.map(([first = "", ...words]) => ({ keyword: first, words })) }];
}

/** All words between the braces. */
export function wordsInside(statement: Statement): string[] {
  return (statement.block?.statements ?? []).flatMap(({ keyword, args }) => [keyword, ...args].map(({ text }) => text));
}

/** A schedule with some values replaced. A repeat of 0 counts as 1, except after a lower priority. */
export function scheduleFrom(base: AnnouncementSchedule, given: Partial<AnnouncementSchedule>): AnnouncementSchedule {
  const schedule = { ...base, ...given };
  return {
    ...schedule,
    repeat: Math.max(1, schedule.repeat),
    refreshRepeat: Math.max(1, schedule.refreshRepeat),
  };
}

/** What follows a lower priority is as what follows the take-over, if nothing else is said. */
function readGarp(given: Given<typeof GLOBAL_GARP_FIELDS>, isMinimal: boolean): AnnouncementSchedule {
  const { lowerPriorityRepeat, lowerPriorityDelayUs, ...own } = given;
  const garp = scheduleFrom(isMinimal ? MINIMAL_GARP : USUAL_GARP, own);
  return {
    ...garp,
    lowerPriorityRepeat: lowerPriorityRepeat ?? garp.repeat,
    lowerPriorityDelayUs: lowerPriorityDelayUs ?? garp.delayUs,
  };
}

function checkMail(blocks: readonly Statement[], report: Report): void {
  for (const block of blocks) {
    if (block.block === undefined || block.block.statements.length > 0) continue;
    report.add("value-ignored", block.keyword, "`notification_email` has no address");
  }
}

const delay = seconds({ min: 0, max: 255, as: "us" });

/** `INTERFACE DOWN [UP]`, in seconds. */
function readDelay(line: Statement, report: Report): GlobalDefs["interfaceDelays"][number] | undefined {
  const [down, up] = line.args;
  if (down === undefined) {
    report.add("missing-argument", line.keyword, "a line of `interface_up_down_delays` needs an interface and a time");
    return undefined;
  }
  const downUs = delay.read({ ...line, args: [down] }, report);
  const upUs = up === undefined ? 0 : delay.read({ ...line, args: [up] }, report);
  if (downUs === undefined || upUs === undefined) return undefined;
  return { interface: line.keyword.text, downUs, upUs };
}
