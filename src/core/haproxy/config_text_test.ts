import { assertEquals } from "../../../test/assert.ts";
import { prepareConfig } from "./config_text.ts";
import { configWords } from "./lines.ts";

const VIPS = new Set(["192.0.2.10", "2001:db8::10"]);

function bindLine(line: string): string {
  const { text } = prepareConfig(`frontend f\n${line}\n`, VIPS, "/etc/haproxy");
  return text.split("\n")[1] ?? "";
}

Deno.test("words of a line are HAProxy's", () => {
  const words = (line: string): string[] => configWords(line).map(({ text }) => text);
  assertEquals(words("  bind :80\tssl # bind :81"), ["bind", ":80", "ssl"]);
  assertEquals(words(`a "b c"d 'e\\' f\\ g h#i`), ["a", "b cd", "e\\", "f g", "h"]);
  assertEquals(words(`open "never closed # x`), ["open", "never closed # x"]);
  assertEquals(words("ends with \\"), ["ends", "with", "\\"]);
  assertEquals(words(""), []);
  const [, second] = configWords('bind "a b" c');
  assertEquals([second?.start, second?.end], [5, 10]);
});

Deno.test("a bind on a virtual address becomes transparent, in place", () => {
  assertEquals(bindLine("  bind 192.0.2.10:80"), "  bind 192.0.2.10:80 transparent");
  assertEquals(bindLine("bind 192.0.2.10:443 ssl crt x # web"), "bind 192.0.2.10:443 transparent ssl crt x # web");
  assertEquals(bindLine('bind "192.0.2.10:80" name x'), 'bind "192.0.2.10:80" transparent name x');
  assertEquals(bindLine("bind ipv4@192.0.2.10:80"), "bind ipv4@192.0.2.10:80 transparent");
  assertEquals(bindLine("bind 127.0.0.1:80,192.0.2.10:80"), "bind 127.0.0.1:80,192.0.2.10:80 transparent");
  assertEquals(bindLine("bind 2001:DB8:0::10:80"), "bind 2001:DB8:0::10:80 transparent");
  assertEquals(bindLine("bind [2001:db8::10]:80-89"), "bind [2001:db8::10]:80-89 transparent");
  assertEquals(bindLine("bind quic4@192.0.2.10:443 ssl"), "bind quic4@192.0.2.10:443 transparent ssl");
});

Deno.test("other binds stay as they are written", () => {
  for (
    const line of [
      "bind 192.0.2.10:80 transparent",
      "bind *:80",
      "bind :80",
      "bind :::80",
      "bind 0.0.0.0:80,192.0.2.10:80", // transparent on all addresses would take the traffic of others
      "bind 192.0.2.11:80",
      'bind "${VIP}:80"',
      "bind unix@/run/x.sock",
      "bind /run/x.sock",
      "bind abns@192.0.2.10:80",
      "bind",
      "bind 192.0.2.10",
      "# bind 192.0.2.10:80",
    ]
  ) assertEquals(bindLine(line), line);
  const text = "peers p\n  bind 192.0.2.10:80\n";
  assertEquals(prepareConfig(text, VIPS, "/etc/haproxy").text, text);
});

Deno.test("servers come back as they were, and lines keep their numbers", () => {
  const source = [
    "global",
    "  user x",
    "  server-state-file /x",
    "backend b",
    "  server s 1.1.1.1:1",
    "listen l",
    "  bind :1",
  ];
  const { text, origins, globals, leftOut, binds } = prepareConfig(source.join("\n"), VIPS, "/etc/haproxy");
  assertEquals(text.split("\n"), [
    "global",
    "  user x",
    "",
    "backend b",
    "    load-server-state-from-file global",
    "  server s 1.1.1.1:1",
    "listen l",
    "    load-server-state-from-file global",
    "  bind :1",
  ]);
  assertEquals(origins, [1, 2, 3, 4, 4, 5, 6, 6, 7]);
  assertEquals([...globals], ["user", "server-state-file"]);
  assertEquals(leftOut.map(({ line }) => line), [3]);
  assertEquals(binds, [{ line: 7, address: "*", first: 1, last: 1, udp: false }]);
});

Deno.test("whatever the text is, every line of it is there, in order", () => {
  const pieces = [
    "bind",
    " ",
    "'",
    '"',
    "\\",
    "#",
    "192.0.2.10:80",
    "frontend f",
    "\n",
    "\r",
    "\0",
    "é",
    ",",
    "@",
    ":",
    "[",
    "]",
  ];
  let seed = 7;
  for (let round = 0; round < 2000; round++) {
    let text = "";
    for (let count = 0; count < 30; count++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      text += pieces[(seed >>> 16) % pieces.length];
    }
    const prepared = prepareConfig(text, VIPS, "/etc/haproxy");
    const back = prepared.text.split("\n").map((line) => line.replace(" transparent", ""));
    assertEquals(back.join("\n"), text);
    assertEquals(prepared.origins.length, back.length);
  }
});

Deno.test("paths that are relative to the file stay so, though HAProxy reads a copy", () => {
  const path = (line: string): string =>
    prepareConfig(`global\n${line}`, VIPS, "/etc/my haproxy").text.split("\n")[1] ?? "";
  assertEquals(path("  default-path config # x"), "  default-path origin '/etc/my haproxy' # x");
  assertEquals(path("default-path parent"), "default-path origin '/etc'");
  assertEquals(path("default-path current"), "default-path current");
});
