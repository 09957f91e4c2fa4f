import { assertEquals } from "../../test/assert.ts";
import { formatText } from "./format_text.ts";

Deno.test("formatText() indents by blocks and keeps words, comments and definitions", () => {
  const ugly = [
    "\uFEFFglobal_defs {\r",
    "router_id   a # { not a block",
    "}",
    "",
    "",
    "",
    "$X= \\",
    "vrrp_instance A { \\",
    "interface ${IF} \\",
    "} \\",
    "",
    "@left vrrp_instance B {",
    '      notify "/x {"',
    "  virtual_ipaddress { 192.0.2.1",
    "192.0.2.2 }",
    "include {a,b}/*.conf",
    "}  ",
    "",
  ];
  assertEquals(formatText(ugly.join("\n")).split("\n"), [
    "global_defs {",
    "    router_id   a # { not a block",
    "}",
    "",
    "$X= \\",
    "vrrp_instance A { \\",
    "    interface ${IF} \\",
    "} \\",
    "",
    "@left vrrp_instance B {",
    '    notify "/x {"',
    "    virtual_ipaddress { 192.0.2.1",
    "        192.0.2.2 }",
    "    include {a,b}/*.conf",
    "}",
    "",
  ]);
});

Deno.test("formatText() changes nothing the second time, and makes nothing of nothing", () => {
  const once = formatText("a {\nb {\nc\n}\n}\n}\n}\nd {");
  assertEquals(formatText(once), once);
  assertEquals([formatText(""), formatText("\n\n")], ["", ""]);
});
