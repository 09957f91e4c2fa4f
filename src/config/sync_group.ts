// `vrrp_sync_group`, `track_group` and `SSL`: small blocks with lists.
import type { NamedGroup, SslCredentials } from "./config.ts";
import type { SyncGroup } from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { field, type Fields, type Printed, printFields, readFields } from "./fields.ts";
import { type GlobalDefs, listOf, wordsInside } from "./global_defs.ts";
import { childrenNamed, headOf, type Statement } from "./statement.ts";
import { nameOf, printNotifications, printTracking, readNotifications, readTracking } from "./tracking.ts";
import { boolean, flag, word } from "./values.ts";

/** Keywords of `vrrp_sync_group` that set one property each. */
export const SYNC_GROUP_FIELDS = {
  smtp_alert: field("mails", boolean),
  notify_priority_changes: field("notifiesPriorityChanges", boolean),
  sync_group_tracking_weight: field("keepsWeights", flag),
  global_tracking: field("keepsWeights", flag),
} satisfies Fields;

/** Reads a group; undefined when it has no name. */
export function readSyncGroup(statement: Statement, globals: GlobalDefs, report: Report): SyncGroup | undefined {
  const name = nameOf(statement, report);
  const given = readFields(statement, SYNC_GROUP_FIELDS, report);
  const members = childrenNamed(statement, "group").flatMap(wordsInside);
  const tracking = readTracking(statement, report);
  const notifications = readNotifications(statement, report);
  if (name === undefined) return undefined;
  return {
    name,
    members,
    tracking,
    notifications,
    ...syncGroupDefaults(globals),
    ...given,
    location: placeOf(headOf(statement)),
  };
}

/** Writes a group. */
export function printSyncGroup(group: SyncGroup, globals: GlobalDefs): Printed {
  const block = [
    ...listOf("group", group.members.map((member) => [member])),
    ...printFields(group, syncGroupDefaults(globals), SYNC_GROUP_FIELDS),
    ...printTracking(group.tracking),
    ...printNotifications(group.notifications),
  ];
  return { keyword: "vrrp_sync_group", words: [group.name], block };
}

function syncGroupDefaults(globals: GlobalDefs): Pick<SyncGroup, "mails" | "notifiesPriorityChanges" | "keepsWeights"> {
  return {
    mails: globals.mailsForVrrp ?? globals.mails ?? false,
    notifiesPriorityChanges: globals.notifiesPriorityChanges,
    keepsWeights: false,
  };
}

/** Reads a `track_group`; undefined when it has no name. */
export function readTrackGroup(statement: Statement, report: Report): NamedGroup | undefined {
  const name = nameOf(statement, report);
  const members = childrenNamed(statement, "group").flatMap(wordsInside);
  return name === undefined ? undefined : { name, members, location: placeOf(headOf(statement)) };
}

/** Writes a `track_group`. */
export function printTrackGroup({ name, members }: NamedGroup): Printed {
  return { keyword: "track_group", words: [name], block: listOf("group", members.map((member) => [member])) };
}

/** Keywords of `SSL`. */
export const SSL_FIELDS = {
  password: field("password", word("PASSWORD")),
  ca: field("ca", word("PATH")),
  certificate: field("certificate", word("PATH")),
  key: field("key", word("PATH")),
} satisfies Fields;

/** Reads `SSL`. */
export function readSsl(statement: Statement, report: Report): SslCredentials {
  return readFields(statement, SSL_FIELDS, report);
}

/** Writes `SSL`. */
export function printSsl(credentials: SslCredentials): Printed {
  return { keyword: "SSL", words: [], block: printFields(credentials, {}, SSL_FIELDS) };
}
