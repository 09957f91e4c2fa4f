import { assertEquals } from "../../test/assert.ts";
import { checkedRules, DEFAULT_RULES, type Files, folderOf, matchFiles, resolveBeside } from "./include.ts";

const NAMES = ["a.conf", "b.conf", ".hidden.conf", "c.txt", "sub"];
const FILES: Files = {
  list: (path) => ({ "/etc": NAMES, "/etc/sub": ["d.conf"] })[path],
  read: (path) => /^\/etc\/(sub\/)?[.\w]+\.(conf|txt)$/.test(path) && !path.includes("missing") ? "text" : undefined,
};

function files(pattern: string): readonly string[] {
  return matchFiles(pattern, "/etc", FILES).files;
}

Deno.test("matchFiles() matches as glob(7) does, in order of names, without hidden files", () => {
  assertEquals(files("*.conf"), ["/etc/a.conf", "/etc/b.conf"]);
  assertEquals(files("?.txt"), ["/etc/c.txt"]);
  assertEquals(files("[!a].conf"), ["/etc/b.conf"]);
  assertEquals(files("[a-b].conf"), ["/etc/a.conf", "/etc/b.conf"]);
  assertEquals(files(".h*"), ["/etc/.hidden.conf"]);
  assertEquals(files("*/*.conf"), ["/etc/sub/d.conf"]);
  assertEquals(files("/etc/a.conf"), ["/etc/a.conf"]);
  assertEquals(files("a(b|+.conf"), []);
});

Deno.test("matchFiles() takes alternatives in braces, nested ones too, each file once", () => {
  assertEquals(files("{b,a}.conf"), ["/etc/b.conf", "/etc/a.conf"]);
  assertEquals(files("{a,{b,c}}.{conf,txt}").toSorted(), [
    "/etc/a.conf",
    "/etc/a.txt",
    "/etc/b.conf",
    "/etc/b.txt",
    "/etc/c.conf",
    "/etc/c.txt",
  ]);
  assertEquals(files("{a.conf,*.conf}"), ["/etc/a.conf", "/etc/b.conf"]);
  const { missing } = matchFiles("{a,missing}.conf", "/etc", FILES);
  assertEquals(missing, [{ pattern: "missing.conf", isWildcard: false, isBrace: true }]);
});

Deno.test("matchFiles() does not go through more alternatives than anybody writes", () => {
  assertEquals(files("{a,b}".repeat(20)).length <= 1001, true);
});

Deno.test("checkedRules() sets, adds and takes away what counts as a failure", () => {
  assertEquals(checkedRules([], DEFAULT_RULES), { readable: true, match: true, wildcardMatch: true, braceMatch: true });
  const added = checkedRules(["+match"], { ...DEFAULT_RULES, readable: true });
  assertEquals(added, { readable: true, match: true, wildcardMatch: false, braceMatch: false });
  assertEquals(checkedRules(["-readable"], added).readable, false);
  assertEquals(checkedRules(["wildcard_match"], added), { ...DEFAULT_RULES, wildcardMatch: true });
});

Deno.test("folderOf() and resolveBeside() put a name beside the including file", () => {
  assertEquals([folderOf("/etc/a.conf"), folderOf("/a"), folderOf("a.conf")], ["/etc", "/", ""]);
  assertEquals(resolveBeside("/etc", "b.conf"), "/etc/b.conf");
  assertEquals(resolveBeside("", "b.conf"), "b.conf");
  assertEquals(resolveBeside("/etc", "/b.conf"), "/b.conf");
});
