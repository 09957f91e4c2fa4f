import { assertEquals, assertThrows } from "../../test/assert.ts";
import { columnsOf, Definitions, type Surroundings, TooMuchText } from "./definitions.ts";

const SURROUNDINGS: Surroundings = {
  folder: () => "/etc/keepalived",
  instance: () => "left",
  environment: (name) => name === "SITE" ? "berlin" : undefined,
  random: (min, max) => min + max,
};

function expanded(text: string, definitions: Record<string, string> = {}): string[] {
  const known = new Definitions(SURROUNDINGS);
  for (const [name, value] of Object.entries(definitions)) known.define(name, value);
  return known.expand({ text }).map((line) => line.text);
}

Deno.test("Definitions.expand() puts texts in place of references, and leaves unknown ones", () => {
  assertEquals(expanded("a $B c", { B: "1" }), ["a 1 c"]);
  assertEquals(expanded("10.${N}.1,$N)", { N: "7" }), ["10.7.1,7)"]);
  assertEquals(expanded("$Bx ${B}x", { B: "1" }), ["$Bx 1x"]);
  assertEquals(expanded("$X ${X}"), ["$X ${X}"]);
  assertEquals(expanded("$A", { A: "<${B}>", B: "${C}", C: "deep" }), ["<deep>"]);
});

Deno.test("Definitions.expand() knows what keepalived has built in", () => {
  assertEquals(expanded("${_PWD}/x ${_INSTANCE} ${_ENV SITE} ${_ENV NO}."), ["/etc/keepalived/x left berlin ."]);
  assertEquals(expanded("${_HASH}${_BANG} ${_RANDOM 3 4} ${_RANDOM}"), ["#! 7 32767"]);
});

Deno.test("Definitions.expand() gives the lines of a definition as they were defined", () => {
  assertEquals(expanded("$BLOCK", { BLOCK: "a {\n  b ${N}\n}", N: "1" }), ["a {", "  b ${N}", "}"]);
  assertEquals(expanded("x $TWO y", { TWO: "1\n2" }), ["x 1", "2 y"]);
});

Deno.test("Definitions.expand() ends at loops and at texts that multiply", () => {
  assertThrows(() => expanded("${A}", { A: "${A}x" }), TooMuchText);
  assertThrows(() => expanded("${A}", { A: "${B}${B}".repeat(1000), B: "y".repeat(1000) }), TooMuchText);
});

Deno.test("Definitions.repeat() gives the rounds of ~SEQ and ~LST, and the line without them", () => {
  const known = new Definitions(SURROUNDINGS);
  known.define("END", "3");
  const rounds = (text: string): unknown[] => {
    const repetition = known.repeat({ text });
    return [repetition?.rounds.map((values) => Object.fromEntries(values)), repetition?.rest.text];
  };
  assertEquals(rounds("~SEQ(n, 2) x $n"), [[{ n: "1" }, { n: "2" }], " x $n"]);
  assertEquals(rounds("~SEQ(n, 3, ${END}) x"), [[{ n: "3" }], " x"]);
  assertEquals(rounds("a ~SEQ(n, 9, -4, 1) b"), [[{ n: "9" }, { n: "5" }, { n: "1" }], "a  b"]);
  assertEquals(rounds("~SEQx(n, 9, 10) x"), [[{ n: "9" }, { n: "a" }], " x"]);
  assertEquals(rounds("~LST(v, a, b) x"), [[{ v: "a" }, { v: "b" }], " x"]);
  assertEquals(rounds("~LST({v,w}, {a,b}, {c,}) x"), [[{ v: "a", w: "b" }, { v: "c", w: "" }], " x"]);
  assertEquals(rounds("~SEQ(n, x) y"), [undefined, undefined]);
  assertThrows(() => rounds("~SEQ(n, 1, 10000000) x"), TooMuchText);
});

Deno.test("columnsOf() finds what was put in at the place of its reference", () => {
  const known = new Definitions(SURROUNDINGS);
  known.define("LONG", "0123456789");
  const [line] = known.expand({ text: "ab $LONG cd" });
  const columns = columnsOf(line?.pieces ?? []);
  assertEquals(line?.text, "ab 0123456789 cd");
  assertEquals([columns.start(0), columns.end(1)], [0, 2]);
  assertEquals([columns.start(5), columns.end(8)], [3, 8]);
  assertEquals([columns.start(14), columns.end(15)], [9, 11]);
});
