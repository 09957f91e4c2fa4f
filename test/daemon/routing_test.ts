// Routes and rules from the outside, in a network namespace: what comes and goes with a master, what others remove, what a
// reload changes, what a killed role leaves, and what is static.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, run, tryRun } from "../support/command.ts";
import { daemonTest as test, type Lab } from "../support/daemon_test.ts";
import { killRole } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";

interface Parts {
  readonly gateway?: string;
  readonly table?: number;
  readonly statics?: readonly string[];
  readonly instances?: readonly string[];
}

/** An instance with two routes and two rules, and static parts that it tracks. */
function config({ gateway = "10.9.0.2", table = 100, statics = STATICS, instances = [INSTANCE] }: Parts = {}): string {
  return [...statics, ...instances].join("\n").replaceAll("GATEWAY", gateway).replaceAll("TABLE", String(table));
}

const STATICS = [
  `static_ipaddress {
  10.7.0.1/24 dev eth1
  10.7.1.1 peer 10.7.1.2 dev eth1
  2001:db8:7::1/64 dev eth1 noprefixroute mngtmpaddr
}`,
  `static_routes {
  10.60.0.0/16 dev eth1
}`,
  `static_rules {
  from 10.60.0.0/16 table 60 preference 60 track_group TG
}`,
  `track_group TG {
  group {
    VI_1
  }
}`,
];

const INSTANCE = `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  promote_secondaries
  virtual_ipaddress {
    10.9.0.100/24
  }
  virtual_routes {
    10.50.0.0/16 via GATEWAY dev eth0 src 10.9.0.100
    2001:db8:50::/48 via fe80::9:2 dev eth0
    10.51.0.0/16 dev eth0 no_track
  }
  virtual_rules {
    from 10.50.0.0/16 table TABLE preference 1000
    iif eth1 table TABLE preference 1001
  }
}`;

/** What a master has beside its address. */
const MOVING = ["10.50.0.0/16", "10.51.0.0/16", "2001:db8:50::/48", "1000:", "1001:"];
const STATIC = ["10.60.0.0/16 dev", "60:"];

/** All that keepalived's protocol marks, and all rules. */
async function routing({ hosts }: Lab): Promise<string> {
  const ip = (...words: string[]): Promise<string> => run("ip", "-n", hosts.a.namespace, ...words);
  return await ip("route", "show", "proto", "18") + await ip("-6", "route", "show", "proto", "18") + await ip("rule");
}

async function hasAll(lab: Lab, texts: readonly string[]): Promise<boolean> {
  const text = await routing(lab);
  return texts.every((wanted) => text.includes(wanted));
}

async function hasNone(lab: Lab, texts: readonly string[]): Promise<boolean> {
  const text = await routing(lab);
  return !texts.some((wanted) => text.includes(wanted));
}

/** A second interface, and a daemon with the usual configuration that has become master. */
async function master(lab: Lab): Promise<ReturnType<Lab["start"]>> {
  const { namespace } = lab.hosts.a;
  await run("ip", "-n", namespace, "link", "add", "eth1", "type", "veth", "peer", "name", "port1");
  for (const link of ["eth1", "port1"]) await run("ip", "-n", namespace, "link", "set", link, "up");
  await lab.write(config());
  const daemon = lab.start();
  await lab.comes("it is master", () => hasAll(lab, MOVING));
  return daemon;
}

async function promotes(lab: Lab): Promise<boolean> {
  const path = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries";
  return (await tryRun(...inside(lab.hosts.a, ["cat", path]))).output.trim() === "1";
}

test("routes and rules come with a master and go with it; static ones stay until the end", "hfrt1", async (lab) => {
  const { namespace } = lab.hosts.a;
  const daemon = await master(lab);
  assert(await hasAll(lab, STATIC) && await promotes(lab));
  const addresses = (): Promise<string> => run("ip", "-n", namespace, "addr", "show", "dev", "eth1");
  assertStringIncludes(await addresses(), "10.7.1.1 peer 10.7.1.2/32");
  assertStringIncludes(await addresses(), "2001:db8:7::1/64 scope global nodad mngtmpaddr noprefixroute");
  await run("ip", "-n", namespace, "link", "set", "eth0", "down");
  await lab.comes("what moves is gone", () => hasNone(lab, MOVING));
  assert(await hasAll(lab, STATIC));
  await run("ip", "-n", namespace, "link", "set", "eth0", "up");
  await run("ip", "-n", namespace, "addr", "replace", `${lab.hosts.a.address6}/64`, "dev", "eth0", "nodad");
  await lab.comes("it is back", () => hasAll(lab, MOVING));
  await run("ip", "-n", namespace, "link", "set", "eth1", "down");
  await lab.comes(
    "the interface of a tracked rule counts",
    () => daemon.output.includes("Entering FAULT STATE (interface eth1 is down)"),
  );
  await run("ip", "-n", namespace, "link", "set", "eth1", "up");
  await lab.comes("all is back, static routes too", () => hasAll(lab, [...MOVING, ...STATIC]));
  assertEquals((await tryRun("kill", String(daemon.pid))).code, 0);
  await lab.comes("all is gone", () => hasNone(lab, [...MOVING, ...STATIC]));
  await lab.comes("static addresses are gone", async () => !/10\.7\.|2001:db8:7/.test(await addresses()));
  await lab.comes("the sysctl is as before", async () => !await promotes(lab));
});

test("what somebody else removes costs mastership, or is put back where it is static", "hfrt2", async (lab) => {
  const { namespace } = lab.hosts.a;
  const daemon = await master(lab);
  const removed = async (what: string, ...words: string[]): Promise<void> => {
    const before = daemon.output.length;
    await run("ip", "-n", namespace, ...words);
    const reason = `Entering BACKUP STATE (${what} was removed by somebody else)`;
    await lab.comes(reason, () => daemon.output.slice(before).includes(reason));
    await lab.comes("it is master again", () => hasAll(lab, [...MOVING, ...STATIC]));
  };
  await removed("route 10.50.0.0/16 via 10.9.0.2 dev eth0 src 10.9.0.100", "route", "del", "10.50.0.0/16");
  await removed("route 2001:db8:50::/48 via fe80::9:2 dev eth0", "-6", "route", "del", "2001:db8:50::/48");
  await removed("rule from 10.50.0.0/16 table 100 preference 1000", "rule", "del", "preference", "1000");
  await removed(
    "static rule from 10.60.0.0/16 table 60 preference 60 track_group TG",
    "rule",
    "del",
    "preference",
    "60",
  );
  const before = daemon.output.length;
  await run("ip", "-n", namespace, "route", "del", "10.60.0.0/16");
  await run("ip", "-n", namespace, "addr", "del", "10.7.0.1/24", "dev", "eth1");
  await lab.comes("static ones are back", async () => {
    const { output } = await tryRun("ip", "-n", namespace, "addr", "show", "dev", "eth1");
    return output.includes("10.7.0.1/24") && await hasAll(lab, STATIC);
  });
  await run("ip", "-n", namespace, "route", "del", "10.51.0.0/16");
  await lab.comes("that was noticed", () => daemon.output.includes("somebody removed the static route 10.60.0.0/16"));
  assert(!daemon.output.slice(before).includes("Entering BACKUP"), daemon.output);
  assert(await hasNone(lab, ["10.51.0.0/16"]), "an untracked route stays away");
});

test("a reload changes routes and rules in place, and static ones by their difference", "hfrt3", async (lab) => {
  const { namespace } = lab.hosts.a;
  const daemon = await master(lab);
  const watching = new BackgroundProcess(["ip", "-n", namespace, "monitor", "route", "rule"]);
  /** Whatever happened before is seen when this one is. */
  const isSeen = (route: string): Promise<void> =>
    lab.comes(`the change of ${route} is seen`, async () => {
      for (const change of ["add", "del"]) await run("ip", "-n", namespace, "route", change, route, "dev", "eth1");
      return watching.output.includes(route);
    });
  await isSeen("10.98.0.0/16");
  const statics = [STATICS[0] ?? "", "static_routes {\n  10.60.0.0/16 via 10.7.0.9 dev eth1\n}\n"];
  await lab.write(config({ gateway: "10.9.0.9", table: 200, statics }));
  const { code, output } = await lab.reload();
  assertEquals(code, 0, output);
  assert(await hasAll(lab, ["10.50.0.0/16 via 10.9.0.9", "10.60.0.0/16 via 10.7.0.9", "lookup 200"]));
  assert(await hasNone(lab, ["lookup 100", "lookup 60"]));
  await isSeen("10.97.0.0/16");
  await watching.stop();
  const events = watching.output;
  assertStringIncludes(events, "10.50.0.0/16 via 10.9.0.9");
  assert(!/Deleted 10\.[56]/.test(events), `no route is missing for a moment:\n${events}`);
  assert(!daemon.output.includes("Entering BACKUP STATE (r"), daemon.output);

  await lab.write(config({ instances: [] }));
  assertEquals((await lab.reload()).code, 0);
  assert(await hasNone(lab, MOVING) && await hasAll(lab, STATIC) && !await promotes(lab));
  await lab.write("virtual_server 10.9.0.100 80 {\n  protocol TCP\n}\n");
  await lab.reload();
  await lab.comes("nothing is left", () => hasNone(lab, [...MOVING, ...STATIC]));
});

test(
  "a role that is killed resumes with its routes; what a killed daemon left is removed first",
  "hfrt4",
  async (lab) => {
    const first = await master(lab);
    killRole(first.pid, "vrrp");
    await lab.comes("it was resumed", () => first.output.split("Entering MASTER STATE").length > 2);
    await lab.comes("it has all", () => hasAll(lab, [...MOVING, ...STATIC]));
    await first.killTree();
    assert(await hasAll(lab, [...MOVING, ...STATIC]), "a killed one leaves all");
    const second = lab.start();
    await lab.comes("it is master in its turn", () => second.output.includes("Entering MASTER STATE"));
    assertMatch(second.output, /removed the route 10\.50\.0\.0\/16 .*left over[\s\S]*Entering BACKUP STATE/);
    assertMatch(second.output, /removed the rule from 10\.50\.0\.0\/16 .*left over[\s\S]*Entering BACKUP STATE/);
    await lab.comes("it has all", () => hasAll(lab, [...MOVING, ...STATIC]));
    assertEquals((await routing(lab)).match(/^1000:/gm)?.length, 1);
  },
);
