// The same routes and rules, static addresses too, by keepalived and by Holdfast in one network namespace, one after the other:
// the kernel must hold the same of both, and nothing when they have ended.
import { assertEquals } from "../../assert.ts";
import { BackgroundProcess, run, tryRun, until } from "../../support/command.ts";
import { holdfastCommand } from "../../support/holdfast.ts";
import { testWith } from "../../support/requirements.ts";
import { inside, TwoHosts } from "../../support/two_hosts.ts";

const LIMIT_MS = 30_000;

/**
 * Every option that the kernel here can do and keepalived 2.2.7 reads. Left out is what only Holdfast gets into the kernel:
 * `encap` of a `nexthop`, which keepalived drops, and `via A or B dev eth0`, which it asks for in a way that is refused.
 */
const CONFIG = `
static_ipaddress {
  10.7.0.1/24 dev eth1
  10.7.1.1/24 brd + dev eth1 scope link label eth1:x
  10.7.3.1/24 noprefixroute dev eth1
  10.7.4.1/24 home dev eth1
  2001:db8:7::1/64 dev eth1
  2001:db8:8::1/64 noprefixroute mngtmpaddr dev eth1
  2001:db8:9:1::1/64 home -nodad dev eth1
  2001:db8:9:2::1/64 preferred_lft 0 dev eth1
  2001:db8:9:3::1 preferred_lft forever dev eth1
  2001:db8:9:4::1 dev eth1
}
static_routes {
  10.60.0.0/16 dev eth1 metric 7
  10.61.0.0/16 via 10.8.0.9 dev eth1 no_track protocol bird
  blackhole 10.62.0.0/16
  2001:db8:60::/48 via 2001:db8:9::7 dev eth0
}
static_rules {
  from 10.60.0.0/16 table 60 preference 60
  from 2001:db8:60::/48 table 60 preference 61
}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
  virtual_routes {
    192.0.2.0/24 via 10.9.0.254 dev eth0
    192.0.3.0/24 dev eth0
    192.0.4.0/24 via 10.9.0.254
    src 10.9.0.100 to 192.0.5.0/24 via 10.9.0.254 dev eth0 metric 15
    192.0.6.0/24 dev eth1 rtt 7 rttvar 9 rto_min 100
    192.0.7.0/24 dev eth1 ttl-propagate enabled
    192.0.8.1 dev eth0
    192.0.9.0/24 dev eth0 prepend
    192.0.9.0/24 dev eth1 add metric 3
    blackhole 198.51.100.0/24
    unreachable 198.51.101.0/24
    prohibit 198.51.102.0/24
    throw 198.51.103.0/24 table 100
    local 198.51.104.1 dev eth0 scope host
    198.51.105.0/24 dev eth0 scope link table 100 tos 4
    198.51.106.0/24 via 10.9.0.254 dev eth0 onlink mtu lock 1400 hoplimit 20 advmss 1300 rtt 300ms rttvar 1.5s reordering 5 window 1000 cwnd 10 ssthresh 11 realms 1/2 rto_min 300ms initcwnd 12 initrwnd 13 features ecn quickack 1 congctl lock cubic fastopen_no_cookie 1
    198.51.107.0/24 no_track protocol static dev eth0
    198.51.108.0/24 no_track dev eth0
    198.51.109.0/24 nexthop via 10.9.0.2 dev eth0 weight 2 nexthop via 10.9.0.3 dev eth0 weight 3 onlink realms 4
    198.51.110.0/24 via 10.9.0.4 or 10.9.0.5
    198.51.112.0/24 dev eth0 encap ip id 7 dst 10.9.0.77 src 10.9.0.1 tos 4 ttl 9
    198.51.113.0/24 encap ip id 7 dst 10.9.0.77 dev eth0 hoplimit 9
    198.51.115.0/24 nexthop dev eth0 nexthop dev eth1 realms 1/2
    198.51.116.0/24 dev eth0 rtt 2s rto_min 700 mtu 1300 ssthresh lock 107
    198.51.117.0/24 dev eth0 realms 7 table 6909
    198.51.118.0/24 dev eth0 no_track protocol 77 table local
    multicast 239.1.0.0/16 dev eth0
    2001:db8:a::/48 via 2001:db8:9::fe dev eth0
    2001:db8:b::/48 dev eth0 metric 77 expires 60 pref high
    2001:db8:c::/48 dev eth0 src 2001:db8:9::1 mtu 1400 table 101
    blackhole 2001:db8:d::/48
    2001:db8:e::/48 nexthop via 2001:db8:9::2 dev eth0 nexthop via 2001:db8:9::3 dev eth0 weight 4
    2001:db8:f::/48 dev eth0 encap ip6 id 7 dst 2001:db8::77 src 2001:db8::78 tc 8 hoplimit 4
    default via 10.9.0.250 dev eth0 metric 5 append
    default via 10.9.0.251 dev eth0 metric 5 append
    default via 2001:db8:9::250 dev eth0
  }
  virtual_rules {
    from 10.9.0.100 table 100 preference 1000
    to 192.0.2.0/24 table 100 preference 1001
    not from 10.9.0.100 to 198.51.100.0/24 lookup 9 priority 1002 fwmark 0x1/0xff
    from 10.1.0.0/16 table main
    from 10.2.0.0/16 table main
    iif eth0 oif eth1 table 101 preference 1003
    from all tos 4 table 102 preference 1004
    from 10.3.0.0/16 realms 3/4 table 102 preference 1005
    table main suppress_prefixlength 0 preference 1006
    table main suppress_ifgroup default preference 1007
    tunnel-id 99 table 102 preference 1008
    uidrange 10-20 table 6908 preference 1009
    l3mdev preference 1010
    protocol 44 table 102 preference 1011
    ipproto tcp dport 80-90 sport 100-200 table 102 preference 1012
    ipproto UDP table 102 preference 1013
    from 10.4.0.0/16 goto 1013 preference 1012
    from 10.5.0.0/16 nop preference 1014
    from 10.6.0.0/16 blackhole preference 1015
    from 10.7.0.0/16 unreachable preference 1016
    from 10.8.1.2/16 prohibit preference 1017
    from 10.9.0.0/16 type blackhole preference 1018
    from 2001:db8::/32 table 100 preference 1100
    no_track from 10.10.0.0/16 table 100 preference 1103
    no_track protocol 44 from 10.11.0.0/16 table 100 preference 1104
    fwmark 7 table 100 preference 1105
  }
}
`;

testWith(
  ["root", "program:ip", "program:keepalived"],
  "the kernel holds the same routes, rules and static addresses by Holdfast as by keepalived",
  async () => {
    const hosts = await TwoHosts.create("hfroute");
    const folder = await Deno.makeTempDir({ prefix: "holdfast-routing-" });
    const { namespace } = hosts.a;
    const started: BackgroundProcess[] = [];
    const ip = (...words: string[]): Promise<string> => run("ip", "-n", namespace, ...words);
    /** Start, become master, be looked at, end, be looked at. */
    const held = async (command: readonly string[]): Promise<{ during: string[]; after: string[] }> => {
      const speaker = new BackgroundProcess(inside(hosts.a, command));
      started.push(speaker);
      const isMaster = async (): Promise<boolean> => (await ip("rule", "show", "preference", "1105")) !== "";
      await until("it is master", isMaster, LIMIT_MS, () => speaker.output);
      const isSettled = async (): Promise<boolean> => !(await ip("addr")).includes("tentative");
      await until("its addresses are settled", isSettled, LIMIT_MS, () => speaker.output);
      const during = await tables(ip);
      await tryRun("kill", String(speaker.pid));
      const isGone = async (): Promise<boolean> =>
        (await ip("addr", "show", "dev", "eth1")).includes("10.7.") === false;
      await until("it has ended", isGone, LIMIT_MS, () => speaker.output);
      await until(
        "its process is gone",
        async () => !(await tryRun("kill", "-0", String(speaker.pid))).success,
        LIMIT_MS,
      );
      return { during, after: await tables(ip) };
    };
    try {
      await ip("link", "add", "eth1", "type", "veth", "peer", "name", "port1");
      for (const link of ["eth1", "port1"]) await ip("link", "set", link, "up");
      await ip("addr", "add", "10.8.0.1/24", "dev", "eth1");
      await ip("addr", "add", "2001:db8:9::1/64", "dev", "eth0", "nodad");
      await until("link-local addresses are settled", async () => !(await ip("addr")).includes("tentative"), LIMIT_MS);
      const file = `${folder}/routing.conf`;
      await Deno.writeTextFile(file, CONFIG);
      const before = await tables(ip);
      const pids = ["-p", "-r", "-c"].flatMap((option) => [option, `${folder}/keepalived${option}.pid`]);
      const theirs = await held(["keepalived", "-P", "-n", "-l", "-f", file, ...pids]);
      const ours = await held([...holdfastCommand(), "run", "-f", file, "--api", "off"]);
      assertEquals(ours.during, theirs.during);
      assertEquals(theirs.after, before);
      assertEquals(ours.after, before);
      assertEquals(ours.during.length > before.length + 70, true, ours.during.join("\n"));
    } finally {
      for (const speaker of started) await speaker.killTree();
      await hosts.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** All routes, rules and addresses, one line each, without times and without what the kernel makes for addresses. */
async function tables(ip: (...words: string[]) => Promise<string>): Promise<string[]> {
  const texts = [
    await ip("-d", "route", "show", "table", "all"),
    await ip("-6", "-d", "route", "show", "table", "all"),
    await ip("-d", "rule"),
    await ip("-6", "-d", "rule"),
    (await ip("-o", "addr")).replaceAll(/^\d+: (\S+)\s.*?inet/gm, "$1 inet"),
  ];
  return texts.flatMap((text) => text.replaceAll(/\n\t/g, " ").split("\n"))
    .map((line) => line.replace(/expires \d+sec/, "expires N").replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "" && !line.includes("proto kernel"));
}
