// Configurations in, diagnostics and the normalised `Config` out. `UPDATE=1` rewrites the expected texts: read the diff.
import { loadConfig } from "../../src/config/load.ts";
import { renderDiagnostics } from "../../src/config/render_diagnostic.ts";
import { assert, assertEquals } from "../assert.ts";

const FOLDER = new URL("./config/", import.meta.url);
const LAB = new URL("../lab/", import.meta.url);

for (const name of filesIn(FOLDER)) {
  Deno.test(`loadConfig() gives the golden text for ${name}`, () => {
    const actual = describe(name);
    const expected = new URL(name.replace(/\.conf$/, ".txt"), FOLDER);
    if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(expected, actual);
    assertEquals(actual, Deno.readTextFileSync(expected));
  });
}

for (const name of filesIn(LAB)) {
  Deno.test(`loadConfig() finds nothing wrong with the lab's ${name}`, () => {
    const { config, diagnostics } = loadConfig({ path: name, text: read(name, LAB) ?? "", hostName: "lab" });
    assertEquals(diagnostics, []);
    assert(config !== undefined);
  });
}

function filesIn(folder: URL): string[] {
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".conf"));
  return names.sort();
}

function read(name: string, folder: URL): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(name, folder));
  } catch {
    return undefined;
  }
}

/** Rendered diagnostics, then the configuration if there is one; places only where they are not the rule. */
function describe(path: string): string {
  const { config, diagnostics, sources } = loadConfig({
    path,
    text: read(path, FOLDER) ?? "",
    readFile: (name) => read(name, FOLDER),
    hostName: "director",
    interfaceNames: () => ["lo", "eth0", "eth1"],
  });
  const messages = renderDiagnostics(diagnostics, { sources });
  if (config === undefined) return `${messages}\nrefused\n`;
  const json = JSON.stringify(config, (key, value) => key === "location" ? undefined : value, 2);
  return `${messages}${messages === "" ? "" : "\n"}${json}\n`;
}
