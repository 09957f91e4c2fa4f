// Configurations in, diagnostics and the normalised `Config` out. `UPDATE=1` rewrites the expected texts: read the diff.
import { withComments } from "../../src/config/comments.ts";
import { writeKeepalived } from "../../src/config/keepalived_writer.ts";
import { loadConfig } from "../../src/config/load.ts";
import { printConfig } from "../../src/config/print_config.ts";
import { renderDiagnostics } from "../../src/config/render_diagnostic.ts";
import { writeYaml } from "../../src/config/yaml_writer.ts";
import { assert, assertEquals } from "../assert.ts";

const FOLDER = new URL("./config/", import.meta.url);
const LAB = new URL("../lab/", import.meta.url);

for (const name of filesIn(FOLDER)) {
  Deno.test(`loadConfig() gives the golden text for ${name}`, () => {
    const actual = describe(name);
    const expected = new URL(`${name}.txt`, FOLDER);
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
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => /\.(conf|yaml)$/.test(name));
  return names.sort();
}

function read(name: string, folder: URL): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(name, folder));
  } catch {
    return undefined;
  }
}

function listed(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, FOLDER))].map(({ name }) => name);
}

/** Rendered diagnostics, then the configuration, if there is one, as both writers write it; for `defaults` as data, too. */
function describe(path: string): string {
  const input = {
    path,
    text: read(path, FOLDER) ?? "",
    files: { read: (name: string) => read(name, FOLDER), list: (name: string) => listed(name) },
    hostName: "director",
    environment: (name: string) => name === "SITE" ? "3" : undefined,
    host: { interfaceNames: () => ["lo", "eth0", "eth1"], script: () => "ok" as const, hasUser: () => true },
  };
  const { config, diagnostics, sources } = loadConfig(input);
  const messages = renderDiagnostics(diagnostics, { sources });
  if (config === undefined) return `${messages}\nrefused\n`;
  const statements = withComments(printConfig(config, { hostName: "director" }), []);
  const json = JSON.stringify(config, (key, value) => key === "location" ? undefined : value, 2);
  return [
    messages,
    `--- keepalived.conf ---\n${writeKeepalived(statements)}`,
    `--- holdfast.yaml ---\n${writeYaml(statements)}`,
    path.startsWith("defaults") ? `--- data ---\n${json}\n` : "",
  ].filter((part) => part !== "").join("\n");
}
