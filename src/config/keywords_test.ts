import { assertEquals } from "../../test/assert.ts";
import { HTTP_ROWS, TCP_ROWS, URL_ROWS } from "./checkers.ts";
import { GLOBAL_ROWS } from "./global_defs.ts";
import { blocksWith, SECTIONS } from "./keywords.ts";
import { REAL_SERVER_BLOCKS, REAL_SERVER_ROWS } from "./real_server.ts";
import type { SectionName } from "./section.ts";
import { SERVER_ROWS } from "./virtual_server.ts";
import { AUTHENTICATION_ROWS, INSTANCE_BLOCKS, INSTANCE_ROWS } from "./vrrp_instance.ts";

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
  names: 0,
  unknown: 0,
};

Deno.test("SECTIONS has keepalived's 531 positions and 363 names", () => {
  const sections = Object.entries(SECTIONS);
  assertEquals(Object.fromEntries(sections.map(([name, { keywords }]) => [name, keywords.size])), POSITIONS);
  const names = sections.flatMap(([, { keywords }]) => [...keywords.keys()]);
  assertEquals(names.length, 531);
  assertEquals(new Set(names).size, 363);
});

Deno.test("SECTIONS calls carried out what has a reader, and nothing else", () => {
  const readers: [SectionName, string[]][] = [
    ["root", ["global_defs", "vrrp_instance", "virtual_server"]],
    ["global_defs", Object.keys(GLOBAL_ROWS)],
    ["vrrp_instance", [...Object.keys(INSTANCE_ROWS), ...INSTANCE_BLOCKS]],
    ["authentication", Object.keys(AUTHENTICATION_ROWS)],
    ["virtual_server", [...Object.keys(SERVER_ROWS), "real_server"]],
    ["real_server", [...Object.keys(REAL_SERVER_ROWS), ...REAL_SERVER_BLOCKS]],
    ["TCP_CHECK", Object.keys(TCP_ROWS)],
    ["HTTP_GET", [...Object.keys(HTTP_ROWS), "url"]],
    ["HTTP_GET url", Object.keys(URL_ROWS)],
  ];
  for (const [name, section] of Object.entries(SECTIONS)) {
    const done = [...section.keywords].filter(([, { effect }]) =>
      effect.type === "carried-out" || effect.type === "deprecated"
    );
    const expected = readers.find(([block]) => block === name)?.[1] ?? [];
    assertEquals(done.map(([keyword]) => keyword).sort(), expected.toSorted(), name);
  }
});

Deno.test("SECTIONS opens a block only with a keyword that is in the same table", () => {
  const opened = Object.values(SECTIONS).flatMap(({ keywords }) => [...keywords.values()].map(({ opens }) => opens));
  const expected = Object.keys(SECTIONS).filter((name) => name !== "root" && name !== "unknown");
  assertEquals([...new Set(opened.filter((name) => name !== undefined))].sort(), expected.sort());
});

Deno.test("blocksWith() names those first that carry the keyword out", () => {
  assertEquals(blocksWith("priority"), ["vrrp_instance"]);
  assertEquals(blocksWith("weight").slice(0, 2), ["virtual_server", "real_server"]);
  assertEquals(blocksWith("nat_mask"), []);
});
