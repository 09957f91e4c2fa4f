// A backup has its silent master fenced before it takes over, a sync group once for all members; one that says good-bye needs no
// fencing.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside, type TestHost } from "../support/two_hosts.ts";

const VIPS = ["10.9.0.101", "10.9.0.102"];
const [VIP = ""] = VIPS;

function instances(priority: number, addresses: readonly string[]): string {
  const each = addresses.map((address, index) =>
    `  VI_${index}:
    interface: eth0
    virtual_router_id: ${51 + index}
    version: 3
    advert_int: 0.2
    priority: ${priority}
    virtual_ipaddress: [${address}/24]
`
  );
  return `vrrp_instance:\n${each.join("")}`;
}

function group(priority: number): string {
  return `vrrp_sync_group: { VG_1: { group: [VI_0, VI_1] } }\n${instances(priority, VIPS)}`;
}

/** A script that says what it was called with and ends as the file `status` says, or not at all; and daemons. */
class Fence implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync();
  readonly #started: BackgroundProcess[] = [];
  readonly script = `${this.#folder}/fence`;

  constructor() {
    const folder = this.#folder;
    Deno.chmodSync(folder, 0o755);
    Deno.writeTextFileSync(
      this.script,
      `#!/bin/sh\necho "$@" >>${folder}/calls\n[ -e ${folder}/hangs ] && sleep 60\nexit $(cat ${folder}/status)\n`,
    );
    Deno.chmodSync(this.script, 0o755);
    Deno.writeTextFileSync(`${folder}/calls`, "");
    this.ends("1");
  }

  get calls(): string[] {
    return Deno.readTextFileSync(`${this.#folder}/calls`).split("\n").filter((line) => line !== "");
  }

  ends(status: string): void {
    Deno.writeTextFileSync(`${this.#folder}/status`, status);
  }

  hangs(does: boolean): void {
    if (does) Deno.writeTextFileSync(`${this.#folder}/hangs`, "");
    else Deno.removeSync(`${this.#folder}/hangs`);
  }

  start(host: TestHost, config: string): BackgroundProcess {
    const file = `${this.#folder}/${host.namespace}.yaml`;
    Deno.writeTextFileSync(file, config);
    const daemon = new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file, "--api", "off"]));
    this.#started.push(daemon);
    return daemon;
  }

  /** @throws Error with what the daemons said */
  async explained(test: () => Promise<void>): Promise<void> {
    try {
      await test();
    } catch (error) {
      throw new Error(this.#started.map((daemon) => daemon.output).join("\n---\n"), { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#started) await daemon.killTree();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Whether a host knows of another one that advertises. */
async function hears(host: TestHost, peer: TestHost): Promise<boolean> {
  return (await tryRun(...inside(host, [...holdfastCommand(), "vrrp", "--json"]))).output.includes(peer.address);
}

daemonTest("a silent master is fenced before it is taken over from", "hffence", async ({ hosts, comes }) => {
  await using fence = new Fence();
  await fence.explained(async () => {
    const first = fence.start(hosts.b, instances(100, [VIP]));
    await comes("b is master", () => hosts.has(hosts.b, VIP));
    const fencing = `fencing: { script: ${fence.script}, timeout: 1, user: root }\n`;
    const a = fence.start(hosts.a, `${instances(50, [VIP])}${fencing}`);
    await comes("a is backup", () => a.output.includes("Entering BACKUP"));
    await comes("a has heard b", () => hears(hosts.a, hosts.b));
    await hosts.cable(hosts.b, false);
    await comes("the script refuses", () => a.output.includes("must not: the fencing script ended with status 1"));
    assertEquals(fence.calls[0], `VI_0 ${hosts.b.address}`);
    assertEquals(await hosts.has(hosts.a, VIP), false);
    fence.hangs(true);
    await comes("the script takes too long", () => a.output.includes("did not end within 1 s"));
    fence.hangs(false);
    fence.ends("0");
    await comes("the script succeeds, and a takes over", () => hosts.has(hosts.a, VIP));
    assertStringIncludes(a.output, "fencing for VI_0: the script succeeded");

    await hosts.cable(hosts.b, true);
    await comes("b is master again", async () => await hosts.has(hosts.b, VIP) && !await hosts.has(hosts.a, VIP));
    const before = fence.calls.length;
    await first.stop();
    await comes("a takes over from one that said good-bye", () => hosts.has(hosts.a, VIP));
    assertEquals(fence.calls.length, before, "nobody was fenced for that");
    assert(a.output.includes("Entering MASTER STATE"));
  });
});

daemonTest("a sync group has its silent master fenced once for all", "hfgfence", async ({ hosts, comes }) => {
  const has = (host: TestHost): Promise<boolean[]> => Promise.all(VIPS.map((address) => hosts.has(host, address)));
  await using fence = new Fence();
  await fence.explained(async () => {
    const first = fence.start(hosts.b, group(100));
    await comes("b is master of both", async () => (await has(hosts.b)).every((one) => one));
    // Named by one member, meant for both.
    const fencing = `fencing: { script: ${fence.script}, timeout: 2, user: root, instances: [VI_1] }\n`;
    const a = fence.start(hosts.a, `${group(50)}${fencing}`);
    await comes("a is backup", () => a.output.includes("(VI_1) Entering BACKUP"));
    await comes("a has heard b", () => hears(hosts.a, hosts.b));
    await hosts.cable(hosts.b, false);
    await comes("the script refuses", () => a.output.includes("(VI_1) would become master, but must not: the fencing"));
    assertEquals([fence.calls[0], await has(hosts.a)], [`VG_1 ${hosts.b.address}`, [false, false]]);
    fence.ends("0");
    await comes("the script succeeds, and a takes both", async () => (await has(hosts.a)).every((one) => one));
    const ended = a.output.match(/fencing for VG_1: the script/g)?.length;
    assertEquals([fence.calls.length, new Set(fence.calls).size], [ended, 1], "once for both members, each time");

    await hosts.cable(hosts.b, true);
    await comes("b is master again", async () => (await has(hosts.b)).every((one) => one));
    await comes("a is backup again", async () => !(await has(hosts.a)).some((one) => one));
    const before = fence.calls.length;
    await first.stop();
    await comes("a takes over from one that said good-bye", async () => (await has(hosts.a)).every((one) => one));
    assertEquals(fence.calls.length, before, "nobody was fenced for that");
  });
});
