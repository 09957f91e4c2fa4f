// A sync group over two links, in a network namespace: one cable takes the addresses of both.
import { assert, assertEquals } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

function config(folder: string): string {
  return `global_defs {
  script_user root
}
vrrp_sync_group VG_1 {
  group {
    inside
    outside
  }
  notify ${folder}/notify
}
vrrp_instance inside {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
}
vrrp_instance outside {
  interface eth1
  version 3
  virtual_router_id 52
  advert_int 0.1
  virtual_ipaddress {
    10.8.0.100/24
  }
}
`;
}

test("the instances of a sync group move together, and its script hears of it", "hfsync", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-sync-" });
  const { namespace } = lab.hosts.a;
  const sw = namespace.replace(/a$/, "sw");
  const link = (...words: string[]) => run("ip", "-n", namespace, "link", "set", "eth1", ...words);
  const both = async (): Promise<boolean[]> => {
    const { output } = await tryRun("ip", "-n", namespace, "-4", "-o", "addr");
    return ["10.9.0.100/", "10.8.0.100/"].map((address) => output.includes(address));
  };
  const said = (): string[] => Deno.readTextFileSync(`${folder}/said`).trim().split("\n");
  try {
    await Deno.writeTextFile(`${folder}/notify`, `#!/bin/sh\necho "$@" >> ${folder}/said\n`, { mode: 0o755 });
    await run("ip", "link", "add", "eth1", "netns", namespace, "type", "veth", "peer", "name", "p1", "netns", sw);
    await run("ip", "-n", sw, "link", "set", "p1", "up");
    await run("ip", "-n", namespace, "addr", "add", "10.8.0.1/24", "dev", "eth1");
    await link("up");
    await lab.write(config(folder));
    const daemon = lab.start();
    await lab.comes("both addresses are there", async () => (await both()).every((there) => there));
    await link("down");
    await lab.comes("one link takes both", async () => (await both()).every((there) => !there));
    await lab.comes("the status says so", async () => {
      return (await lab.instances()).map(({ state }) => state).join() === "fault,fault";
    });
    await link("up");
    await run("ip", "-n", namespace, "addr", "replace", "10.8.0.1/24", "dev", "eth1");
    await lab.comes("and brings both back", async () => (await both()).every((there) => there));
    const text = config(folder).replaceAll("advert_int 0.1", "advert_int 0.2");
    await lab.write(text);
    const { code, output } = await lab.reload();
    assertEquals(code, 0, output);
    assert((await both()).every((there) => there), "a reload leaves them");
    assertEquals((await tryRun(...inside(lab.hosts.a, ["kill", String(daemon.pid)]))).code, 0);
    await lab.comes("the last word is said", () => said().includes("GROUP VG_1 STOP 0"));
    const expected = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"].map((state) => `GROUP VG_1 ${state} 0`);
    assertEquals(said().sort(), expected.sort());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
