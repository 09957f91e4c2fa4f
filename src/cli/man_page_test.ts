// manPage(): what groff would take for its own is escaped, and nothing is missing.
import { Command } from "commander";
import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { SECTIONS } from "../config/keywords.ts";
import { manPage } from "./man_page.ts";

const REQUESTS = /^\.(TH|SH|SS|TP|PP|B|BR|I|IR)( |$)/;

Deno.test("holdfast.8 has each command with its operands and options, in groff's spelling", () => {
  const program = new Command("holdfast").description(".not a request, a\\b");
  program.command("go").description("go somewhere").argument("<where>", "a place").option("-f, --fast <n>", "how", "9");
  const lines = manPage("holdfast.8", program).split("\n");
  assertEquals(lines.slice(lines.indexOf(".SS go <where>"), lines.indexOf(".SH SIGNALS")), [
    ".SS go <where>",
    "go somewhere.",
    ".TP",
    ".I where",
    "a place",
    ".TP",
    ".B \\-f, \\-\\-fast <n>",
    "how (default: 9)",
  ]);
  assert(lines.includes("\\&.not a request, a\\eb"));
});

Deno.test("holdfast.conf.5 has every keyword of every block, and no line that is a request by accident", () => {
  const page = manPage("holdfast.conf.5", new Command());
  for (const [word] of SECTIONS.vrrp_instance.keywords) {
    assertStringIncludes(page, `\n.B ${word.replaceAll("-", "\\-")}`);
  }
  assertEquals(page.split("\n").filter((line) => /^[.']/.test(line) && !REQUESTS.test(line)), []);
});
