// The journal of a pair: why a fail-over came about, told by the side that lost the addresses and by the one that took them.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, run } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { pairTest } from "../support/pair.ts";
import { inside } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";

function config(priority: number, more = ""): string {
  return `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  ${more}
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;
}

/** The sentences of a story, without times. */
function sentences(story: string): string[] {
  return story.trimEnd().split("\n").slice(1).map((line) => line.replace(/^[> ] *\+[\d.]+ s {2}/, ""));
}

pairTest(
  "why tells of a lost carrier, an operator, a crash; the journal survives torn writes",
  "hfjrn",
  async (pair) => {
    const { hosts: { a, b }, holdfast, has, comes } = pair;
    const sw = a.namespace.replace(/a$/, "sw");
    await run("ip", "link", "add", "eth1", "netns", a.namespace, "type", "veth", "peer", "name", "p1", "netns", sw);
    await run("ip", "-n", sw, "link", "set", "p1", "up");
    await run("ip", "-n", a.namespace, "link", "set", "eth1", "up");
    const journal = (name: string): string => `${pair.folder}/${name}/journal`;
    const track = "track_interface {\n    eth1 weight -60\n  }";
    const daemon = pair.start(a, config(100, track), "--journal", journal("a"));
    await comes("a is master", () => has(a, VIP));
    pair.start(b, config(90), "--journal", journal("b"));
    await comes("b listens", async () => (await holdfast(b, "vrrp")).output.includes("BACKUP"));

    const follower = new BackgroundProcess(inside(a, [...holdfastCommand(), "events", "-f", "-n", "1"]));
    try {
      await comes("the follower reads", () => follower.output !== "");
      await run("ip", "-n", sw, "link", "set", "p1", "down"); // the carrier of a's eth1 goes
      await comes("b takes over", () => has(b, VIP));
      await comes("a has given way", async () => !await has(a, VIP));
      const lost = await holdfast(a, "why", VIP);
      assertEquals(lost.code, 0, lost.output);
      assertEquals(sentences(lost.output), [
        "interface eth1 is down",
        "VI_1: effective priority 100 -> 40, because of interface eth1",
        "VI_1: MASTER -> BACKUP: advertisement of higher priority 90",
        `VI_1: removed ${VIP}`,
      ]);
      assert(/^VI_1 became BACKUP [\d.]+ s ago, at \d{4}-/.test(lost.output), lost.output);
      const took = sentences((await holdfast(b, "why", "VI_1")).output);
      assertEquals(took.length, 3, took.join("\n"));
      assert(
        /^VI_1: BACKUP -> MASTER: 10\.9\.0\.1 was master with the lower priority 40 \(heard .* ago\), and this one preempts$/
          .test(took[0] ?? ""),
        took[0],
      );
      assertEquals(took.slice(1), [
        `VI_1: added ${VIP}`,
        "VI_1: sent 5 gratuitous ARP and neighbor advertisements",
      ]);
      await comes("the follower has seen it", () => follower.output.includes(`VI_1: removed ${VIP}`));
      assertStringIncludes(follower.output, "interface eth1 is down");
    } finally {
      await follower.killTree();
    }

    await run("ip", "-n", sw, "link", "set", "p1", "up");
    await comes("a is back", () => has(a, VIP));
    assertEquals((await holdfast(a, "failover", "VI_1", "--hold", "1h", "--reason", "disk")).code, 0);
    await comes("b takes over again", () => has(b, VIP));
    const who = Deno.env.get("SUDO_USER") ?? Deno.env.get("USER") ?? "root";
    assertEquals(sentences((await holdfast(a, "why", "VI_1")).output), [
      `operator: failover of VI_1 (${who}: disk)`,
      "VI_1: MASTER -> BACKUP: an operator asked for a failover",
      `VI_1: removed ${VIP}`,
    ]);
    const left = sentences((await holdfast(b, "why")).output)[0] ?? "";
    assert(/^VI_1: BACKUP -> MASTER: 10\.9\.0\.1 said .* ago that it leaves \(priority 0\)$/.test(left), left);
    assertEquals((await holdfast(a, "hold", "--release")).code, 0);
    await comes("a preempts, released", () => has(a, VIP));
    assertEquals(sentences((await holdfast(a, "why", "VI_1")).output)[0], `operator: VI_1: released (${who})`);

    const before = JSON.parse((await holdfast(a, "events", "-n", "1", "--json")).output).id;
    await daemon.killTree();
    await Deno.writeTextFile(journal("a"), '1234abcd {"id":99,"atMs"', { append: true });
    await comes("b takes over from the dead", () => has(b, VIP));
    const silent = sentences((await holdfast(b, "why")).output)[0] ?? "";
    assertStringIncludes(
      silent,
      "no advertisement within the master down interval: 10.9.0.1 (priority 100) was heard last",
    );
    assertEquals(
      sentences((await holdfast(a, "why", "VI_1", "--journal", journal("a"))).output)[0],
      `operator: VI_1: released (${who})`,
    );

    await run("ip", "-n", a.namespace, "addr", "del", `${VIP}/24`, "dev", "eth0");
    pair.start(a, config(100), "--journal", journal("a"));
    await comes("a is master after all", () => has(a, VIP));
    const all = (await holdfast(a, "events", "-n", "1000", "--json")).output.trimEnd().split("\n");
    const entries = all.map((line) => JSON.parse(line));
    assertEquals(entries.map(({ id }) => id), entries.map((_, index) => index + 1), "none is missing, none is torn");
    assert(entries.some(({ id, fact }) => id > before && fact.type === "daemon"), "the new one goes on");

    await run("ip", "-n", a.namespace, "link", "set", "eth0", "down");
    await comes("a cannot serve", async () => (await holdfast(a, "vrrp")).output.includes("FAULT"));
    assertEquals(sentences((await holdfast(a, "why", "VI_1")).output).slice(0, 3), [
      "interface eth0 is down",
      "VI_1 cannot serve: interface eth0 is down",
      "VI_1: MASTER -> FAULT: interface eth0 is down",
    ]);
    const unknown = await holdfast(a, "why", "10.9.0.199");
    assertEquals([unknown.code, unknown.output], [1, "error: the journal knows no change of state of 10.9.0.199\n"]);
  },
);
