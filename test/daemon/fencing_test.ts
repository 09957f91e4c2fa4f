// A backup has its silent master fenced before it takes over; one that says good-bye needs no fencing.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside, type TestHost } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";

const instance = (priority: number): string =>
  `vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    advert_int: 0.2
    priority: ${priority}
    virtual_ipaddress: [${VIP}/24]
`;

daemonTest("a silent master is fenced before it is taken over from", "hffence", async ({ hosts, comes }) => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  const script = `${folder}/fence`;
  // Says what it was called with, and ends as a file says: with that status, or not at all.
  await Deno.writeTextFile(
    script,
    `#!/bin/sh\necho "$@" >>${folder}/calls\n[ -e ${folder}/hangs ] && sleep 60\nexit $(cat ${folder}/status)\n`,
  );
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
  try {
    const first = start(hosts.b, instance(100));
    await comes("b is master", () => hosts.has(hosts.b, VIP));
    const a = start(hosts.a, `${instance(50)}fencing: { script: ${script}, timeout: 1, user: root }\n`);
    await comes("a is backup", () => a.output.includes("Entering BACKUP"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await hosts.cable(hosts.b, false);
    await comes("the script refuses", () => a.output.includes("must not: the fencing script ended with status 1"));
    assertEquals(calls()[0], `VI_1 ${hosts.b.address}`);
    assertEquals(await hosts.has(hosts.a, VIP), false);
    await Deno.writeTextFile(`${folder}/hangs`, "");
    await comes("the script takes too long", () => a.output.includes("did not end within 1 s"));
    await Deno.remove(`${folder}/hangs`);
    await Deno.writeTextFile(`${folder}/status`, "0");
    await comes("the script succeeds, and a takes over", () => hosts.has(hosts.a, VIP));
    assertStringIncludes(a.output, "fencing for VI_1: the script succeeded");

    await hosts.cable(hosts.b, true);
    await comes("b is master again", async () => await hosts.has(hosts.b, VIP) && !await hosts.has(hosts.a, VIP));
    const before = calls().length;
    await first.stop();
    await comes("a takes over from one that said good-bye", () => hosts.has(hosts.a, VIP));
    assertEquals(calls().length, before, "nobody was fenced for that");
    assert(a.output.includes("Entering MASTER STATE"));
  } catch (error) {
    throw new Error(started.map((daemon) => daemon.output).join("\n---\n"), { cause: error });
  } finally {
    for (const daemon of started) await daemon.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
