// Every keyword of keepalived.conf at every position where keepalived 2.4 knows it: 363 names at 531 positions.
import * as global from "./keywords_global.ts";
import * as ipvs from "./keywords_ipvs.ts";
import * as vrrp from "./keywords_vrrp.ts";
import { isOwnBlock, OWN_BLOCKS } from "./own_blocks.ts";
import type { BlockName, Keyword, Section, SectionName, ValueLines } from "./section.ts";

/** All kinds of blocks of keepalived. */
export const SECTIONS: Readonly<Record<SectionName, Section>> = {
  root: global.ROOT,
  global_defs: global.GLOBAL_DEFS,
  vrrp_instance: vrrp.VRRP_INSTANCE,
  authentication: vrrp.AUTHENTICATION,
  auth_hmac: vrrp.AUTH_HMAC,
  vrrp_sync_group: vrrp.VRRP_SYNC_GROUP,
  vrrp_script: vrrp.VRRP_SCRIPT,
  vrrp_track_process: vrrp.VRRP_TRACK_PROCESS,
  track_file: vrrp.TRACK_FILE,
  vrrp_track_file: vrrp.VRRP_TRACK_FILE,
  bfd_instance: vrrp.BFD_INSTANCE,
  track_group: vrrp.TRACK_GROUP,
  garp_group: vrrp.GARP_GROUP,
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
  addresses: values("a list of addresses", "addresses"),
  routes: values("a list of routes"),
  rules: values("a list of rules"),
  tracked: values("a list of tracked things"),
  peers: values("a list of peers", "addresses"),
  members: values("a list of names"),
  emails: values("a list of mail addresses"),
  services: values("a group of services"),
  links: values("a list of interfaces"),
  delays: values("a list of delays"),
  unknown: { title: "an unknown block", keywords: new Map(), values: "names" },
};

/** A value block. */
function values(title: string, lines: ValueLines = "names"): Section {
  return { title, keywords: new Map(), values: lines };
}

/** Any kind of block, our own too. */
export function sectionOf(name: BlockName): Section {
  return isOwnBlock(name) ? OWN_BLOCKS[name] : SECTIONS[name];
}

/** The keyword of that name in that kind of block. */
export function keywordIn(section: BlockName, name: string): Keyword | undefined {
  return sectionOf(section).keywords.get(name);
}

/** Titles of the blocks in which a word is a keyword, those first that are carried out. */
export function blocksWith(name: string): string[] {
  const holders = Object.values(SECTIONS).filter((section) => section.keywords.has(name));
  const carriedOut = (section: Section): number => section.keywords.get(name)?.effect.type === "carried-out" ? 0 : 1;
  return [...new Set(holders.toSorted((a, b) => carriedOut(a) - carriedOut(b)).map((section) => section.title))];
}
