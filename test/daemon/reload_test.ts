// Reloads from the outside, in a network namespace: what changes in place, what is left alone, and what is refused.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { descendants, findRole, roleProcess, rolesOf } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";

interface Options {
  readonly priority?: number;
  readonly address?: string;
  readonly second?: string;
  readonly weight?: number;
}

const SECOND = instance({ name: "VI_2", vrid: 52, priority: 200, address: "10.9.0.200" });

function instance(values: { name: string; vrid: number; priority: number; address: string }): string {
  return `vrrp_instance ${values.name} {
  interface eth0
  version 3
  virtual_router_id ${values.vrid}
  priority ${values.priority}
  advert_int 0.1
  virtual_ipaddress {
    ${values.address}/24
  }
}
`;
}

function config({ priority = 100, address = "10.9.0.100", second = SECOND, weight = 1 }: Options = {}): string {
  return `${instance({ name: "VI_1", vrid: 51, priority, address })}${second}
virtual_server ${address} 80 {
  lb_algo rr
  lb_kind NAT
  protocol TCP
  delay_loop 1
  real_server 10.9.0.2 80 {
    weight ${weight}
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`;
}

test("what changes is applied in place, what does not is not touched", "hfplace", async (lab) => {
  await lab.write(config());
  const daemon = lab.start();
  await lab.comes("both are master", async () => await lab.has("10.9.0.100") && await lab.has("10.9.0.200"));
  await lab.comes("the status tells so", async () => {
    return (await lab.instances()).filter(({ state }) => state === "master").length === 2;
  });
  const processes = descendants(daemon.pid).sort();
  const before = await lab.instances();

  await lab.write(config({ priority: 150, address: "10.9.0.101", weight: 5 }));
  const { code, output } = await lab.reload();
  assertEquals(
    output,
    `configuration 2 is in use: 1 changed, 1 added, 1 removed
changed vrrp_instance VI_1: priority 100 -> 150, virtual_ipaddress + 10.9.0.101/24 dev eth0 - 10.9.0.100/24 dev eth0
  a master adds and announces 10.9.0.101/24 dev eth0
  a master removes 10.9.0.100/24 dev eth0
  a backup takes over from a master of lower priority
added virtual_server tcp 10.9.0.101:80
  gets 1 real server
removed virtual_server tcp 10.9.0.100:80
  its connections end
`,
  );
  assertEquals(code, 0);
  assert(await lab.has("10.9.0.101"));
  assert(!await lab.has("10.9.0.100"));
  await lab.comes("the status tells so", async () => (await lab.instances())[0]?.priority.base === 150);
  const after = await lab.instances();
  assertEquals(after.map(({ since }) => since), before.map(({ since }) => since));
  assertEquals(after.map(({ counters }) => counters.transitions), before.map(({ counters }) => counters.transitions));
  assertEquals(descendants(daemon.pid).sort(), processes);

  assertEquals(await lab.reload(), { code: 0, output: "configuration 3 is in use: nothing changed\n" });
  await lab.write(config({ address: "10.9.0.101", weight: 2 }));
  daemon.signal("SIGHUP");
  await lab.comes("SIGHUP does the same", () => daemon.output.includes("configuration 4 is in use: 2 changed"));
  assertEquals(descendants(daemon.pid).sort(), processes);
  assertEquals((await lab.instances()).map(({ since }) => since), before.map(({ since }) => since));
});

test("a wrong file is refused, shown, and changes nothing", "hfwrong", async (lab) => {
  await lab.write(config());
  const daemon = lab.start();
  await lab.comes("both are master", async () => await lab.has("10.9.0.100") && await lab.has("10.9.0.200"));
  await lab.comes("the status tells so", async () => (await lab.instances()).length === 2);
  const processes = descendants(daemon.pid).sort();
  await lab.write(config({ address: "10.9.0.101" }).replace("virtual_router_id 51", "virtual_router_id 500"));
  const { code, output } = await lab.reload();
  assertEquals(code, 1);
  assertMatch(output, /error: [^]*:4:3\n[^]*virtual_router_id 500/);
  assertMatch(output, /error: the configuration on disk is wrong and was not taken over; the running one goes on\n$/);
  assert(await lab.has("10.9.0.100"));
  assertEquals(descendants(daemon.pid).sort(), processes);
  await lab.comes("the status warns", async () => (await lab.status()).includes("reload-rejected"));
  await lab.write(config());
  assertEquals((await lab.reload()).output, "configuration 2 is in use: nothing changed\n");
  await lab.comes("and no longer", async () => !(await lab.status()).includes("reload-rejected"));
});

test("a role starts with the first object of its kind and ends with the last", "hffirst", async (lab) => {
  await lab.write(instance({ name: "VI_1", vrid: 51, priority: 100, address: "10.9.0.100" }));
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  assertEquals(rolesOf(daemon.pid), ["api", "vrrp"]);
  await lab.write(config({ second: "" }));
  assertStringIncludes((await lab.reload()).output, "configuration 2 is in use: 1 added\n");
  assertEquals(rolesOf(daemon.pid), ["api", "health", "vrrp"]);
  await lab.write("global_defs {\n  router_id empty\n}\n");
  assertStringIncludes((await lab.reload()).output, "configuration 3 is in use: 1 changed, 2 removed\n");
  assertEquals(rolesOf(daemon.pid), ["api"]);
  assert(!await lab.has("10.9.0.100"));
  await lab.write(config());
  assertStringIncludes((await lab.reload()).output, "configuration 4 is in use: 1 changed, 3 added\n");
  await lab.comes("they are master", async () => await lab.has("10.9.0.100") && await lab.has("10.9.0.200"));
});

test("a role that dies after a reload starts again with what was loaded", "hfdies", async (lab) => {
  await lab.write(config());
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  await lab.write(config({ address: "10.9.0.101" }));
  assertEquals((await lab.reload()).code, 0);
  for (const role of ["vrrp", "health"] as const) {
    const old = roleProcess(daemon.pid, role);
    Deno.kill(old, "SIGKILL");
    await lab.comes(`${role} is started again`, () => ![undefined, old].includes(findRole(daemon.pid, role)));
  }
  await lab.comes("it is master again", () => lab.has("10.9.0.101"));
  assert(!await lab.has("10.9.0.100"));
  assertEquals((await lab.reload()).output, "configuration 3 is in use: nothing changed\n");
});

test("commands are taken from nobody else, and need somebody to take them", "hfnobody", async (lab) => {
  const alone = await lab.reload();
  assertEquals(alone, { code: 1, output: "error: no Holdfast is running in this network namespace\n" });
  await lab.write(config());
  const daemon = lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  const ask = `import os, socket
os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(b"\\0holdfast-control")
print("received", len(s.recv(100)))`;
  assertEquals((await tryRun(...inside(lab.hosts.a, ["python3", "-c", ask]))).output, "received 0\n");
  const refusal = /control: user 65534 \(process \d+\) may not give commands/;
  await lab.comes("it says so", () => refusal.test(daemon.output));
});
