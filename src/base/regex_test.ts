import process from "node:process";
import { assert, assertEquals } from "../../test/assert.ts";
import { compileRegex, type SearchState, type SearchWindow } from "./regex.ts";

const encoder = new TextEncoder();

function search(
  pattern: string,
  text: string | Uint8Array,
  options: string[] = [],
  window?: SearchWindow,
): SearchState {
  const regex = compileRegex(pattern, options);
  assert(regex.ok, regex.ok ? "" : regex.reason);
  const whole = typeof text === "string" ? encoder.encode(text) : text;
  const atOnce = regex.value.search(window);
  atOnce.push(whole);
  const byByte = regex.value.search(window);
  for (const byte of whole) byByte.push(Uint8Array.of(byte));
  const state = atOnce.end();
  assertEquals(byByte.end(), state, "in pieces as at once");
  return state;
}

/** Each case: pattern, a text that matches or undefined, one that does not or undefined, options. */
function check(cases: [string, string | undefined, string | undefined, string[]?][]): void {
  for (const [pattern, yes, no, options] of cases) {
    const label = `${pattern} ${options ?? ""}`;
    if (yes !== undefined) assertEquals(search(pattern, yes, options), "matched", `${label} in ${JSON.stringify(yes)}`);
    if (no !== undefined) assertEquals(search(pattern, no, options), "unmatched", `${label} in ${JSON.stringify(no)}`);
  }
}

Deno.test("compileRegex(): literals, sets, choices, repeats", () => {
  check([
    ["abc", "xxabcxx", "abxc"],
    ["", "", undefined],
    ["a.c", "abc", "a\nc"],
    ["a[bc]d", "acd", "aed"],
    ["a[^bc]d", "a\nd", "abd"],
    ["[]a]", "]", "b"],
    ["[^]a]", "b", "]a"],
    ["[a\\]b-d-]", "-", "e"],
    ["[a-]", "-", "b"],
    ["[\\d-z]", "-", "a"],
    ["cat|dog", "hotdog", "cot"],
    ["(cat|dog)s", "dogs", "dog s"],
    ["^(?:a|)$", "", "b"],
    ["ab*c", "ac", "adc"],
    ["ab+c", "abbbc", "ac"],
    ["ab?c", "abc", "abbc"],
    ["^a{2}$", "aa", "aaa"],
    ["^a{2,}$", "aaaaa", "a"],
    ["^a{2,3}$", "aaa", "aaaa"],
    ["^(ab){0}c$", "c", "abc"],
    ["a{,3}", "a{,3}", "aaa"],
    ["a{x", "a{x", "aa"],
    ["a.*?b", "axxb", "axx"],
    ["^(a*)*$", "aaaa", "aab"],
    ["^(a|b*)+c", "abbac", "abd"],
  ]);
});

Deno.test("compileRegex(): escapes", () => {
  check([
    ["\\d\\D\\w\\W\\s\\S", "1a_- x", "11_- x"],
    ["\\x41\\x{42}\\o{103}\\0101", "ABC\x081", "ABC"],
    ["\\t\\n\\r\\f\\e\\a", "\t\n\r\f\x1b\x07", "\t\n\r\f\x1b"],
    ["\\cA\\c[", "\x01\x1b", "A["],
    ["\\.\\*\\\\\\/\\-", ".*\\/-", "a*\\/-"],
    ["a\\Rb", "a\r\nb", "a\n\nb"],
    ["^a\\R{2}b", "a\r\n\nb", "a\r\nb"],
    ["a\\hb\\vc", "a\tb\fc", "a\nb\fc"],
    ["a\\Nb", "a b", "a\nb"],
    ["\\Qa.b*\\E+", "a.b***", "aab*"],
    ["\\Qa", "a", "b"],
    ["foo\\Kbar", "foobar", "foo bar"],
    ["[\\w\\b.]x", "\bx", " x"],
    ["[[:alpha:][:^digit:]]", "-", "1"],
    ["[[:xdigit:]]{4}", "dEaD", "dEaX"],
  ]);
});

Deno.test("compileRegex(): places", () => {
  check([
    ["^b", "b", "ab"],
    ["^b", undefined, "a\nb"],
    ["^b", "a\nb", "ab", ["multiline"]],
    ["^$", undefined, "a\n", ["multiline"]],
    ["^$", "a\n", undefined, ["multiline", "alt_circumflex"]],
    ["^$", "a\n\n", undefined, ["multiline"]],
    ["a$", "a", "ab"],
    ["a$", "a\n", "a\n\n"],
    ["a$", undefined, "a\nb"],
    ["a$", "a\nb", "ab", ["multiline"]],
    ["a$", "a", "a\n", ["dollar_endonly"]],
    ["a$\\n", "a\n", "a\nb"],
    ["a$\\n$", "a\n", "a\n\n"],
    ["^$", "\n", "a"],
    ["a\\Z", "a\n", "a\nb", ["multiline"]],
    ["a\\z", "a", "a\n", ["multiline"]],
    ["\\Aa", "a", "\na", ["multiline"]],
    ["\\bcat\\b", "the cat.", "concat"],
    ["\\Bcat", "concat", "cat"],
    ["^*a", "ba", "b"],
  ]);
});

Deno.test("compileRegex(): options, from outside and within", () => {
  check([
    ["a.C", "AbC", "ac", ["caseless"]],
    ["[a-c]x", "BX", "dx", ["caseless"]],
    ["[^a]", "b", "A", ["caseless"]],
    ["a.b", "a\nb", "ab", ["dotall"]],
    [" a b # c\n d", "abd", "a b", ["extended"]],
    ["[ ]a\\ b", " a b", "ab", ["extended"]],
    ["a +", "aa", "b", ["extended"]],
    ["b", undefined, "a\nb", ["firstline"]],
    ["a\\nb", "a\nb", undefined, ["firstline"]],
    ["[]", undefined, "]", ["allow_empty_class"]],
    ["[^]", "\n", "", ["allow_empty_class"]],
    ["a(?i)b|c", "C", "A"],
    ["a(?i:b)c", "aBc", "aBC"],
    ["(?s).(?-s).", "\nx", "\n\n"],
    ["(?x) a b", "ab", "a b"],
    ["(?#comment)a(?#b)+$", "aa", "a#"],
    ["^a{2} ?$", "aa", "a", ["extended"]],
    ["(?<n>a)(?P<m>b)(?'o'c)", "abc", "ab"],
    ["a+?", "a", "b", ["ungreedy", "no_auto_capture", "dupnames", "auto_callout"]],
  ]);
});

Deno.test("compileRegex(): bytes, and code points with utf", () => {
  check([
    ["\u00e4", "\u00e4", "\u00c4"],
    ["^..$", "\u00e4", "\u20ac"], // two bytes, three bytes
    ["^.$", "\u20ac", "ab", ["utf"]],
    ["\u00e4", "\u00c4", "a", ["utf", "caseless"]],
    ["[\u00e0-\u00ff]", "\u00d8", "o", ["utf", "caseless"]],
    ["\\x{1F600}+$", "\u{1F600}\u{1F600}", "\u{1F601}", ["utf"]],
    ["[^a]", "\u{10ffff}", "a", ["utf"]],
  ]);
  assertEquals(search("b", Uint8Array.of(0x61, 0xff, 0x62), ["utf"]), "invalid");
  assertEquals(search("b", Uint8Array.of(0x61, 0xe2, 0x82), ["utf"]), "invalid");
  assertEquals(search("b", Uint8Array.of(0x61, 0xff, 0x62)), "matched");
});

Deno.test("RegexSearch keeps to the window where a match may begin", () => {
  assertEquals(search("ab", "abab", [], { minOffset: 1 }), "matched");
  assertEquals(search("ab", "abab", [], { minOffset: 3 }), "unmatched");
  assertEquals(search("b", "aab", [], { maxOffset: 2 }), "matched");
  assertEquals(search("b", "aab", [], { maxOffset: 1 }), "unmatched");
  assertEquals(search("a.*z", "axxxz", [], { maxOffset: 0 }), "matched");
  assertEquals(search("$", "abc", [], { minOffset: 3 }), "matched");
  assertEquals(search("$", "abc", [], { maxOffset: 2 }), "unmatched");
  assertEquals(search("b", "\u20acb", ["utf"], { minOffset: 3, maxOffset: 3 }), "matched");
});

Deno.test("RegexSearch knows early", () => {
  const regex = compileRegex("^ab");
  assert(regex.ok);
  assertEquals(regex.value.search().push(encoder.encode("abc")), "matched");
  assertEquals(regex.value.search({ maxOffset: 0 }).push(encoder.encode("ax")), "unmatched");
});

Deno.test("compileRegex() refuses what it cannot carry out, by name", () => {
  const unsupported = (what: string): string => `has ${what}, which is not supported`;
  const cases: [string, string, string[]?][] = [
    ["(a)\\1", unsupported("a back reference or an octal code without `0`")],
    ["(?=a)", unsupported("lookaround `(?=`, `(?!`, `(?<=` or `(?<!`")],
    ["(?<!a)b", unsupported("lookaround `(?=`, `(?!`, `(?<=` or `(?<!`")],
    ["(?>a)", unsupported("an atomic group `(?>`")],
    ["a++", unsupported("a possessive quantifier")],
    ["(?R)", unsupported("recursion, a callout or a back reference")],
    ["(?(1)a)", unsupported("a condition `(?(`")],
    ["(*UTF)a", "has a verb or a setting `(*...)`, which is not supported"],
    ["a(*FAIL)", unsupported("a verb `(*...)`")],
    ["\\p{L}", unsupported("`\\p`")],
    ["\\Ga", unsupported("`\\G`")],
    ["a", unsupported("the option `ucp`"), ["ucp"]],
    ["a", unsupported("the option `constructor`"), ["constructor"]],
    ["(a", "has a group that is not closed"],
    ["a)", "has a `)` too many"],
    ["[a", "has a `[` that is not closed"],
    ["[]", "has a `[` that is not closed"],
    ["*a", "has nothing to repeat before `*`"],
    ["a{3,2}", "has a count whose ends are the wrong way round"],
    ["a{1001}", "has a count over 1000"],
    ["[b-a]", "has a range whose ends are the wrong way round"],
    ["[[:foo:]]", "has a class `[:foo:]` that is not known"],
    ["a\\", "ends in a backslash"],
    ["\\x{100}", "has a character code that is too large"],
    ["(?z)", "has a group `(?z` that is not known"],
    ["((a{100}){100}){100}", "is too large: over 2000 steps"],
    ["(".repeat(200), "has groups more than 100 deep"],
  ];
  for (const [pattern, reason, options] of cases) {
    assertEquals(compileRegex(pattern, options), { ok: false, reason }, pattern);
  }
});

Deno.test("RegexSearch takes time in proportion to the text, and memory for no more than its states", () => {
  const cases: [string, string][] = [
    ["(a+)+$", "a".repeat(1_000_000) + "b"],
    ["(a|aa)*c", "a".repeat(1_000_000)],
    ["x.*y.*z", "xy".repeat(500_000)],
    ["[ab]*a[ab]{8}c", "ab".repeat(200_000)],
  ];
  for (const [pattern, text] of cases) {
    const regex = compileRegex(pattern);
    assert(regex.ok);
    const started = process.cpuUsage();
    const running = regex.value.search();
    running.push(encoder.encode(text));
    assertEquals(running.end(), "unmatched", pattern);
    const { user, system } = process.cpuUsage(started); // microseconds
    assert(user + system < 2_000_000, `${pattern} took ${user + system} us of a processor`);
  }
});

Deno.test("RegexSearch gives up on a text that is made to make it compute", () => {
  const regex = compileRegex("[ab]*a[ab]{300}c");
  assert(regex.ok);
  let seed = 1;
  const text = Uint8Array.from({ length: 2_000_000 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed & 0x10000 ? 0x61 : 0x62;
  });
  const started = process.cpuUsage();
  const running = regex.value.search();
  assertEquals(running.push(text), "too-much-work");
  assertEquals(running.end(), "too-much-work");
  const { user, system } = process.cpuUsage(started); // microseconds
  assert(user + system < 10_000_000, `took ${user + system} us of a processor`);
});
