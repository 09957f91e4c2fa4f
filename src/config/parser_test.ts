import { assertEquals } from "../../test/assert.ts";
import { type Diagnostic, Report } from "./diagnostic.ts";
import { Reading } from "./line_reader.ts";
import { parse } from "./parser.ts";
import type { Block, Statement } from "./statement.ts";

/** Parses text at the top level: the tree as text, and what was reported. */
function parsed(text: string): { tree: string; diagnostics: Diagnostic[] } {
  const report = new Report();
  const root: Block = { section: "root", statements: [] };
  const files = { read: () => undefined, list: () => undefined };
  const surroundings = { configId: "me", environment: () => undefined, random: () => 0, comments: false };
  const lines = new Reading({ report, files, ...surroundings }).open("f", text);
  parse({ lines, balance: lines.balance, into: root, report });
  return { tree: root.statements.map(show).join("; "), diagnostics: report.sorted(["f"]) };
}

function show({ keyword, args, block }: Statement): string {
  const words = [keyword, ...args].map((word) => word.text).join(" ");
  return block === undefined ? words : `${words} { ${block.statements.map(show).join("; ")} }`;
}

function codes(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ code, location }) => `${code}:${location.line}`);
}

const INSTANCE = "vrrp_instance A { interface eth0; virtual_ipaddress { 192.0.2.1 } }";

Deno.test("parse() takes a brace on its own line, on the same line, and words behind it", () => {
  for (
    const text of [
      "vrrp_instance A {\n interface eth0\n virtual_ipaddress {\n 192.0.2.1\n }\n}",
      "vrrp_instance A\n\n{\n interface eth0\n virtual_ipaddress\n {\n 192.0.2.1 }}",
      "vrrp_instance A { interface eth0\nvirtual_ipaddress { 192.0.2.1 } }",
    ]
  ) assertEquals(parsed(text), { tree: INSTANCE, diagnostics: [] }, text);
});

Deno.test("parse() closes a forgotten block before a keyword that belongs further out", () => {
  const { tree, diagnostics } = parsed(
    "vrrp_instance A {\n authentication {\n auth_pass x\n interface eth0\n}\nvrrp_instance B {\n}\n",
  );
  assertEquals(tree, "vrrp_instance A { authentication { auth_pass x }; interface eth0 }; vrrp_instance B {  }");
  assertEquals(codes(diagnostics), ["missing-brace:2"]);
});

Deno.test("parse() sees by the indentation which block a brace closes when one is missing", () => {
  const { tree, diagnostics } = parsed(
    "virtual_server a 1 {\n  real_server b 1 {\n    TCP_CHECK {\n      retry 1\n  }\n  quorum 1\n}\n",
  );
  assertEquals(tree, "virtual_server a 1 { real_server b 1 { TCP_CHECK { retry 1 } }; quorum 1 }");
  assertEquals(codes(diagnostics), ["missing-brace:3"]);
});

Deno.test("parse() reopens a block that was closed too early", () => {
  const { tree, diagnostics } = parsed("vrrp_instance A {\n}\n interface eth0\n}\n");
  assertEquals(tree, "vrrp_instance A { interface eth0 }");
  assertEquals(codes(diagnostics), ["extra-brace:2"]);
});

Deno.test("parse() reads on behind a missing opening brace", () => {
  const { tree, diagnostics } = parsed("vrrp_instance A\n interface eth0\n}\nvrrp_instance B {\n}\n");
  assertEquals(tree, "vrrp_instance A { interface eth0 }; vrrp_instance B {  }");
  assertEquals(codes(diagnostics), ["missing-brace:1"]);
});

Deno.test("parse() leaves misplaced keywords alone while braces match", () => {
  const { tree, diagnostics } = parsed("vrrp_instance A {\n virtual_server b 1 {\n }\n}\ninterface eth0\n");
  assertEquals(tree, "vrrp_instance A { virtual_server b 1 {  } }; interface eth0");
  assertEquals(diagnostics, []);
});

Deno.test("parse() stops at 64 nested blocks with one message, however many follow", () => {
  assertEquals(codes(parsed("a {".repeat(100_000)).diagnostics), ["nesting-too-deep:1"]);
});
