// A whole node that steps down: what it hands over, what it refuses, that a restart changes nothing, and how it comes back.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { pause } from "../support/command.ts";
import { pairTest } from "../support/pair.ts";
import { killRole } from "../support/processes.ts";

const VIPS = ["10.9.0.100", "10.9.0.101"] as const;

function config(priority: number): string {
  const instance = (name: string, vrid: number, vip: string): string =>
    `vrrp_instance ${name} {
  interface eth0
  version 3
  virtual_router_id ${vrid}
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${vip}/24
  }
}
`;
  return instance("VI_1", 51, VIPS[0]) + instance("VI_2", 52, VIPS[1]);
}

pairTest(
  "a node in maintenance hands over all that it has, and takes nothing until it is over",
  "hfmnt",
  async (pair) => {
    const { hosts: { a, b }, start, holdfast, comes, folder } = pair;
    const has = async (host: typeof a): Promise<boolean[]> => await Promise.all(VIPS.map((vip) => pair.has(host, vip)));
    const hasAll = async (host: typeof a): Promise<boolean> => (await has(host)).every((one) => one);
    const journal = ["--journal", `${folder}/journal`];
    const peer = start(b, config(50));
    await comes("b is master while it is alone", () => hasAll(b));
    const first = start(a, config(100), ...journal);
    await comes("a preempts", () => hasAll(a));
    assertEquals((await holdfast(a, "maintenance")).output, "this node is not in maintenance\n");

    const on = await holdfast(a, "maintenance", "on", "--reason", "new disk");
    assertEquals(on.code, 0, on.output);
    assertStringIncludes(on.output, "VI_1, VI_2 handed over");
    assertStringIncludes(on.output, "10.9.0.2 is master of VI_1, 10.9.0.2 is master of VI_2");
    assertEquals([await has(a), await has(b)], [[false, false], [true, true]]);
    assertStringIncludes(
      (await holdfast(a, "status")).output,
      "warning: this node is in maintenance and takes over no address",
    );
    const shown = JSON.parse((await holdfast(a, "maintenance", "--json")).output);
    assertEquals([shown.active, shown.reason, shown.takesOverAlone], [true, "new disk", false]);

    // A reload, the death of the role, and a restart of the daemon change nothing, whatever the priorities.
    pair.write(a, config(101));
    assertEquals((await holdfast(a, "reload")).code, 0);
    killRole(first.pid, "vrrp");
    await comes("the role is back", async () => (await holdfast(a, "vrrp")).output.includes("BACKUP"));
    await first.stop();
    const second = start(a, config(101), ...journal);
    await comes("it says so", () => second.output.includes("`holdfast maintenance off` ends it"));
    await comes("it is a backup", async () => (await holdfast(a, "vrrp")).output.includes("BACKUP"));
    await pause(1000);
    assertEquals(await has(a), [false, false]);
    // Nor the death of the peer: the operator has said so.
    await peer.stop();
    await pause(1000);
    assertEquals(await has(a), [false, false]);
    assertStringIncludes((await holdfast(a, "vrrp")).output, "must not become master: this node is in maintenance");

    const off = await holdfast(a, "maintenance", "off");
    assertEquals([off.code, off.output], [0, "maintenance is over: what the configuration says holds again\n"]);
    await comes("a is master again", () => hasAll(a));
    assertEquals((await holdfast(a, "maintenance", "off")).output, "this node is not in maintenance\n");
    const events = (await holdfast(a, "events", "--journal", `${folder}/journal`)).output;
    assertStringIncludes(events, "new disk)");
    assertStringIncludes(events, "handed over: 10.9.0.2 is master of VI_1");
    assertStringIncludes(events, "maintenance is over");
  },
);

pairTest("maintenance without a peer is refused, taken back, or forced; its time ends it", "hfmnp", async (pair) => {
  const { hosts, start, holdfast, comes, has } = pair;
  const { a, b } = hosts;
  const daemon = start(a, config(100));
  const masters = async (): Promise<number> =>
    (await holdfast(a, "vrrp", "--json")).output.split('"state": "master"').length - 1;
  await comes("a is master of both", async () => await masters() === 2);
  const refused = await holdfast(a, "maintenance", "on");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.output, "no peer of VI_1, VI_2 has been heard that could take over");
  assertEquals((await holdfast(a, "maintenance")).output, "this node is not in maintenance\n");
  assert(await has(a, VIPS[0]));

  // A peer that was there and is silent by now.
  start(b, config(200));
  await comes("b takes over", () => has(b, VIPS[0]));
  await hosts.cable(b, false);
  await comes("a has it again", () => has(a, VIPS[0]));
  const alone = await holdfast(a, "maintenance", "on");
  assertEquals(alone.code, 1, alone.output);
  assertStringIncludes(alone.output, "within 10 s: maintenance was taken back");
  await comes("a serves again", () => has(a, VIPS[0]));

  const forced = await holdfast(a, "maintenance", "on", "--force", "--no-wait", "--for", "10s");
  assertEquals(forced.code, 0, forced.output);
  assertStringIncludes(forced.output, "or until Holdfast ends (it keeps no journal)");
  assertEquals(await has(a, VIPS[0]), false);
  await comes("its time ends it", () => has(a, VIPS[0]));
  const from = daemon.output.length;
  assertEquals((await holdfast(a, "maintenance", "on", "--force", "--no-wait", "--unless-alone")).code, 0);
  await comes(
    "it gave them away, and took them over: nobody else is there",
    () => /\(VI_1\) Entering BACKUP STATE[^]*\(VI_1\) Entering MASTER STATE/.test(daemon.output.slice(from)),
  );
  await comes("and has them", () => has(a, VIPS[0]));
  assertEquals((await holdfast(a, "maintenance", "sideways")).code, 2);
});
