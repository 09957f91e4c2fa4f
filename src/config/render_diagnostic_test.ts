import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { type Diagnostic, Report } from "./diagnostic.ts";
import { formatLocation, renderDiagnostics } from "./render_diagnostic.ts";

function diagnosticAt(line: number, column: number, length: number): Diagnostic[] {
  const report = new Report();
  report.add("include-failed", { file: "f", line, column, length }, "wrong");
  return report.sorted(["f"]);
}

function render(text: string, diagnostics: Diagnostic[], colour = false): string {
  return renderDiagnostics(diagnostics, { sources: new Map([["f", text]]), colour });
}

Deno.test("renderDiagnostics() shows the place, the line, the related place and the help", () => {
  const lines = Array.from({ length: 31 }, () => "");
  lines[7] = "    virtual_router_id 51";
  lines[30] = "    virtual_router_id 51";
  const report = new Report();
  const place = { file: "example.conf", column: 23, length: 2 };
  report.add("duplicate-vrid", { ...place, line: 31 }, "`virtual_router_id` 51 is used twice on eth0", {
    related: [{ message: "first used here, by `VI_1`", location: { ...place, line: 8 } }],
    help: "choose another number from 1 to 255 for one of them",
  });
  const sources = new Map([["example.conf", lines.join("\n")]]);
  assertEquals(
    renderDiagnostics(report.sorted(["example.conf"]), { sources }),
    `error: \`virtual_router_id\` 51 is used twice on eth0
  --> example.conf:31:23
   |
31 |     virtual_router_id 51
   |                       ^^
  ::: example.conf:8:23
   |
 8 |     virtual_router_id 51
   |                       -- first used here, by \`VI_1\`
   = help: choose another number from 1 to 255 for one of them
`,
  );
});

Deno.test("renderDiagnostics() shows a tab as four blanks, in the line and below it", () => {
  assertEquals(
    render("\tab\tcd\r\n", diagnosticAt(1, 5, 2)),
    "error: wrong\n --> f:1:5\n  |\n1 |     ab    cd\n  |           ^^\n",
  );
});

Deno.test("renderDiagnostics() shows the part of a long line that is meant", () => {
  const text = render(`${"x".repeat(5000)} here ${"y".repeat(5000)}`, diagnosticAt(1, 5002, 4));
  const [, , , line, marks] = text.split("\n");
  assert((line ?? "").length < 120);
  assertStringIncludes(line ?? "", "...");
  assertEquals(line?.indexOf("here"), marks?.indexOf("^^^^"));
});

Deno.test("renderDiagnostics() lets no control character of the file through", () => {
  assertStringIncludes(render("a \x1b[2Jb", diagnosticAt(1, 1, 1)), "1 | a ?[2Jb\n");
});

Deno.test("renderDiagnostics() colours only when asked", () => {
  assertEquals(render("ab", diagnosticAt(1, 1, 1)).includes("\x1b"), false);
  assertStringIncludes(render("ab", diagnosticAt(1, 1, 1), true), "\x1b[1;31merror\x1b[0m");
});

Deno.test("renderDiagnostics() does without a line that it doesn't have", () => {
  assertEquals(render("", diagnosticAt(7, 1, 1)), "error: wrong\n --> f:7:1\n");
});

Deno.test("formatLocation() is file:line:column", () => {
  assertEquals(formatLocation({ file: "a.conf", line: 3, column: 14, length: 1 }), "a.conf:3:14");
});

Deno.test("a file with a million mistakes fills neither the memory nor the screen, and errors are not lost among warnings", () => {
  const report = new Report();
  const place = { file: "f", column: 1, length: 1 };
  for (let line = 1; line <= 1_000_000; line++) report.add("unknown-keyword", { ...place, line }, `warned ${line}`);
  report.add("include-failed", { ...place, line: 1_000_001 }, "an error");
  assert(report.hasErrors);
  const kept = report.sorted(["f"]);
  assertEquals([kept.length, kept.at(-1)?.message], [10_001, "an error"]);
  const lines = render("", kept).split("\n");
  assertEquals([lines.filter((line) => line.startsWith("warning:")).length, lines.at(-2)], [199, "... and 9801 more"]);
  assertEquals(lines.filter((line) => line === "error: an error").length, 1);
});
