// Files of the documentation that are made from the code: `UPDATE=1` writes them.
import { Ajv2020 } from "ajv";
import { parse } from "yaml";
import { schemaText } from "../../src/cli/schema.ts";
import { statusPage } from "../../src/config/status_table.ts";
import { assert, assertEquals } from "../assert.ts";
import { CASES } from "../interop/checks/cases.ts";
import { differencesPage } from "../interop/checks/beside_keepalived.ts";

const DOCS = new URL("../../docs/", import.meta.url);

function isCurrent(name: string, text: string): void {
  const file = new URL(name, DOCS);
  if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(file, text);
  assertEquals(Deno.readTextFileSync(file), text, `docs/${name} is out of date: UPDATE=1 make check`);
}

Deno.test("docs/not_carried_out.md is what the tables say", () => isCurrent("not_carried_out.md", statusPage()));
Deno.test("docs/holdfast.schema.json is what `holdfast schema` prints", () => isCurrent("holdfast.schema.json", schemaText()));
Deno.test("docs/interop_checks.md is what the cases say", () => isCurrent("interop_checks.md", differencesPage(CASES)));

const GOLDEN = new URL("./config/", import.meta.url);
/** Where the YAML of a golden text begins and ends. */
const YAML_PART = /^--- holdfast\.yaml ---\n([^]*?)(?=\n--- data ---|$(?![^]))/m;

Deno.test("the schema takes every golden configuration as it is written, and refuses the wrong one", () => {
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(schemaText()));
  const names = [...Deno.readDirSync(GOLDEN)].map(({ name }) => name).sort();
  const read = (name: string): string => Deno.readTextFileSync(new URL(name, GOLDEN));
  let written = 0;
  for (const name of names.filter((candidate) => candidate.endsWith(".txt"))) {
    const text = YAML_PART.exec(read(name))?.[1];
    if (text === undefined) continue;
    written++;
    assert(validate(parse(text)), `${name}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  }
  assert(written > 10);
  assert(validate(parse(read("good.yaml"))), JSON.stringify(validate.errors?.slice(0, 3)));
  assert(!validate(parse(read("wrong.yaml"))));
});
