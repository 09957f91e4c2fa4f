import { assert, assertEquals } from "../../../test/assert.ts";
import { anyName, nameLookup, readNames } from "./names.ts";
import { compileRoute, raisedTime } from "./route_words.ts";
import type { RouteRequest } from "../../wire/route.ts";
import type { RuleRequest } from "../../wire/rule.ts";
import type { Compiled } from "./words.ts";
import { compileRule } from "./rule_words.ts";

const names = nameLookup({
  rt_tables: readNames("# reserved\n0\tunspec\n 0x64 inside # ours\nnonsense\n"),
  rt_protos: [["mine", 77]],
});

type Words = readonly (readonly string[])[];

function route(destination: string, options: Words = [], type = "unicast"): Compiled<RouteRequest> & { ok: true } {
  const result = compileRoute({ type, destination, options }, names);
  assert(result.ok, JSON.stringify(result));
  return result;
}

function refusal(destination: string, options: Words, type = "unicast"): string {
  const result = compileRoute({ type, destination, options }, names);
  return result.ok ? "" : result.problem;
}

Deno.test("compileRoute() fills in keepalived's defaults", () => {
  const { request, tracked } = route("192.0.2.0/24", [["dev", "eth0"]]);
  assertEquals(request, {
    family: 4,
    type: 1,
    destination: "192.0.2.0",
    prefixLength: 24,
    device: "eth0",
    tos: 0,
    table: 254,
    protocol: 18,
    scope: 0,
    metrics: [],
    locks: 0,
    hops: [],
    position: "prepend",
  });
  assertEquals(tracked, true);
});

Deno.test("compileRoute() knows names of the system, and says which it does not know", () => {
  assertEquals(route("192.0.2.0/24", [["table", "inside"]]).request.table, 100);
  assertEquals(route("192.0.2.0/24", [["no_track"], ["protocol", "mine"]]).request.protocol, 77);
  assertEquals(route("192.0.2.0/24", [["protocol", "mine"]]).request.protocol, 18); // tracked
  assertEquals(
    refusal("192.0.2.0/24", [["table", "outside"]]),
    "`table outside`: no number is called so in iproute2's `rt_tables`",
  );
  const anywhere = compileRoute({ type: "unicast", destination: "default", options: [["table", "outside"]] }, anyName);
  assertEquals(anywhere.ok, true);
});

Deno.test("compileRoute() tells the family by destination, gateway, source or word", () => {
  const family = (destination: string, options: Words): number => route(destination, options).request.family;
  assertEquals(family("default", [["via", "192.0.2.1"]]), 4);
  assertEquals(family("default", [["via", "2001:db8::1"]]), 6);
  assertEquals(family("default", [["nexthop", "via", "2001:db8::1", "weight", "2"]]), 6);
  assertEquals(family("default", [["inet6"], ["dev", "eth0"]]), 6);
  assertEquals(family("default", [["dev", "eth0"]]), 4);
  assertEquals(route("192.0.2.0/24", [["via", "inet6", "fe80::1"]]).request.gateway, "fe80::1");
  assertEquals(refusal("2001:db8::/32", [["via", "192.0.2.1"]]), "`via` must be an IPv6 address here, not `192.0.2.1`");
});

Deno.test("compileRoute() reads metrics with their locks, and times as keepalived does", () => {
  const { request, notes } = route("192.0.2.0/24", [
    ["mtu", "lock", "1400"],
    ["rtt", "300ms"],
    ["rttvar", "400"],
    ["rto_min", "1.5s"],
    ["features", "ecn"],
    ["congctl", "lock", "cubic"],
    ["quickack", "1"],
  ]);
  assertEquals(request.metrics, [[2, 1400], [4, 2400], [5, 800], [13, 1500], [12, 1], [15, 1]]);
  assertEquals(request.locks, 1 << 2 | 1 << 16);
  assertEquals(request.congestionControl, "cubic");
  assertEquals(notes, ["`rttvar 400` becomes 200ms, the least that keepalived sets"]);
});

Deno.test("compileRoute() reads several ways, each with its own words, and what they have in common", () => {
  const { request } = route("192.0.2.0/24", [["dev", "eth0"], [
    "nexthop",
    ..."via 192.0.2.1 weight 256 onlink nexthop gw 192.0.2.2 dev eth1 encap ip id 7 dst 192.0.2.9 realms 1/2".split(
      " ",
    ),
  ]]);
  assertEquals(request.device, undefined);
  assertEquals(request.hops, [
    { device: "eth0", gateway: "192.0.2.1", weight: 256, onlink: true },
    {
      device: "eth1",
      gateway: "192.0.2.2",
      weight: 1,
      realms: 0x10002,
      encapsulation: { type: "ip", id: 7, destination: "192.0.2.9" },
    },
  ]);
});

Deno.test("compileRoute() refuses what the kernel or we can't do, in words", () => {
  const refused: [Words, string][] = [
    [[["vrf", "red"]], "`vrf` of a route is not carried out yet"],
    [[["encap", "ila", "1:2:3:4"]], "`encap ila` is not carried out yet"],
    [[["encap", "gre"]], "`encap` must be `ip`, `ip6`, `mpls` or `ila`, not `gre`"],
    [[["encap", "ip", "dst", "::1"]], "`dst` of `encap ip` must be an address of its family, not `::1`"],
    [[["hoplimit", "300"]], "`hoplimit` must be from 0 to 255, not `300`"],
    [[["metric", "-1"]], "`metric` must be from 0 to 4294967295, not `-1`"],
    [[["nexthop", "via", "192.0.2.1", "weight", "0"]], "`weight` must be from 1 to 256, not `0`"],
    [[["nexthop", "via"]], "`via` of `nexthop` needs a value"],
    [[["nexthop", "mtu", "5"]], "`mtu` is not an option of `nexthop`"],
    [[["rtt", "soon"]], "`rtt` must be a time such as `300ms` or `1s`, not `soon`"],
    [[["pref", "best"]], "`pref` must be `medium` or `high` or `low`, not `best`"],
    [[["pref", "constructor"]], "`pref` must be `medium` or `high` or `low`, not `constructor`"],
    [[["realms", "1/2/3"]], "`realms` are `SOURCE/DESTINATION`, not `1/2/3`"],
    [[["congctl", "a b"]], "`congctl` must be a name of at most 15 characters, not `a b`"],
  ];
  for (const [options, problem] of refused) assertEquals(refusal("192.0.2.0/24", options), problem);
});

Deno.test("compileRoute() gives types the scope that the kernel wants where keepalived's is refused", () => {
  assertEquals(route("192.0.2.1", [], "local").request.scope, 254);
  assertEquals(route("192.0.2.255", [], "broadcast").request.scope, 253);
  assertEquals(route("192.0.2.0/24", [["scope", "link"]], "unreachable").request.scope, 253);
});

Deno.test("compileRule() reads every selector", () => {
  const words = "not|from 192.0.2.0/24|to 198.51.100.9|table inside|preference 5|tos 0x10|fwmark 0x1/0xff|realms 3/4|" +
    "suppress_prefixlength 0|suppress_ifgroup default|iif eth0|oif eth1|tunnel-id 99|uidrange 10-20|ipproto UDP|" +
    "sport 5|dport 80-90";
  const result = compileRule({ options: words.split("|").map((option) => option.split(" ")) }, names);
  assert(result.ok);
  assertEquals(result.request, {
    family: 4,
    action: 1,
    preference: 5,
    not: true,
    table: 100,
    tos: 16,
    l3mdev: false,
    protocol: 18,
    from: { address: "192.0.2.0", prefixLength: 24 },
    to: { address: "198.51.100.9", prefixLength: 32 },
    mark: 1,
    markMask: 255,
    realms: 0x30004,
    suppressPrefixLength: 0,
    suppressGroup: 0,
    iif: "eth0",
    oif: "eth1",
    tunnelId: 99,
    uids: [10, 20],
    ipProtocol: 17,
    sourcePorts: [5, 5],
    destinationPorts: [80, 90],
  });
});

Deno.test("compileRule() tells action, family and protocol, and refuses what makes no rule", () => {
  const rule = (...words: string[]): Compiled<RuleRequest> =>
    compileRule({ options: words.map((option) => option.split(" ")) }, names);
  const request = (...words: string[]): RuleRequest => {
    const result = rule(...words);
    assert(result.ok);
    return result.request;
  };
  assertEquals(request("goto 20", "preference 7").action, 2);
  assertEquals([request("nop").action, request("type prohibit").action, request("l3mdev").table], [3, 8, 0]);
  assertEquals([request("inet6", "nop").family, request("from all", "to ::1", "nop").family], [6, 6]);
  assertEquals([request("no_track", "nop").protocol, request("no_track", "protocol mine", "nop").protocol], [0, 77]);
  const tracked = rule("protocol mine", "nop");
  assertEquals(tracked.ok && tracked.notes.length, 1);
  const problems: [string[], string][] = [
    [["from 192.0.2.1"], "a rule needs `table`, `l3mdev`, `goto` or an action such as `prohibit`"],
    [["from 192.0.2.1", "to ::1", "nop"], "`to` must be of IPv4 here, not `::1`"],
    [["l3mdev", "table 5"], "a rule has either `table` or `l3mdev`"],
    [["fwmark 1/2/3", "nop"], "`fwmark` must be a number, or a number and a mask as `1/0xff`, not `1/2/3`"],
    [["dport 90-80", "nop"], "`dport` must go from the lower number to the higher, not `90-80`"],
    [["sport 1-70000", "nop"], "`sport` must be from 0 to 65535, not `70000`"],
    [
      ["ipproto constructor", "nop"],
      "`ipproto` must be a number from 0 to 255 or a name such as `tcp`, not `constructor`",
    ],
    [["type unicast"], "`type` must be `nop`, `blackhole`, `unreachable` or `prohibit`, not `unicast`"],
  ];
  for (const [words, problem] of problems) {
    const result = rule(...words);
    assertEquals(result.ok ? "" : result.problem, problem);
  }
});

Deno.test("raisedTime() gives what is used instead of a time that is too short, in the unit of each metric", () => {
  const raised = (text: string): unknown => raisedTime(...text.split(" ") as [string, string]);
  assertEquals(["rtt 1599", "rtt 1600", "rttvar 799", "rttvar 800", "rto_min 199ms", "rto_min 0.2s"].map(raised), [
    "200ms",
    undefined,
    "200ms",
    undefined,
    "200ms",
    undefined,
  ]);
  assertEquals(["mtu 1", "constructor 1", "rtt soon"].map(raised), [undefined, undefined, undefined]);
});
