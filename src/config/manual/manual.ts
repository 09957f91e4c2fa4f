// Finds what the manual says of a keyword.
import type { SectionName } from "../section.ts";
import type { ManualEntry, ManualTable } from "./entry.ts";
import { GLOBAL_DEFS, ROOT } from "./global.ts";
import * as ipvs from "./ipvs.ts";
import * as tracking from "./tracking.ts";
import * as vrrp from "./vrrp.ts";

/** All entries by the kind of block. */
export const MANUAL: Readonly<Partial<Record<SectionName, ManualTable>>> = {
  root: ROOT,
  global_defs: GLOBAL_DEFS,
  vrrp_instance: vrrp.VRRP_INSTANCE,
  authentication: vrrp.AUTHENTICATION,
  auth_hmac: vrrp.AUTH_HMAC,
  vrrp_sync_group: tracking.VRRP_SYNC_GROUP,
  vrrp_script: tracking.VRRP_SCRIPT,
  vrrp_track_process: tracking.VRRP_TRACK_PROCESS,
  track_file: tracking.TRACK_FILE,
  vrrp_track_file: tracking.TRACK_FILE,
  bfd_instance: tracking.BFD_INSTANCE,
  track_group: tracking.TRACK_GROUP,
  garp_group: tracking.GARP_GROUP,
  SSL: ipvs.SSL,
  virtual_server: ipvs.VIRTUAL_SERVER,
  real_server: ipvs.REAL_SERVER,
  HTTP_GET: ipvs.HTTP_GET,
  "HTTP_GET url": ipvs.HTTP_GET_URL,
  SSL_GET: ipvs.SSL_GET,
  "SSL_GET url": ipvs.SSL_GET_URL,
  TCP_CHECK: ipvs.TCP_CHECK,
  UDP_CHECK: ipvs.UDP_CHECK,
  PING_CHECK: ipvs.PING_CHECK,
  SMTP_CHECK: ipvs.SMTP_CHECK,
  "SMTP_CHECK host": ipvs.SMTP_CHECK_HOST,
  DNS_CHECK: ipvs.DNS_CHECK,
  MISC_CHECK: ipvs.MISC_CHECK,
  BFD_CHECK: ipvs.BFD_CHECK,
  FILE_CHECK: ipvs.FILE_CHECK,
};

/** The entry of a keyword at one position. */
export function manualEntry(section: SectionName, keyword: string): ManualEntry | undefined {
  const table = MANUAL[section];
  return table !== undefined && Object.hasOwn(table, keyword) ? table[keyword] : undefined;
}
