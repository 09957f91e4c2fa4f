// Hostile answers: whatever a checked server sends, no decoder of a probe throws or runs away. And our regular
// expressions against JavaScript's, on patterns that both read alike.
import { Prng } from "../../src/base/prng.ts";
import { commandWords } from "../../src/base/command_words.ts";
import { compileRegex } from "../../src/base/regex.ts";
import { trackFileValue } from "../../src/core/tracking/track_file_value.ts";
import { HttpResponseReader } from "../../src/probe/http_response.ts";
import { SmtpReplyReader } from "../../src/probe/smtp.ts";
import { parseHexPattern } from "../../src/probe/udp.ts";
import { readDnsHeader } from "../../src/wire/dns.ts";
import { readEchoReply } from "../../src/wire/icmp.ts";
import { assert, assertEquals } from "../assert.ts";

const SCRAPS = [
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 100 Continue\r\n\r\n",
  "Content-Length: 7\r\n",
  "Transfer-Encoding: chunked\r\n",
  "\r\n",
  "\n\n",
  "220 mail ESMTP\r\n",
  "250-SIZE\r\n",
  "0x1f",
  "-2147483648",
  "\\x",
  "'",
  '"',
];

function bytesOf(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: prng.integer(0, 60) }, () => prng.integer(0, 255));
}

function textOf(prng: Prng): string {
  let text = "";
  for (let pieces = prng.integer(0, 6); pieces > 0; pieces--) {
    text += prng.chance(0.5) ? prng.pick(SCRAPS) : String.fromCharCode(...bytesOf(prng).subarray(0, 10));
  }
  return text;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("decoders of answers never throw, whatever the bytes", () => {
  const prng = new Prng(1);
  for (let count = 0; count < 20_000; count++) {
    const bytes = bytesOf(prng);
    readDnsHeader(bytes);
    readEchoReply(4, bytes);
    readEchoReply(6, bytes);
    const text = textOf(prng);
    const body: number[] = [];
    const http = new HttpResponseReader((piece) => body.push(piece.length));
    const smtp = new SmtpReplyReader();
    for (let at = 0; at < text.length;) {
      const piece = latin1(text.slice(at, at += prng.integer(1, 40)));
      if (http.push(piece).state !== "more") break;
      smtp.push(piece);
    }
    http.end();
    trackFileValue(text);
    parseHexPattern(text);
    commandWords(text);
  }
});

Deno.test("compileRegex() never throws, whatever the pattern, and its searches end", () => {
  const prng = new Prng(2);
  const pieces = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{2,3}",
    "*",
    "+",
    "?",
    "|",
    "^",
    "$",
    "\\",
    "a",
    "\\d",
    "(?:",
    "-",
    "[:",
    "\u00e4",
  ];
  const options = ["caseless", "dotall", "multiline", "extended", "utf", "firstline", "allow_empty_class"];
  let compiled = 0;
  for (let count = 0; count < 20_000; count++) {
    const pattern = Array.from({ length: prng.integer(1, 12) }, () => prng.pick(pieces)).join("");
    const regex = compileRegex(pattern, prng.chance(0.5) ? [prng.pick(options)] : []);
    if (!regex.ok) continue;
    compiled++;
    const search = regex.value.search();
    search.push(bytesOf(prng));
    assert(search.end() !== "open");
  }
  assert(compiled > 3000, `${compiled} compiled`);
});

Deno.test("compileRegex() finds what JavaScript's RegExp finds", () => {
  const prng = new Prng(3);
  const atoms = [
    "a",
    "b",
    "c",
    ".",
    "[ab]",
    "[^a]",
    "\\w",
    "\\W",
    "\\b",
    "\\B",
    "^",
    "(?:a|bc)",
    "(?:ab)",
    "(?:|b)",
    "\\n",
  ];
  const counts = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "*?"];
  const texts = ["a", "b", "c", " ", "\n"];
  let matched = 0;
  for (let count = 0; count < 20_000; count++) {
    const part = (): string => {
      const atom = prng.pick(atoms);
      return /^\\[bB]$|^\^$/.test(atom) ? atom : atom + prng.pick(counts);
    };
    const branch = (): string => Array.from({ length: prng.integer(1, 4) }, part).join("");
    const pattern = Array.from({ length: prng.integer(1, 2) }, branch).join("|") + (prng.chance(0.3) ? "$" : "");
    const text = Array.from({ length: prng.integer(0, 12) }, () => prng.pick(texts)).join("");
    const multiline = prng.chance(0.3) && !text.endsWith("\n"); // PCRE has no line after a last newline
    const regex = compileRegex(pattern, multiline ? ["multiline"] : ["dollar_endonly"]);
    assert(regex.ok, pattern);
    const search = regex.value.search();
    search.push(latin1(text));
    const expected = new RegExp(pattern, multiline ? "m" : "").test(text);
    if (expected) matched++;
    assertEquals(search.end(), expected ? "matched" : "unmatched", `${pattern} in ${JSON.stringify(text)}`);
  }
  assert(matched > 3000 && matched < 19_000, `${matched} matched`);
});
