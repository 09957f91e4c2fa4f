// Links of their own on the kernel of the VM, which has ipvlan; `ip` shows what was made.
import { InterfaceTable } from "../../src/linux/interface_table.ts";
import { LinkEditor } from "../../src/linux/link_editor.ts";
import type { OwnLink } from "../../src/ports/links.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { testWith } from "../support/requirements.ts";

const PARENT = "hfparent";
const link = (more: Partial<OwnLink>): OwnLink => ({
  name: "hfown",
  parent: PARENT,
  kind: "ipvlan",
  hardwareAddress: Uint8Array.of(0, 0, 0x5e, 0, 1, 51),
  mode: "bridge",
  families: [4],
  ...more,
});

testWith(["root", "program:ip"], "LinkEditor makes, takes over and removes every kind of link", async () => {
  await run("ip", "link", "add", PARENT, "type", "dummy");
  await run("ip", "link", "set", PARENT, "up");
  const table = new InterfaceTable();
  try {
    for (
      const [wanted, shown] of [
        [link({ mode: "private" }), "ipvlan  mode l2 private"],
        [link({ mode: "vepa", group: 7 }), "ipvlan  mode l2 vepa"],
        [link({ mode: "bridge" }), "ipvlan  mode l2 bridge"],
        [link({ kind: "macvlan", families: [4, 6] }), "macvlan mode private"],
      ] as const
    ) {
      const editor = new LinkEditor(table);
      editor.ensureLink(wanted);
      const details = await run("ip", "-d", "link", "show", "dev", "hfown");
      assertStringIncludes(details, shown);
      assertStringIncludes(details, "addrgenmode none");
      assert(details.includes("UP"), details);
      if (wanted.group !== undefined) assertStringIncludes(details, "group 7");
      const index = table.indexOf("hfown");
      new LinkEditor(table).ensureLink(wanted); // as a successor would
      assertEquals(table.indexOf("hfown"), index);
      editor.removeLink("hfown");
      assert(!(await tryRun("ip", "link", "show", "dev", "hfown")).success);
    }
    await run("ip", "link", "add", "hfown", "type", "dummy");
    table.update();
    const editor = new LinkEditor(table);
    let refused = "";
    try {
      editor.ensureLink(link({ kind: "macvlan" }));
    } catch (error) {
      refused = String(error);
    }
    assertStringIncludes(refused, "another link named hfown");
  } finally {
    table.close();
    for (const name of ["hfown", PARENT]) await tryRun("ip", "link", "del", name);
  }
});
