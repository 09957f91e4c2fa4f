import { assertEquals } from "../../test/assert.ts";
import { routingNames } from "./routing_names.ts";

Deno.test("routingNames() reads iproute2's files, those of the administrator last", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["usr", "etc", "etc/rt_tables.d"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/usr/rt_tables`, "255 local\n7 seven # the seventh\n8 eight\n");
    await Deno.writeTextFile(`${folder}/etc/rt_tables`, "0x9 eight\n");
    await Deno.writeTextFile(`${folder}/etc/rt_tables.d/mine.conf`, "10\tten\n");
    await Deno.writeTextFile(`${folder}/etc/rt_tables.d/README`, "11 eleven\n");
    const names = routingNames(`${folder}/usr`, `${folder}/etc`);
    const table = (text: string): number | undefined => names("rt_tables", text);
    assertEquals(["main", "local", "seven", "eight", "ten"].map(table), [254, 255, 7, 9, 10]);
    assertEquals(["eleven", "0x64", "toString", "4294967296"].map(table), [undefined, 100, undefined, undefined]);
    assertEquals([names("rt_scopes", "link"), names("rt_protos", "keepalived")], [253, 18]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
