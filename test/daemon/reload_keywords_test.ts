// What a running configuration says of the next reload, in a network namespace.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { daemonTest as test } from "../support/daemon_test.ts";

const config = (globals: string, priority: number): string =>
  `global_defs {
  ${globals}
}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority ${priority}
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;

test(
  "reload_check_config refuses what has a warning, and config_save_dir keeps what was read",
  "hfrlcheck",
  async (lab) => {
    const folder = await Deno.makeTempDir();
    const [saved, checked, marker] = ["saved", "check.log", "reload"].map((name) => `${folder}/${name}`);
    const globals = `reload_check_config ${checked}\n  config_save_dir ${saved}\n  reload_file ${marker}`;
    try {
      await lab.write(config(globals, 100));
      const daemon = lab.start();
      await lab.comes("it is master", () => lab.has("10.9.0.100"));
      await lab.comes("it is told", async () => (await lab.instances())[0]?.priority.base === 100);
      await Deno.writeTextFile(marker ?? "", "please wait");
      await lab.write(config(`${globals}\n  no_such_keyword`, 101));
      const refused = await lab.reload();
      assert(refused.code !== 0, refused.output);
      assertStringIncludes(await Deno.readTextFile(checked ?? ""), "no_such_keyword");
      assertEquals((await lab.instances())[0]?.priority.base, 100);
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert(!names.includes("reload"), `${names}`);

      await lab.write(config(globals, 102));
      const taken = await lab.reload();
      assertEquals(taken.code, 0, taken.output);
      await lab.comes("the new priority", async () => (await lab.instances())[0]?.priority.base === 102);
      const copies = [...Deno.readDirSync(saved ?? "")].map(({ name }) => name).sort();
      assertEquals(copies.length, 3, "the refused one could be read, too");
      assertStringIncludes(await Deno.readTextFile(`${saved}/${copies[2]}`), "priority 102");
      assert(!daemon.output.includes("warning: reload_file"), daemon.output);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test("reload_time_file reloads at its time, and is gone then", "hfrltime", async (lab) => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/at`;
  try {
    await lab.write(config(`reload_time_file ${file}`, 100));
    lab.start();
    await lab.comes("it is master", () => lab.has("10.9.0.100"));
    await lab.write(config(`reload_time_file ${file}`, 103));
    const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 6000);
    await Deno.writeTextFile(file, `${at.toISOString().slice(0, 19).replace("T", " ")}Z\n`);
    await lab.comes("the reload", async () => (await lab.instances())[0]?.priority.base === 103);
    assert(Date.now() >= at.getTime());
    assertEquals([...Deno.readDirSync(folder)].length, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
