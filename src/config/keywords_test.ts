import { assert, assertEquals } from "../../test/assert.ts";
import { blocksWith, keywordIn, SECTIONS } from "./keywords.ts";
import type { SectionName } from "./section.ts";
import { typeOf } from "./types.ts";

// What keepalived 2.4.3 registers, block by block.
const POSITIONS: Readonly<Record<SectionName, number>> = {
  root: 25,
  global_defs: 140,
  vrrp_instance: 70,
  authentication: 2,
  auth_hmac: 5,
  vrrp_sync_group: 15,
  vrrp_script: 8,
  vrrp_track_process: 9,
  track_file: 3,
  vrrp_track_file: 3,
  bfd_instance: 15,
  track_group: 1,
  garp_group: 4,
  SSL: 4,
  virtual_server: 39,
  real_server: 26,
  HTTP_GET: 20,
  "HTTP_GET url": 10,
  SSL_GET: 21,
  "SSL_GET url": 11,
  TCP_CHECK: 13,
  UDP_CHECK: 17,
  PING_CHECK: 13,
  SMTP_CHECK: 15,
  "SMTP_CHECK host": 13,
  DNS_CHECK: 15,
  MISC_CHECK: 10,
  BFD_CHECK: 2,
  FILE_CHECK: 2,
  addresses: 0,
  routes: 0,
  rules: 0,
  tracked: 0,
  peers: 0,
  members: 0,
  emails: 0,
  services: 0,
  links: 0,
  delays: 0,
  unknown: 0,
};

Deno.test("SECTIONS has keepalived's 531 positions and 363 names", () => {
  const sections = Object.entries(SECTIONS);
  assertEquals(Object.fromEntries(sections.map(([name, { keywords }]) => [name, keywords.size])), POSITIONS);
  const names = sections.flatMap(([, { keywords }]) => [...keywords.keys()]);
  assertEquals(names.length, 531);
  assertEquals(new Set(names).size, 363);
});

/** Keywords that only open a block, or lines. */
function opensOnly(section: SectionName, keyword: string): boolean {
  return keywordIn(section, keyword)?.opens !== undefined;
}

Deno.test("typeOf() knows what follows every keyword at every position", () => {
  for (const [name, { keywords }] of Object.entries(SECTIONS)) {
    const section = name as SectionName;
    for (const keyword of keywords.keys()) {
      const isKnown = typeOf(section, keyword) !== undefined || opensOnly(section, keyword);
      assert(isKnown, `${section}: ${keyword}`);
    }
  }
});

Deno.test("SECTIONS opens a block only with a keyword that is in the same table", () => {
  const opened = Object.values(SECTIONS).flatMap(({ keywords }) => [...keywords.values()].map(({ opens }) => opens));
  const expected = Object.keys(SECTIONS).filter((name) => name !== "root" && name !== "unknown");
  assertEquals([...new Set(opened.filter((name) => name !== undefined))].sort(), expected.sort());
});

Deno.test("blocksWith() names those first that carry the keyword out", () => {
  assertEquals(blocksWith("priority"), ["vrrp_instance"]);
  assertEquals(blocksWith("alpha").slice(0, 2), ["virtual_server", "real_server"]);
  assertEquals(blocksWith("nat_mask"), []);
});
