// An instance without an interface of its own, on a VRF, against a host beside it: on the kernel of the VM, which has VRFs.
import { BackgroundProcess, run, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

function config(where: string, priority: number, peer: string): string {
  return `vrrp_instance VI_1 {
  ${where}
  version 3
  virtual_router_id 59
  priority ${priority}
  advert_int 2
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
    10.9.0.100/24 dev eth0
  }
}
`;
}

testWith(["root", "program:ip"], "an instance on a VRF is heard by its peer, and hears it", async () => {
  const hosts = await TwoHosts.create("hfvrf");
  const started: BackgroundProcess[] = [];
  const [fileA, fileB] = [await Deno.makeTempFile(), await Deno.makeTempFile()];
  const start = (host: TwoHosts["a"], file: string): void => {
    started.push(new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file])));
  };
  const comes = (what: string, condition: () => Promise<boolean>): Promise<void> =>
    until(what, condition, 60_000, () => started.map(({ output }) => output).join("\n---\n"));
  try {
    const inA = (...words: string[]): Promise<string> => run("ip", "-n", hosts.a.namespace, ...words);
    await inA("link", "add", "red", "type", "vrf", "table", "10");
    await inA("link", "set", "dev", "red", "up");
    await inA("link", "set", "dev", "eth0", "master", "red");
    await Deno.writeTextFile(fileA, config("vrf red\n  unicast_src_ip 10.9.0.1", 100, "10.9.0.2"));
    await Deno.writeTextFile(fileB, config("interface eth0", 90, "10.9.0.1"));
    start(hosts.a, fileA);
    await comes("the host with the VRF is master", () => hosts.has(hosts.a, "10.9.0.100"));
    start(hosts.b, fileB);
    await comes("the other one waits", () => Promise.resolve(/BACKUP STATE/.test(started[1]?.output ?? "")));
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await comes("it has not the address", async () => !await hosts.has(hosts.b, "10.9.0.100"));
    // A lower priority: the other one takes over, and the host with the VRF hears it.
    await Deno.writeTextFile(fileA, config("vrf red\n  unicast_src_ip 10.9.0.1", 50, "10.9.0.2"));
    await run(...inside(hosts.a, [...holdfastCommand(), "reload"]));
    await comes(
      "the address moves",
      async () => await hosts.has(hosts.b, "10.9.0.100") && !await hosts.has(hosts.a, "10.9.0.100"),
    );
  } finally {
    for (const daemon of started) await daemon.killTree();
    await hosts.close();
    for (const file of [fileA, fileB]) await Deno.remove(file);
  }
});
