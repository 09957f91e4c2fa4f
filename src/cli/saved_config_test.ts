// Dated copies of configurations.
import { assertEquals } from "../../test/assert.ts";
import { saveConfig } from "./saved_config.ts";

Deno.test("saveConfig() keeps the newest hundred copies, and nobody else may read them", () => {
  const parent = Deno.makeTempDirSync();
  const folder = `${parent}/saved`;
  try {
    const sources = new Map([["/etc/a.conf", "one"], ["/etc/b.conf", "two\n"]]);
    for (let count = 0; count < 103; count++) saveConfig(folder, sources, new Date(Date.UTC(2026, 0, 1, 0, 0, count)));
    Deno.writeTextFileSync(`${folder}/notes.txt`, "not ours");
    saveConfig(folder, sources, new Date(Date.UTC(2026, 0, 1, 1)));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names.length, 101);
    assertEquals([names[0], names.at(-2), names.at(-1)], [
      "2026-01-01T00-00-04.000Z.conf",
      "2026-01-01T01-00-00.000Z.conf",
      "notes.txt",
    ]);
    const copy = `${folder}/${names.at(-2)}`;
    assertEquals(Deno.readTextFileSync(copy), "# --- /etc/a.conf\none\n# --- /etc/b.conf\ntwo\n");
    assertEquals([copy, folder].map((path) => (Deno.statSync(path).mode ?? 0) & 0o777), [0o600, 0o700]);
  } finally {
    Deno.removeSync(parent, { recursive: true });
  }
});
