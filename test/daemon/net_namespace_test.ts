// `net_namespace`: started outside, the daemon runs in the namespace that its configuration names.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";

function config(namespace: string, address: string): string {
  return `net_namespace ${namespace}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  version 3
  advert_int 0.1
  virtual_ipaddress {
    ${address}/24
  }
}
`;
}

test(
  "net_namespace is entered at the start, cannot change while it runs, and must be there",
  "hfnetns",
  async (lab) => {
    const { namespace } = lab.hosts.a;
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, config(namespace, "10.9.0.100"));
    const checked = await tryRun(...holdfastCommand(), "check", "-f", file);
    assertEquals([checked.success, checked.output.includes("warning")], [true, false], checked.output);
    const daemon = new BackgroundProcess([...holdfastCommand(), "run", "-f", file]);
    try {
      await until("it is master in there", () => lab.has("10.9.0.100"), 30_000, () => daemon.output);
      const own = Deno.statSync(`/proc/${daemon.pid}/ns/net`);
      assertEquals(own.ino, Deno.statSync(`/run/netns/${namespace}`).ino, "the same process, all of it");
      await until(
        "it says so",
        async () => (await lab.instances())[0]?.state === "master",
        30_000,
        () => daemon.output,
      );

      await Deno.writeTextFile(file, config(namespace, "10.9.0.101"));
      assertEquals((await lab.reload()).code, 0);
      await until("a reload works in there", () => lab.has("10.9.0.101"), 30_000, () => daemon.output);
      await Deno.writeTextFile(file, config(lab.hosts.b.namespace, "10.9.0.102"));
      const refused = await lab.reload();
      assert(refused.code !== 0 && refused.output.includes("cannot change without a restart"), refused.output);
      assert(await lab.has("10.9.0.101"), "what was running keeps running");
      daemon.signal("SIGTERM");
      await daemon.ended;
      assert(!await lab.has("10.9.0.101"));

      await Deno.writeTextFile(file, config("hfnetns-none", "10.9.0.100"));
      const missing = await tryRun(...holdfastCommand(), "run", "-f", file);
      assert(missing.output.includes("there is no network namespace `hfnetns-none`"), missing.output);
      assert(!missing.success);
    } finally {
      await daemon.killTree();
      await Deno.remove(file);
    }
  },
);
