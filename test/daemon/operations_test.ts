// What operators ask of a running pair: handing over, holding back, another priority, announcing again, and the tables.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { pairTest } from "../support/pair.ts";
import { killRole } from "../support/processes.ts";

const VIP = "10.9.0.100";

function config(priority: number): string {
  return `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;
}

pairTest("an operator moves the addresses, holds them where they are, and lets them go back", "hfops", async (pair) => {
  const { hosts: { a, b }, start, holdfast, has, comes } = pair;
  start(b, config(50));
  await comes("b is master while it is alone", () => has(b, VIP));
  const daemon = start(a, config(100));
  await comes("a preempts", () => has(a, VIP));
  await comes("b has given way", async () => !await has(b, VIP));

  const unknown = await holdfast(a, "failover", "VI_9");
  assertEquals([unknown.code, unknown.output], [1, "error: there is no instance or sync group `VI_9`\n"]);
  const backup = await holdfast(b, "failover", "VI_1");
  assertEquals(backup.code, 1);
  assertStringIncludes(backup.output, "VI_1 is not master (it is in backup)");
  assertEquals((await holdfast(b, "announce", "VI_1")).code, 1);
  assertEquals((await holdfast(a, "announce", "VI_1")).output, "VI_1: sent 5 announcements for 1 address\n");

  const moved = await holdfast(a, "failover", "VI_1", "--hold", "10s");
  assertEquals(moved.code, 0, moved.output);
  assertEquals(await has(a, VIP), false, "when the command returns it has resigned");
  await comes("b takes over", () => has(b, VIP));
  assertStringIncludes((await holdfast(a, "vrrp")).output, "held for");
  await comes("a takes over again when the hold ends", () => has(a, VIP));

  assertEquals((await holdfast(a, "hold", "VI_1")).code, 0);
  const lower = await holdfast(a, "priority", "VI_1", "10");
  assertEquals(lower.output, "VI_1 has priority 10 instead of 100 until it is cleared\n");
  await comes("b preempts the lower priority", () => has(b, VIP));
  pair.write(a, config(101));
  assertEquals((await holdfast(a, "reload")).code, 0);
  const table = (await holdfast(a, "vrrp")).output;
  assertStringIncludes(table, "10*");
  assertStringIncludes(table, "* instead of 101");
  // The role's death takes nothing of it away.
  killRole(daemon.pid, "vrrp");
  await comes("the role is back", async () => (await holdfast(a, "vrrp")).output.includes("BACKUP"));
  assertStringIncludes((await holdfast(a, "vrrp")).output, "10*");
  assertEquals((await holdfast(a, "priority", "VI_1", "--clear")).code, 0);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assertEquals(await has(a, VIP), false, "held, it does not preempt");
  assertEquals((await holdfast(a, "hold", "--release")).output, "VI_1: released\n");
  await comes("a preempts", () => has(a, VIP));
  assertEquals((await holdfast(a, "hold", "--release")).output, "nothing is held\n");

  const short = await holdfast(a, "priority", "VI_1", "20", "--for", "6s");
  assertEquals(short.code, 0, short.output);
  await comes("b preempts for a while", () => has(b, VIP));
  await comes("a is back when the time is over", () => has(a, VIP));

  const status = JSON.parse((await holdfast(a, "status", "--json")).output);
  const [instance] = status.vrrpInstances;
  assertEquals([instance.name, instance.state, instance.priority], ["VI_1", "master", { base: 101, effective: 101 }]);
  assertEquals(instance.peer.address, b.address);
  const text = (await holdfast(a, "status")).output;
  assert(/^VI_1 +MASTER +\S+ s +101 +10\.9\.0\.1 \(101\) +eth0 +51 +10\.9\.0\.100$/m.test(text), text);
  assertEquals((await holdfast(a, "vrrp", "--names")).output, "VI_1\n");
});

pairTest("a master that never heard a peer hands over by force only", "hfopf", async ({ hosts, ...pair }) => {
  pair.start(hosts.a, config(100));
  await pair.comes("a is master", () => pair.has(hosts.a, VIP));
  const refused = await pair.holdfast(hosts.a, "failover", "VI_1");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.output, "no peer of VI_1 has been heard yet");
  assert(await pair.has(hosts.a, VIP));
  pair.start(hosts.b, config(50));
  await pair.comes("b listens", async () => (await pair.holdfast(hosts.b, "vrrp")).output.includes("BACKUP"));
  assertEquals((await pair.holdfast(hosts.a, "failover", "VI_1", "--force")).code, 0);
  await pair.comes("b takes over", () => pair.has(hosts.b, VIP));
});
