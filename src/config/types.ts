// The type of each keyword's value, at each of its positions: what schema, manual and the YAML reader go by.
import { AUTHENTICATION_FIELDS, HMAC_FIELDS } from "./authentication.ts";
import {
  BFD_CHECK_FIELDS,
  CONNECTION_FIELDS,
  DNS_FIELDS,
  FILE_CHECK_FIELDS,
  MISC_FIELDS,
  REPEATED_FIELDS,
  SMTP_FIELDS,
  SOURCE_FIELDS,
  UDP_FIELDS,
} from "./checkers.ts";
import { endpoint } from "./endpoint.ts";
import type { Fields } from "./fields.ts";
import { GARP_FIELDS, GLOBAL_FIELDS, GLOBAL_GARP_FIELDS, ROOT_FIELDS } from "./global_defs.ts";
import { HTTP_FIELDS, URL_FIELDS } from "./http_checker.ts";
import { OWN_GLOBAL_FIELDS, OWN_REAL_SERVER_FIELDS, OWN_VIRTUAL_SERVER_FIELDS } from "./own_keywords.ts";
import { REAL_SERVER_FIELDS } from "./real_server.ts";
import { OWN_CHECKER_FIELDS } from "./own_checkers.ts";
import type { BlockName, OwnBlockName } from "./section.ts";
import { SSL_FIELDS, SYNC_GROUP_FIELDS } from "./sync_group.ts";
import {
  BFD_FIELDS,
  FILE_FIELDS,
  GARP_GROUP_FIELDS,
  GROUP_NOTIFY_FIELDS,
  NOTIFY_FIELDS,
  PROCESS_FIELDS,
  SCRIPT_FIELDS,
} from "./tracking.ts";
import type { ValueShape } from "./value_type.ts";
import { word } from "./values.ts";
import { words } from "./values_composite.ts";
import { FLAG_FIELDS, SERVER_FIELDS } from "./virtual_server.ts";
import { ELECTION_FIELDS, INSTANCE_FIELDS, LINK_FIELDS } from "./vrrp_instance.ts";

const CONNECTION = { ...CONNECTION_FIELDS, ...SOURCE_FIELDS };
const { tls_compliant: _checker, ...PLAIN_HTTP } = HTTP_FIELDS;
const { tls_compliant: _url, ...PLAIN_URL } = URL_FIELDS;

const TABLES: Readonly<Partial<Record<BlockName, Fields>>> = {
  ...ownTables(),
  root: ROOT_FIELDS,
  global_defs: { ...GLOBAL_FIELDS, ...GLOBAL_GARP_FIELDS, ...OWN_GLOBAL_FIELDS },
  vrrp_instance: { ...INSTANCE_FIELDS, ...ELECTION_FIELDS, ...LINK_FIELDS, ...GARP_FIELDS, ...NOTIFY_FIELDS },
  authentication: AUTHENTICATION_FIELDS,
  auth_hmac: HMAC_FIELDS,
  vrrp_sync_group: { ...SYNC_GROUP_FIELDS, ...GROUP_NOTIFY_FIELDS },
  vrrp_script: SCRIPT_FIELDS,
  vrrp_track_process: PROCESS_FIELDS,
  track_file: FILE_FIELDS,
  vrrp_track_file: FILE_FIELDS,
  bfd_instance: BFD_FIELDS,
  garp_group: GARP_GROUP_FIELDS,
  SSL: SSL_FIELDS,
  virtual_server: { ...SERVER_FIELDS, ...FLAG_FIELDS, ...OWN_VIRTUAL_SERVER_FIELDS },
  real_server: { ...REAL_SERVER_FIELDS, ...OWN_REAL_SERVER_FIELDS },
  HTTP_GET: { ...CONNECTION, ...PLAIN_HTTP },
  "HTTP_GET url": PLAIN_URL,
  SSL_GET: { ...CONNECTION, ...HTTP_FIELDS },
  "SSL_GET url": URL_FIELDS,
  TCP_CHECK: CONNECTION,
  UDP_CHECK: { ...CONNECTION, ...UDP_FIELDS },
  PING_CHECK: CONNECTION,
  SMTP_CHECK: { ...CONNECTION, ...SMTP_FIELDS },
  "SMTP_CHECK host": CONNECTION,
  DNS_CHECK: { ...CONNECTION, ...DNS_FIELDS },
  MISC_CHECK: { ...REPEATED_FIELDS, ...MISC_FIELDS },
  BFD_CHECK: BFD_CHECK_FIELDS,
  FILE_CHECK: FILE_CHECK_FIELDS,
};

function ownTables(): Record<OwnBlockName, Fields> {
  const tables = Object.entries(OWN_CHECKER_FIELDS).map(([name, fields]) => [name, { ...CONNECTION, ...fields }]);
  return Object.fromEntries(tables);
}

/** Words in front of a block. */
const HEADS: Readonly<Record<string, ValueShape>> = {
  vrrp_instance: word("NAME"),
  vrrp_sync_group: word("NAME"),
  vrrp_script: word("NAME"),
  vrrp_track_process: word("NAME"),
  track_file: word("NAME"),
  vrrp_track_file: word("NAME"),
  bfd_instance: word("NAME"),
  track_group: word("NAME"),
  virtual_server_group: word("NAME"),
  virtual_server: words("ADDRESS [PORT] | fwmark NUMBER | group NAME"),
  real_server: endpoint,
};

/** Keywords that may be repeated, with a value of their own each. */
const REPEATED: Readonly<Record<string, ValueShape>> = {
  "auth_hmac key": {
    form: "NUMBER SECRET",
    schema: { type: "object", additionalProperties: { type: "string" } },
  },
};

/** What follows a keyword on its line; undefined when nothing does but a block. */
export function typeOf(section: BlockName, keyword: string): ValueShape | undefined {
  const table = TABLES[section];
  if (table !== undefined && Object.hasOwn(table, keyword)) return table[keyword]?.type;
  const repeated = REPEATED[`${section} ${keyword}`];
  if (repeated !== undefined) return repeated;
  const isBlock = section === "root" || (section === "virtual_server" && keyword === "real_server");
  return isBlock && Object.hasOwn(HEADS, keyword) ? HEADS[keyword] : undefined;
}
