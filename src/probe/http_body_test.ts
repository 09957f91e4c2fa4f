import { assertEquals, assertThrows } from "../../test/assert.ts";
import type { BodyPattern, HttpUrl } from "../ports/probes.ts";
import { BodyCheck } from "./http_body.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The fault of a body that comes in two pieces. */
function fault(text: string, demands: Pick<HttpUrl, "digest" | "regex">, cut = false): string | undefined {
  const check = new BodyCheck(demands);
  check.push(bytes(text).subarray(0, 2));
  check.push(bytes(text).subarray(2));
  return check.fault(cut);
}

Deno.test("BodyCheck compares the MD5 that genhash prints", () => {
  const digest = "5d41402abc4b2a76b9719d911017c592"; // printf hello | md5sum
  assertEquals(fault("hello", { digest }), undefined);
  assertEquals(fault("hello", { digest: digest.toUpperCase() }), undefined);
  assertEquals(fault("hullo", { digest }), `digest is 54bf43965e2bbaa20c22c22ca7b4e9c7, wanted ${digest}`);
  assertEquals(fault("", { digest: "d41d8cd98f00b204e9800998ecf8427e" }), undefined);
  assertEquals(fault("hello", { digest }, true), "the body is too long for its digest");
});

Deno.test("BodyCheck looks for a pattern", () => {
  const partly = "the pattern is not in the part of the answer that was read";
  const cases: [string, BodyPattern, string | undefined, boolean?][] = [
    ["all is well", { pattern: "is\\s+well" }, undefined],
    ["all is well", { pattern: "IS" }, "the pattern is not in the answer"],
    ["all is well", { pattern: "IS", options: ["caseless"] }, undefined],
    ["all is well", { pattern: "well", negated: true }, "the pattern is in the answer"],
    ["all is well", { pattern: "sick", negated: true }, undefined],
    ["all is well", { pattern: "l", minOffset: 3, maxOffset: 9 }, undefined],
    ["all is well", { pattern: "l", minOffset: 3, maxOffset: 8 }, "the pattern is not in the answer"],
    ["all is", { pattern: "all" }, undefined, true],
    ["all is", { pattern: "well" }, partly, true],
    ["all is", { pattern: "s$" }, partly, true],
    ["all is", { pattern: "sick", negated: true }, partly, true],
    ["all \u00e4", { pattern: "^.{5}$", options: ["utf"] }, undefined],
  ];
  for (const [text, regex, expected, cut] of cases) assertEquals(fault(text, { regex }, cut), expected, regex.pattern);
  const check = new BodyCheck({ regex: { pattern: "a", options: ["utf"] } });
  check.push(Uint8Array.of(0xff));
  assertEquals(check.fault(false), "the body is not UTF-8");
});

Deno.test("BodyCheck finds a pattern in the whole answer or in the body alone", () => {
  const head = "HTTP/1.1 200 OK\r\nX-Health: well\r\n\r\n"; // 35 bytes
  const cases: [BodyPattern, boolean][] = [
    [{ pattern: "X-Health: well" }, true],
    [{ pattern: "^HTTP/1.1 200" }, true],
    [{ pattern: "\\r\\n\\r\\nall good$" }, true],
    [{ pattern: "^all good$" }, true],
    [{ pattern: "good", maxOffset: 4 }, true],
    [{ pattern: "good", minOffset: 39, maxOffset: 39 }, true],
    [{ pattern: "good", minOffset: 40 }, false],
    [{ pattern: "^good" }, false],
    [{ pattern: "well", negated: true }, false],
    [{ pattern: "sick", negated: true }, true],
  ];
  for (const [regex, isGood] of cases) {
    const check = new BodyCheck({ regex });
    check.pushHead(bytes(head));
    check.push(bytes("all "));
    check.push(bytes("good"));
    assertEquals(check.fault(false) === undefined, isGood, JSON.stringify(regex));
  }
  const check = new BodyCheck({ regex: { pattern: "^well$", options: ["utf"] } });
  check.pushHead(Uint8Array.of(0xff));
  check.push(bytes("well"));
  assertEquals(check.fault(false), undefined, "headers need not be UTF-8");
});

Deno.test("BodyCheck refuses a pattern that it cannot carry out", () => {
  const error = assertThrows(() => new BodyCheck({ regex: { pattern: "(a" } }), Error);
  assertEquals(error.message, "the pattern has a group that is not closed");
});

Deno.test("BodyCheck wants a body only when something is demanded of it", () => {
  assertEquals(new BodyCheck({}).wanted, false);
  assertEquals(new BodyCheck({ digest: "00" }).wanted, true);
  assertEquals(new BodyCheck({ regex: { pattern: "" } }).wanted, true);
});
