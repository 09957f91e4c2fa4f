// A sync group has its silent master fenced once for all members, and none of them takes over before that is done.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside, type TestHost } from "../support/two_hosts.ts";

const VIPS = ["10.9.0.101", "10.9.0.102"];

const group = (priority: number): string => {
  const instances = VIPS.map((address, index) =>
    `  VI_${index}:
    interface: eth0
    virtual_router_id: ${51 + index}
    version: 3
    advert_int: 0.2
    priority: ${priority}
    virtual_ipaddress: [${address}/24]
`
  );
  return `vrrp_sync_group: { VG_1: { group: [VI_0, VI_1] } }\nvrrp_instance:\n${instances.join("")}`;
};

daemonTest("a sync group has its silent master fenced once for all", "hfgfence", async ({ hosts, comes }) => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  const script = `${folder}/fence`;
  await Deno.writeTextFile(script, `#!/bin/sh\necho "$@" >>${folder}/calls\nexit $(cat ${folder}/status)\n`);
  await Deno.chmod(script, 0o755);
  await Deno.writeTextFile(`${folder}/status`, "1");
  await Deno.writeTextFile(`${folder}/calls`, "");
  const calls = (): string[] => Deno.readTextFileSync(`${folder}/calls`).split("\n").filter((line) => line !== "");
  const started: BackgroundProcess[] = [];
  const start = (host: TestHost, config: string): BackgroundProcess => {
    const file = `${folder}/${host.namespace}.yaml`;
    Deno.writeTextFileSync(file, config);
    const daemon = new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file, "--api", "off"]));
    started.push(daemon);
    return daemon;
  };
  const has = (host: TestHost): Promise<boolean[]> => Promise.all(VIPS.map((address) => hosts.has(host, address)));
  try {
    const first = start(hosts.b, group(100));
    await comes("b is master of both", async () => (await has(hosts.b)).every((one) => one));
    // Named by one member, meant for both.
    const fencing = `fencing: { script: ${script}, timeout: 2, user: root, instances: [VI_1] }\n`;
    const a = start(hosts.a, `${group(50)}${fencing}`);
    await comes("a is backup", () => a.output.includes("(VI_1) Entering BACKUP"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await hosts.cable(hosts.b, false);
    await comes(
      "the script refuses",
      () => a.output.includes("(VI_1) would become master, but must not: the fencing script"),
    );
    assertEquals([calls()[0], await has(hosts.a)], [`VG_1 ${hosts.b.address}`, [false, false]]);
    await Deno.writeTextFile(`${folder}/status`, "0");
    await comes("the script succeeds, and a takes both", async () => (await has(hosts.a)).every((one) => one));
    const ended = a.output.match(/fencing for VG_1: the script/g)?.length;
    assertEquals([calls().length, new Set(calls()).size], [ended, 1], "once for both members, each time");

    await hosts.cable(hosts.b, true);
    await comes("b is master again", async () => (await has(hosts.b)).every((one) => one));
    await comes("a is backup again", async () => !(await has(hosts.a)).some((one) => one));
    const before = calls().length;
    await first.stop();
    await comes("a takes over from one that said good-bye", async () => (await has(hosts.a)).every((one) => one));
    assert(calls().length === before, "nobody was fenced for that");
  } catch (error) {
    throw new Error(started.map((daemon) => daemon.output).join("\n---\n"), { cause: error });
  } finally {
    for (const daemon of started) await daemon.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
