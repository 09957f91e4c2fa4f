import { assertEquals } from "../../test/assert.ts";
import type { Config } from "./config.ts";
import { loadConfig } from "./load.ts";
import { changeLines, differenceOf, summaryOf } from "./plan.ts";

const INSTANCE = `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass secret
  }
  virtual_ipaddress {
    10.0.0.100/24
  }
}
`;
const SERVER = `virtual_server 10.0.0.100 80 {
  delay_loop 6
  lb_algo rr
  lb_kind NAT
  protocol TCP
  real_server 10.0.1.11 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 3
    }
  }
  real_server 10.0.1.12 80 {
    weight 1
  }
}
`;
const GLOBAL = "global_defs {\n  router_id dir1\n}\n";

function config(text: string): Config {
  const { config: loaded, diagnostics } = loadConfig({ path: "test.conf", text, hostName: "host" });
  if (loaded === undefined) throw new Error(JSON.stringify(diagnostics));
  return loaded;
}

/** What changes from the whole example to one in which a part of the text is another. */
function lines(find: string | RegExp, replacement: string): string[] {
  const before = GLOBAL + INSTANCE + SERVER;
  const after = before.replace(find, replacement);
  if (after === before) throw new Error(`${find} is not in the example`);
  return differenceOf(config(before), config(after)).flatMap(changeLines);
}

Deno.test("differenceOf() finds nothing when only the places in the file differ", () => {
  assertEquals(lines("global_defs", "! a comment\n\n\nglobal_defs"), []);
  assertEquals(summaryOf([]), "nothing changed");
});

Deno.test("differenceOf() says what changes in an instance, in the file's words and units", () => {
  assertEquals(lines("priority 100", "priority 150"), [
    "changed vrrp_instance VI_1: priority 100 -> 150",
    "  a backup takes over from a master of lower priority",
  ]);
  assertEquals(lines("priority 100", "priority 50"), [
    "changed vrrp_instance VI_1: priority 100 -> 50",
    "  a peer of higher priority takes over from a master",
  ]);
  assertEquals(lines("advert_int 1", "advert_int 2"), [
    "changed vrrp_instance VI_1: advert_int 1 -> 2",
    "  version 2 peers with the old advert_int are not heard any more: change them soon",
  ]);
  assertEquals(lines("interface eth0", "interface eth0\n  nopreempt"), [
    "changed vrrp_instance VI_1: nopreempt off -> on",
  ]);
  assertEquals(lines("priority 100", "priority 100\n  state MASTER"), [
    "changed vrrp_instance VI_1: state BACKUP -> MASTER",
    "  `state` counts at the next start only",
  ]);
});

Deno.test("differenceOf() never says a password", () => {
  assertEquals(lines("auth_pass secret", "auth_pass hidden"), [
    "changed vrrp_instance VI_1: authentication changed",
    "  peers with the old authentication are not heard any more: change them soon",
  ]);
  const [before, after] = ["old", "new"].map((password) => ({ ...config(GLOBAL), ssl: { password } }));
  assertEquals(differenceOf(before as unknown as Config, after as unknown as Config)[0]?.details, ["password changed"]);
});

Deno.test("differenceOf() names the addresses that come and go", () => {
  assertEquals(lines("    10.0.0.100/24", "    10.0.0.101/24 dev eth1"), [
    "changed vrrp_instance VI_1: virtual_ipaddress + 10.0.0.101/24 dev eth1 - 10.0.0.100/24 dev eth0",
    "  a master adds and announces 10.0.0.101/24 dev eth1",
    "  a master removes 10.0.0.100/24 dev eth0",
  ]);
  assertEquals(lines("10.0.0.100/24", "10.0.0.100/24 label eth0:1"), [
    "changed vrrp_instance VI_1: virtual_ipaddress with other options",
  ]);
});

Deno.test("differenceOf() names the routes and rules that come and go", () => {
  const [global, own] = [
    "static_routes {\n  10.1.0.0/16 dev eth1\n}\n",
    "virtual_rules {\n    from 10.0.0.5 table 5 priority 1\n  }",
  ];
  const before = config(GLOBAL + global + INSTANCE.replace("interface eth0", `interface eth0\n  ${own}`));
  const after = config(GLOBAL + INSTANCE);
  assertEquals(differenceOf(before, after).flatMap(changeLines), [
    "removed static_routes 10.1.0.0/16 dev eth1",
    "changed vrrp_instance VI_1: virtual_rules - from 10.0.0.5 table 5 preference 1",
  ]);
});

Deno.test("differenceOf() knows an instance by interface and VRID, or else by its name", () => {
  assertEquals(lines("vrrp_instance VI_1", "vrrp_instance VI_2"), ["changed vrrp_instance VI_2: name VI_1 -> VI_2"]);
  assertEquals(lines("virtual_router_id 51", "virtual_router_id 52"), [
    "changed vrrp_instance VI_1: virtual_router_id 51 -> 52",
    "  is another virtual router: the old one ends with priority 0, the new one starts as a backup",
  ]);
});

Deno.test("differenceOf() lists what is added and removed, and summaryOf() counts it", () => {
  const [empty, whole] = [config(GLOBAL), config(GLOBAL + INSTANCE + SERVER)];
  const added = differenceOf(empty, whole);
  assertEquals(added.flatMap(changeLines), [
    "added vrrp_instance VI_1",
    "  starts as a backup",
    "added virtual_server tcp 10.0.0.100:80",
    "  gets 2 real servers",
  ]);
  assertEquals(summaryOf(added), "2 added");
  const removed = differenceOf(whole, empty);
  assertEquals(removed.flatMap(changeLines), [
    "removed vrrp_instance VI_1",
    "  a master says so with priority 0, and its addresses leave",
    "removed virtual_server tcp 10.0.0.100:80",
    "  its connections end",
  ]);
  const [change] = differenceOf(whole, config(GLOBAL.replace("dir1", "dir2") + INSTANCE + SERVER));
  assertEquals(change?.details, ["router_id dir1 -> dir2"]);
  assertEquals(summaryOf([...added, ...removed, ...(change ? [change] : [])]), "1 changed, 2 added, 2 removed");
});

Deno.test("differenceOf() tells the virtual server from its real servers", () => {
  assertEquals(lines("lb_algo rr", "lb_algo wlc\n  persistence_timeout 60"), [
    "changed virtual_server tcp 10.0.0.100:80: lvs_sched rr -> wlc, persistence_timeout 0 -> 60",
    "  connections stay; the kernel has no scheduler for a moment, and refuses those that begin then",
  ]);
  assertEquals(lines(/weight 1\n {2}\}/, "weight 0\n  }"), [
    "changed real_server 10.0.1.12:80 of virtual_server tcp 10.0.0.100:80: weight 1 -> 0",
    "  drains: it keeps its connections and gets no new ones",
  ]);
  assertEquals(lines("connect_timeout 3", "connect_timeout 4"), [
    "changed real_server 10.0.1.11:80 of virtual_server tcp 10.0.0.100:80: check connect_timeout 3 -> 4",
    "  keeps its state until the next result of each new check",
  ]);
  assertEquals(lines("real_server 10.0.1.12 80", "real_server 10.0.1.13 80"), [
    "added real_server 10.0.1.13:80 of virtual_server tcp 10.0.0.100:80",
    "  gets connections at once",
    "removed real_server 10.0.1.12:80 of virtual_server tcp 10.0.0.100:80",
    "  leaves the pool, and its connections end",
  ]);
  assertEquals(lines("lb_kind NAT", "lb_kind NAT\n  sorry_server 10.0.1.99 80"), [
    "changed virtual_server tcp 10.0.0.100:80: sorry_server none -> 10.0.1.99:80",
  ]);
});

Deno.test("differenceOf() reports parts that it knows nothing of", () => {
  const base = config(GLOBAL);
  const before = { ...base, trackFiles: [{ name: "a", weight: 1 }, { name: "b", weight: 1 }], global: { niceMs: 10 } };
  const after = { ...base, trackFiles: [{ name: "a", weight: 2 }, { name: "c", weight: 1 }], global: { niceMs: 20 } };
  assertEquals(differenceOf(before as unknown as Config, after as unknown as Config).flatMap(changeLines), [
    "changed global_defs: nice 0.01 -> 0.02",
    "changed track_files a: weight 1 -> 2",
    "added track_files c",
    "removed track_files b",
  ]);
});
