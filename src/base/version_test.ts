import { assertEquals } from "../../test/assert.ts";
import { VERSION } from "./version.ts";

Deno.test("VERSION is the version of deno.json", () => {
  const manifest = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, manifest.version);
});
