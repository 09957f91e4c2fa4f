// Files of the documentation that are made from the code: `UPDATE=1` writes them.
import { schemaText } from "../../src/cli/schema.ts";
import { statusPage } from "../../src/config/status_table.ts";
import { assertEquals } from "../assert.ts";

const DOCS = new URL("../../docs/", import.meta.url);

function isCurrent(name: string, text: string): void {
  const file = new URL(name, DOCS);
  if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(file, text);
  assertEquals(Deno.readTextFileSync(file), text, `docs/${name} is out of date: UPDATE=1 make check`);
}

Deno.test("docs/not_carried_out.md is what the tables say", () => isCurrent("not_carried_out.md", statusPage()));
Deno.test("docs/holdfast.schema.json is what `holdfast schema` prints", () => isCurrent("holdfast.schema.json", schemaText()));
