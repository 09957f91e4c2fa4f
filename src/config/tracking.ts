// What instances and sync groups track and whom they tell: `vrrp_script`, `vrrp_track_process`, `track_file`,
// `bfd_instance`, `garp_group` and the lists that name them.
import type {
  BfdInstance,
  GarpGroup,
  Notifications,
  Script,
  TrackedFile,
  TrackedItem,
  TrackedProcess,
  Tracking,
  VrrpScript,
  Weight,
} from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import {
  definedOnly,
  field,
  type Fields,
  firstField,
  type Printed,
  printFields,
  readFields,
  reportRepeated,
} from "./fields.ts";
import { wordsInside } from "./global_defs.ts";
import { childrenNamed, endOf, headOf, lastNamed, type Statement } from "./statement.ts";
import { printTrackedServers, readTrackedServers } from "./tracked_servers.ts";
import { reject, valuePlace } from "./value_type.ts";
import { boolean, flag, integer, interfaceName, ip, milliseconds, oneOf, seconds, word } from "./values.ts";
import { initialFile, optional, optionalScript, script, userAndGroup, weight, words } from "./values_composite.ts";
import { isYaml } from "./yaml_shape.ts";

const MAX_INT = 2_147_483_647;
const NO_WEIGHT: Weight = { weight: 0, reverse: false };

/** Keywords of `vrrp_script`. */
export const SCRIPT_FIELDS = {
  script: field("script", script),
  interval: field("intervalMs", seconds({ min: 0, max: 1_000_000, as: "ms" })),
  timeout: field("timeoutMs", seconds({ min: 0, max: 1_000_000, as: "ms" })),
  weight: field("weight", weight(253)),
  rise: field("rise", integer({ min: 1, max: MAX_INT })),
  fall: field("fall", integer({ min: 1, max: MAX_INT })),
  user: field("user", userAndGroup),
  init_fail: field("startsDown", flag),
} satisfies Fields;

/** Reads a script; undefined when there is nothing to run, which it has reported then. */
export function readScript(statement: Statement, report: Report): VrrpScript | undefined {
  const name = nameOf(statement, report);
  const given = readFields(statement, SCRIPT_FIELDS, report);
  if (name === undefined) return undefined;
  if (given.script === undefined) {
    report.add("value-ignored", endOf(statement), `\`vrrp_script ${name}\` has no \`script\`, so it is left out`, {
      help: "add `script` with a command",
    });
    return undefined;
  }
  const { intervalMs = 1000, timeoutMs = intervalMs || 1000 } = given;
  for (const [keyword, value] of [["interval", intervalMs], ["timeout", timeoutMs]] as const) {
    const place = lastNamed(statement, keyword);
    if (value === 0 && place !== undefined) reject(place, "must be more than 0 seconds, so 1 is used", report);
  }
  return {
    name,
    script: { ...given.user, ...given.script },
    intervalMs: intervalMs || 1000,
    timeoutMs: timeoutMs || 1000,
    rise: given.rise ?? 1,
    fall: given.fall ?? 1,
    startsDown: given.startsDown ?? false,
    ...given.weight ?? NO_WEIGHT,
    location: placeOf(headOf(statement)),
  };
}

/** Writes a script. */
export function printScript(entry: VrrpScript): Printed {
  const { user, group, command } = entry.script;
  const split = { ...entry, script: { command }, ...(user === undefined ? {} : { user: { user, group } }) };
  const defaults = { intervalMs: 1000, timeoutMs: entry.intervalMs, rise: 1, fall: 1, startsDown: false };
  return named("vrrp_script", entry.name, printFields(weighted(split), weighted(defaults), SCRIPT_FIELDS as Fields));
}

const delay = seconds({ min: 0.000001, max: 3600, as: "us" });

/** Keywords of `vrrp_track_process`. */
export const PROCESS_FIELDS = {
  process: firstField("process", words("PATH [PARAMETER...]")),
  param_match: field(
    "match",
    optional(oneOf<NonNullable<TrackedProcess["match"]>>({ initial: "initial", partial: "partial" }), "exact"),
  ),
  weight: firstField("weight", weight(254)),
  quorum: field("quorum", integer({ min: 1, max: 65_535 })),
  quorum_max: field("quorumMax", integer({ min: 0, max: 65_535 })),
  delay: field("delayUs", delay),
  fork_delay: field("forkDelayUs", delay),
  terminate_delay: field("terminateDelayUs", delay),
  full_command: field("comparesCommandLine", flag),
} satisfies Fields;

/** Reads a tracked process; undefined when it names none, which it has reported then. */
export function readProcess(statement: Statement, report: Report): TrackedProcess | undefined {
  const name = nameOf(statement, report);
  const { delayUs = 0, ...given } = readFields(statement, PROCESS_FIELDS, report);
  if (name === undefined) return undefined;
  if (given.process === undefined) {
    report.add(
      "value-ignored",
      endOf(statement),
      `\`vrrp_track_process ${name}\` has no \`process\`, so it is left out`,
    );
    return undefined;
  }
  return {
    name,
    process: given.process,
    ...readQuorums(statement, given, report),
    ...definedOnly({ match: given.match }),
    forkDelayUs: given.forkDelayUs ?? delayUs,
    terminateDelayUs: given.terminateDelayUs ?? delayUs,
    comparesCommandLine: given.comparesCommandLine ?? false,
    ...given.weight ?? NO_WEIGHT,
    location: placeOf(headOf(statement)),
  };
}

/** Both counts. The later of two that no number of processes can meet is ignored. */
function readQuorums(
  statement: Statement,
  { quorum, quorumMax }: { quorum?: number | undefined; quorumMax?: number | undefined },
  report: Report,
): Pick<TrackedProcess, "quorum" | "quorumMax"> {
  if (quorum === undefined || quorumMax === undefined || quorumMax >= quorum) {
    return { quorum: quorum ?? 1, ...definedOnly({ quorumMax }) };
  }
  const last = statement.block?.statements.findLast(({ keyword }) => /^quorum(_max)?$/.test(keyword.text)) ?? statement;
  const { text } = last.keyword;
  const message = `\`quorum\` ${quorum} is more than \`quorum_max\` ${quorumMax}, so \`${text}\` is ignored`;
  report.add("value-ignored", valuePlace(last), message);
  return text === "quorum" ? { quorum: 1, quorumMax } : { quorum };
}

/** Writes a tracked process. */
export function printProcess(entry: TrackedProcess): Printed {
  const defaults = { quorum: 1, forkDelayUs: 0, terminateDelayUs: 0, comparesCommandLine: false };
  const { delay: _, ...fields } = PROCESS_FIELDS;
  return named("vrrp_track_process", entry.name, printFields(weighted(entry), weighted(defaults), fields as Fields));
}

/** Keywords of `track_file` and `vrrp_track_file`. */
export const FILE_FIELDS = {
  file: firstField("path", word("PATH")),
  weight: firstField("weight", weight(254)),
  init_file: field("initial", initialFile),
} satisfies Fields;

const FILE_WEIGHT: Weight = { weight: 1, reverse: false };

/** Reads a tracked file; undefined when it names none, which it has reported then. */
export function readFile(statement: Statement, report: Report): TrackedFile | undefined {
  const name = nameOf(statement, report);
  const given = readFields(statement, FILE_FIELDS, report);
  if (name === undefined) return undefined;
  if (given.path === undefined) {
    report.add("value-ignored", endOf(statement), `\`track_file ${name}\` has no \`file\`, so it is left out`);
    return undefined;
  }
  return {
    name,
    path: given.path,
    ...definedOnly({ initial: given.initial }),
    ...given.weight ?? FILE_WEIGHT,
    location: placeOf(headOf(statement)),
  };
}

/** Writes a tracked file. */
export function printFile(entry: TrackedFile): Printed {
  return named("track_file", entry.name, printFields(weighted(entry), weighted(FILE_WEIGHT), FILE_FIELDS as Fields));
}

/** Keywords of `bfd_instance`. */
export const BFD_FIELDS = {
  neighbor_ip: field("neighbor", ip),
  neighbour_ip: field("neighbor", ip),
  source_ip: field("source", ip),
  min_rx: field("minRxUs", milliseconds({ min: 1, max: 4_294_967 })),
  min_tx: field("minTxUs", milliseconds({ min: 1, max: 4_294_967 })),
  idle_tx: field("idleTxUs", milliseconds({ min: 1000, max: 4_294_967 })),
  multiplier: field("multiplier", integer({ min: 1, max: 255 })),
  passive: field("passive", flag),
  ttl: field("ttl", integer({ min: 1, max: 255 })),
  hoplimit: field("ttl", integer({ min: 1, max: 255 })),
  max_hops: field("maxHops", integer({ min: -1, max: 255 })),
  multihop: field("multihop", boolean),
  weight: field("weight", weight(253)),
  vrrp: field("forVrrp", flag),
  checker: field("forCheckers", flag),
} satisfies Fields;

/** keepalived.conf(5), bfd_instance. */
function bfdDefaults(neighbor: string): Omit<BfdInstance, "name" | "neighbor" | "location"> {
  return {
    minRxUs: 10_000,
    minTxUs: 10_000,
    idleTxUs: 1_000_000,
    multiplier: 5,
    passive: false,
    ttl: neighbor.includes(":") ? 64 : 255,
    maxHops: 0,
    multihop: false,
    forVrrp: true,
    forCheckers: true,
    ...NO_WEIGHT,
  };
}

/** Reads a BFD session; undefined when it has no neighbor, which it has reported then. */
export function readBfd(statement: Statement, report: Report): BfdInstance | undefined {
  const name = nameOf(statement, report);
  const { neighbor, weight: given, ...rest } = readFields(statement, BFD_FIELDS, report);
  if (name === undefined) return undefined;
  if (neighbor === undefined) {
    report.add("value-ignored", endOf(statement), `\`bfd_instance ${name}\` has no \`neighbor_ip\`, so it is left out`);
    return undefined;
  }
  const isForBoth = rest.forVrrp === undefined && rest.forCheckers === undefined;
  return {
    name,
    neighbor,
    ...bfdDefaults(neighbor),
    ...rest,
    ...given ?? NO_WEIGHT,
    forVrrp: isForBoth || rest.forVrrp === true,
    forCheckers: isForBoth || rest.forCheckers === true,
    location: placeOf(headOf(statement)),
  };
}

/** Writes a BFD session. */
export function printBfd(entry: BfdInstance): Printed {
  const isForBoth = entry.forVrrp && entry.forCheckers;
  const defaults = { ...bfdDefaults(entry.neighbor), forVrrp: isForBoth, forCheckers: isForBoth };
  return named("bfd_instance", entry.name, printFields(weighted(entry), weighted(defaults), BFD_FIELDS as Fields));
}

const spacing = seconds({ min: 0.000001, max: 4294.967295, as: "us" });

/** Keywords of `garp_group`. */
export const GARP_GROUP_FIELDS = {
  garp_interval: field("garpIntervalUs", spacing),
  gna_interval: field("naIntervalUs", spacing),
  interface: field("interface", interfaceName),
} satisfies Fields;

/** Reads a group; undefined when it has no effect, which it has reported then. */
export function readGarpGroup(statement: Statement, report: Report): GarpGroup | undefined {
  const given = readFields(statement, GARP_GROUP_FIELDS, report);
  const listed = childrenNamed(statement, "interfaces").flatMap(wordsInside);
  const interfaces = [...(given.interface === undefined ? [] : [given.interface]), ...listed];
  if (given.garpIntervalUs === undefined && given.naIntervalUs === undefined) {
    report.add("value-ignored", endOf(statement), "this `garp_group` has no interval, so it is left out");
    return undefined;
  }
  return {
    interfaces,
    garpIntervalUs: given.garpIntervalUs ?? 0,
    naIntervalUs: given.naIntervalUs ?? 0,
    location: placeOf(statement.keyword),
  };
}

/** Writes a group. */
export function printGarpGroup({ interfaces, ...entry }: GarpGroup): Printed {
  const block = [
    ...printFields(entry, { garpIntervalUs: 0, naIntervalUs: 0 }, GARP_GROUP_FIELDS as Fields),
    ...(interfaces.length === 0
      ? []
      : [{ keyword: "interfaces", words: [], block: interfaces.map((name) => ({ keyword: name, words: [] })) }]),
  ];
  return { keyword: "garp_group", words: [], block };
}

// --- lists of tracked things ---

/** The lists by keyword: property of `Tracking`, and the greatest weight. */
const TRACK_LISTS = {
  track_interface: { property: "interfaces", limit: 254 },
  track_script: { property: "scripts", limit: 253 },
  track_file: { property: "files", limit: 254 },
  track_process: { property: "processes", limit: 254 },
  track_bfd: { property: "bfd", limit: 253 },
} as const;

/** Nothing is tracked. */
const NO_TRACKING: Tracking = { interfaces: [], scripts: [], files: [], processes: [], bfd: [] };

/** Reads all lists of a block. */
export function readTracking(statement: Statement, report: Report): Tracking {
  const tracking: Record<string, readonly TrackedItem[]> = { ...NO_TRACKING };
  for (const [keyword, { property, limit }] of Object.entries(TRACK_LISTS)) {
    const lines = childrenNamed(statement, keyword).flatMap((list) => list.block?.statements ?? []);
    const names = new Set<string>();
    tracking[property] = lines.filter(({ keyword: name }) => {
      const isNew = !names.has(name.text);
      names.add(name.text);
      if (!isNew) reportRepeated(name, report);
      return isNew;
    }).map((line) => readItem(line, limit, report));
  }
  const own = isYaml(statement.keyword.file) ? readTrackedServers(statement, report) : {};
  return { ...tracking as unknown as Tracking, ...own };
}

/** `NAME [weight NUMBER [reverse|noreverse]]`. */
function readItem(line: Statement, limit: number, report: Report): TrackedItem {
  const [word, ...rest] = line.args;
  const item = { name: line.keyword.text, location: placeOf(line.keyword) };
  if (word === undefined) return { ...item, reverse: false };
  if (word.text !== "weight") {
    report.add("invalid-value", word, `\`${word.text}\` is not an option of something tracked`, {
      help: "only `weight NUMBER [reverse]` can follow",
    });
    return { ...item, reverse: false };
  }
  const given = weight(limit).read({ ...line, keyword: word, args: rest }, report);
  return { ...item, ...given ?? { reverse: false } };
}

/** Writes all lists. */
export function printTracking(tracking: Tracking): Printed[] {
  const lists = Object.entries(TRACK_LISTS).flatMap(([keyword, { property }]) => {
    const block = tracking[property].map(({ name, weight: given, reverse }) => ({
      keyword: name,
      words: given === undefined ? [] : ["weight", String(given), ...(reverse ? ["reverse"] : [])],
    }));
    return block.length === 0 ? [] : [{ keyword, words: [], block }];
  });
  return [...lists, ...printTrackedServers(tracking)];
}

// --- scripts that are told ---

/** `notify*` keywords that groups and instances share. */
export const GROUP_NOTIFY_FIELDS = {
  notify: firstField("any", script),
  notify_master: firstField("master", script),
  notify_backup: firstField("backup", script),
  notify_fault: firstField("fault", script),
  notify_stop: firstField("stop", script),
} satisfies Fields;

/** `notify*` keywords of an instance. */
export const NOTIFY_FIELDS = {
  ...GROUP_NOTIFY_FIELDS,
  notify_deleted: firstField("deleted", optionalScript),
  notify_master_rx_lower_pri: firstField("masterHearsLower", script),
} satisfies Fields;

/** Reads all of them; keepalived keeps the first of two scripts for one thing. */
export function readNotifications(statement: Statement, report: Report): Notifications {
  const { deleted, ...given } = readFields(statement, NOTIFY_FIELDS, report);
  return {
    ...given,
    ...(deleted === undefined || deleted === true ? {} : { deleted }),
    saysDeleted: deleted !== undefined,
  };
}

/** Writes all of them. */
export function printNotifications({ saysDeleted, deleted, ...rest }: Notifications): Printed[] {
  const given: { deleted?: Script | true } = saysDeleted ? { deleted: deleted ?? true } : {};
  return printFields({ ...rest, ...given }, {}, NOTIFY_FIELDS);
}

// --- helpers ---

/** Blocks that keepalived leaves out when their name is missing, or has a blank in it. */
const ONE_WORD_NAMES: ReadonlySet<string> = new Set(["vrrp_instance", "vrrp_sync_group", "track_group"]);

function rejectName({ keyword, args }: Statement, report: Report): undefined {
  const given = args.length === 0 ? "no name" : `a name of ${args.length} words`;
  report.add("value-ignored", args[1] ?? keyword, `this \`${keyword.text}\` has ${given}, so it is left out`, {
    help: `write \`${keyword.text} ${args.map(({ text }) => text).join("_") || "NAME"} {\``,
  });
  return undefined;
}

/** Weight and direction are one value in the file. */
function weighted(value: object): Record<string, unknown> {
  const { weight: amount, reverse } = { ...NO_WEIGHT, ...value };
  return { ...value, weight: { weight: amount, reverse } };
}

function named(keyword: string, name: string, block: readonly Printed[]): Printed {
  return { keyword, words: [name], block };
}

/** The first word behind the keyword of a block; keepalived ends without one, or leaves the block out. */
export function nameOf(statement: Statement, report: Report): string | undefined {
  const [first] = statement.args;
  if (ONE_WORD_NAMES.has(statement.keyword.text) && statement.args.length !== 1) return rejectName(statement, report);
  if (first !== undefined) return first.text;
  report.add("missing-argument", headOf(statement), `\`${statement.keyword.text}\` needs a name`);
  return undefined;
}
