// Every example of the manual is one that can be used: put where it belongs, nothing is wrong with it.
import { assertEquals } from "../../../test/assert.ts";
import { SECTIONS } from "../keywords.ts";
import { loadConfig } from "../load.ts";
import type { SectionName } from "../section.ts";
import { manualEntry } from "./manual.ts";

/** What stands around a block: its first line, the settings that it can't be without, and the block that it is in. */
interface Place {
  readonly opening: string;
  readonly needs?: readonly string[];
  readonly inside?: SectionName;
}

const CHECKERS = "HTTP_GET SSL_GET TCP_CHECK UDP_CHECK PING_CHECK SMTP_CHECK DNS_CHECK MISC_CHECK BFD_CHECK FILE_CHECK";
const NEEDED_BY_CHECKERS: Readonly<Record<string, readonly string[]>> = {
  HTTP_GET: ["url {\npath /\n}"],
  SSL_GET: ["url {\npath /\n}"],
  MISC_CHECK: ['misc_path "/bin/true"'],
  BFD_CHECK: ["name peer"],
  FILE_CHECK: ["track_file load"],
};
const INSTANCE = ["interface eth0", "virtual_router_id 51", "virtual_ipaddress {\n192.0.2.100/24\n}"];

const PLACES: Readonly<Partial<Record<SectionName, Place>>> = {
  global_defs: { opening: "global_defs" },
  vrrp_instance: { opening: "vrrp_instance VI_1", needs: INSTANCE },
  authentication: { opening: "authentication", needs: ["auth_type PASS", "auth_pass secret"], inside: "vrrp_instance" },
  auth_hmac: {
    opening: "auth_hmac",
    needs: ['key 1 "0123456789abcdef0123456789abcdef"', "active_key 1"],
    inside: "vrrp_instance",
  },
  vrrp_sync_group: { opening: "vrrp_sync_group VG_1", needs: ["group {\nVI_1\nVI_2\n}"] },
  vrrp_script: { opening: "vrrp_script chk_nginx", needs: ["script /bin/true"] },
  vrrp_track_process: { opening: "vrrp_track_process nginx", needs: ["process /usr/sbin/nginx"] },
  track_file: { opening: "track_file load", needs: ["file /run/load"] },
  vrrp_track_file: { opening: "vrrp_track_file load", needs: ["file /run/load"] },
  bfd_instance: { opening: "bfd_instance peer", needs: ["neighbor_ip 192.0.2.2"] },
  track_group: { opening: "track_group TG" },
  garp_group: { opening: "garp_group", needs: ["interfaces {\neth0\neth1\n}", "garp_interval 0.05"] },
  SSL: { opening: "SSL", needs: ["certificate /etc/ssl/client.pem", "key /etc/ssl/client.key"] },
  virtual_server: {
    opening: "virtual_server 192.0.2.100 80",
    needs: ["lvs_sched wrr", "lvs_method DR", "protocol TCP", "real_server 198.51.100.11 80 {\nweight 1\n}"],
  },
  real_server: { opening: "real_server 198.51.100.11 80", inside: "virtual_server" },
  ...Object.fromEntries(
    CHECKERS.split(" ").map((name) => [
      name,
      { opening: name, needs: NEEDED_BY_CHECKERS[name] ?? [], inside: "real_server" },
    ]),
  ),
  "HTTP_GET url": { opening: "url", needs: ["path /"], inside: "HTTP_GET" },
  "SSL_GET url": { opening: "url", needs: ["path /"], inside: "SSL_GET" },
  "SMTP_CHECK host": { opening: "host", inside: "SMTP_CHECK" },
};

/** Settings that a keyword has no effect without, or no good one; what it means says so. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  "vrrp_instance advert_int": ["version 3"],
  "vrrp_instance auth_hmac": ["version 3"],
  "vrrp_instance unicast_src_ip": ["unicast_peer {\n192.0.2.2\n}"],
  "vrrp_instance unicast_ttl": ["unicast_peer {\n192.0.2.2\n}"],
  "vrrp_instance check_unicast_src": ["unicast_peer {\n192.0.2.2\n}"],
  "vrrp_instance old_unicast_checksum": ["unicast_peer {\n192.0.2.2\n}"],
  "vrrp_instance timer_expired_backup": ["nopreempt"],
  "vrrp_instance thread_timer_expired": ["nopreempt"],
  "vrrp_instance native_ipv6": ["virtual_ipaddress {\n2001:db8::100/64\n}"],
  "virtual_server quorum": ["real_server 198.51.100.11 80 {\nweight 2\n}"],
  "virtual_server hysteresis": ["quorum 2", "real_server 198.51.100.11 80 {\nweight 3\n}"],
};

/** What examples name, and what has to be there for them. */
const DEFINITIONS = [
  "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}",
  "vrrp_instance VI_2 {\ninterface eth1\nvirtual_router_id 52\nvirtual_ipaddress {\n198.51.100.100/24\n}\n}",
  'vrrp_script chk_nginx {\nscript "/usr/bin/killall -0 nginx"\n}',
  "vrrp_track_process nginx {\nprocess /usr/sbin/nginx\n}",
  "track_file load {\nfile /run/load\n}",
  "track_file maintenance {\nfile /run/maintenance\n}",
  "bfd_instance peer {\nneighbor_ip 192.0.2.2\n}",
];

Deno.test("manualEntry() has no example that check has anything against", () => {
  for (const [name, { keywords }] of Object.entries(SECTIONS)) {
    for (const keyword of keywords.keys()) {
      const section = name as SectionName;
      const text = fileWith(section, keyword, manualEntry(section, keyword)?.example ?? "");
      const { diagnostics } = loadConfig({ path: "f", text, hostName: "lb1", willNotRun: true });
      const unexpected = diagnostics.filter(({ code }) => code !== "deprecated-keyword");
      assertEquals(unexpected.map(({ code, message }) => `${code}: ${message}`), [], `${section} ${keyword}:\n${text}`);
    }
  }
});

/** A whole configuration with an example in its place. */
function fileWith(section: SectionName, keyword: string, example: string): string {
  let text = example;
  let inner = keyword;
  for (let at: SectionName | undefined = section; at !== undefined && at !== "root";) {
    const place: Place | undefined = PLACES[at];
    if (place === undefined) throw new Error(`no place for ${at}`);
    const companions = COMPANIONS[`${at} ${inner}`] ?? [];
    const given = new Set([inner, ...companions.map(firstWord)]);
    const needs = (place.needs ?? []).filter((line) => !given.has(firstWord(line)));
    text = [`${place.opening} {`, ...needs, ...companions, text, "}"].join("\n");
    inner = firstWord(place.opening);
    at = place.inside;
  }
  const [opening = ""] = text.split("\n");
  return [...DEFINITIONS.filter((definition) => definition.split("\n")[0] !== opening), text].join("\n");
}

function firstWord(line: string): string {
  return line.split(" ")[0] ?? "";
}
