// Keywords of holdfast.yaml that keepalived.conf does not have. There they are unknown words, as in keepalived.
import { field, type Fields } from "./fields.ts";
import { isOwnBlock, meaningInBlock, OWN_BLOCKS } from "./own_blocks.ts";
import type { BlockName } from "./section.ts";
import type { Statement } from "./statement.ts";
import { followed, TRACK_SERVERS } from "./tracked_servers.ts";
import { boolean, integer, oneOf, seconds, word } from "./values.ts";
import { optional } from "./values_composite.ts";
import { isYaml } from "./yaml_shape.ts";

/** A day. */
const MAX_SECONDS = 86_400;

/** Of a virtual server, for all its real servers, and of a real server. */
const OWN_SERVER_FIELDS = {
  drain_timeout: field("drainTimeoutMs", seconds({ min: 0, max: MAX_SECONDS, as: "ms" })),
  slow_start: field("slowStartMs", seconds({ min: 0, max: MAX_SECONDS, as: "ms" })),
} satisfies Fields;

/** Of a virtual server. */
export const OWN_VIRTUAL_SERVER_FIELDS = {
  ...OWN_SERVER_FIELDS,
  fail_open: field("failOpen", optional(oneOf<"last" | "all">({ last: "last", all: "all" }), "last")),
  backup_below: field("backupBelow", integer({ min: 1, max: 65_535 })),
  follow_instance: field("followInstance", followed),
} satisfies Fields;

/** Of a real server. */
export const OWN_REAL_SERVER_FIELDS = {
  ...OWN_SERVER_FIELDS,
  backup: field("backup", boolean),
} satisfies Fields;

/** How the connection to a mail server is made secret, if at all. */
export type MailTls = "none" | "starttls" | "tls";

/** Of `global_defs`. */
export const OWN_GLOBAL_FIELDS = {
  shared_checks: field("sharesChecks", boolean),
  smtp_tls: field("mailTls", oneOf<MailTls>({ none: "none", starttls: "starttls", tls: "tls" })),
  smtp_user: field("mailUser", word("NAME")),
  smtp_password_file: field("mailPasswordFile", word("FILE")),
  smtp_ca_file: field("mailAuthorityFile", word("FILE")),
} satisfies Fields;

/** What each means, by the kind of block that it stands in. */
const BOTH: Readonly<Record<string, string>> = {
  drain_timeout:
    "a real server that leaves the configuration, or is drained, stays at weight 0 until its connections " +
    "have ended, at most so many seconds; without it, it leaves at once (drained: without a limit)",
  slow_start: "the weight of a real server that comes back rises for so many seconds",
};
const TRACKED: Readonly<Record<string, string>> = {
  [TRACK_SERVERS]:
    "virtual servers that must have their quorum, or `min_servers` or `min_weight`: without it the instance " +
    "is in fault, or with `weight` its priority changes",
};
const CHECKERS = Object.fromEntries(
  Object.keys(OWN_BLOCKS).filter(isOwnBlock).map((name) => [name, meaningInBlock(name) ?? ""]),
);
const MEANINGS: Readonly<Partial<Record<BlockName, Readonly<Record<string, string>>>>> = {
  global_defs: {
    shared_checks:
      "real servers that several virtual servers check in the same way (address, port and all settings of the " +
      "checker) are probed once, for all of them",
    smtp_tls:
      "mails go over TLS: `starttls` asks the mail server for it and sends nothing when it has none, `tls` begins " +
      "with it (port 465); its certificate must be good. Default: `none`, or `starttls` with `smtp_user`",
    smtp_user: "the name that Holdfast logs in with at the mail server; never without TLS",
    smtp_password_file: "the file whose first line is the password of `smtp_user`; it is read for each mail",
    smtp_ca_file:
      "the file of certificates (PEM) that the mail server's must be signed by, rather than the public ones",
  },
  virtual_server: {
    ...BOTH,
    fail_open:
      "when all real servers have failed, those that failed last (`last`), or all that failed (`all`), stay in " +
      "the table rather than none; a sorry server comes before it",
    follow_instance:
      "its checks run only while that VRRP instance is master here; with `table`, it is in the kernel's " +
      "table only then",
    backup_below: "real servers marked `backup` get connections while fewer others are up; default 1",
  },
  vrrp_instance: TRACKED,
  vrrp_sync_group: TRACKED,
  real_server: {
    ...BOTH,
    backup: "it is checked all the time, but gets connections only while fewer others than `backup_below` are up",
    ...CHECKERS,
  },
};

/** What an own keyword of that kind of block means; undefined when there is none of that name. */
export function ownKeyword(section: BlockName, name: string): string | undefined {
  if (isOwnBlock(section)) return meaningInBlock(section, name);
  const meanings = MEANINGS[section];
  return meanings !== undefined && Object.hasOwn(meanings, name) ? meanings[name] : undefined;
}

/** The kind of block that an own keyword opens; undefined: it has a value. */
export function ownBlock(section: BlockName, name: string): BlockName | undefined {
  if (section === "real_server" && isOwnBlock(name)) return name;
  return name === TRACK_SERVERS && ownKeyword(section, name) !== undefined ? "tracked" : undefined;
}

/** Their names in a block of keepalived's. */
export function ownKeywordsOf(section: BlockName): string[] {
  return Object.keys(MEANINGS[section] ?? {});
}

/** The kinds of blocks that know an own keyword of that name. */
export function ownPlacesOf(name: string): BlockName[] {
  return (Object.keys(MEANINGS) as BlockName[]).filter((section) => ownKeyword(section, name) !== undefined);
}

/** The own keywords count in a YAML file only. */
export function hasOwnKeywords({ keyword }: Statement): boolean {
  return isYaml(keyword.file);
}
