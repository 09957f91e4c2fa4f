// Damaged configurations: whatever the text, loading and rendering end soon and never throw.
import { loadConfig } from "../../src/config/load.ts";
import { renderDiagnostics } from "../../src/config/render_diagnostic.ts";
import { assert, assertEquals } from "../assert.ts";

const FOLDER = new URL("../golden/config/", import.meta.url);
const SEED = 20_260_101;
const ROUNDS = 1500;
const SCRAPS = [
  "{",
  "}",
  '"',
  "!",
  "#",
  "\n",
  "\r\n",
  "\t",
  " ",
  "\\",
  "$",
  "${",
  "$A=",
  "~SEQ(",
  "@",
  "\0",
  "\u{1F600}",
];
const WORDS = [
  "include x",
  "vrrp_instance",
  "virtual_ipaddress {",
  "priority",
  "-1",
  "1e9",
  "192.0.2.1/33",
  "::",
  "__proto__",
];

/** xorshift32: the same numbers for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function damage(text: string, random: (below: number) => number): string {
  let damaged = text;
  for (let changes = 1 + random(6); changes > 0; changes--) {
    const at = random(damaged.length + 1);
    const scrap = [...SCRAPS, ...WORDS][random(SCRAPS.length + WORDS.length)] ?? "";
    const length = random(20);
    const piece = damaged.slice(at, at + random(200));
    damaged = [
      (): string => damaged.slice(0, at) + scrap + damaged.slice(at),
      (): string => damaged.slice(0, at) + damaged.slice(at + length),
      (): string => damaged.slice(0, at) + scrap + damaged.slice(at + length),
      (): string => damaged.slice(0, at) + piece + damaged.slice(at),
      (): string => damaged.slice(at) + damaged.slice(0, at),
    ][random(5)]?.() ?? damaged;
  }
  return damaged;
}

function loadAndRender(text: string): void {
  const files = { read: (path: string) => path === "x" ? text : undefined, list: () => ["x", "y"] };
  const host = { interfaceNames: () => ["eth0"], script: () => "ok" as const, hasUser: () => true };
  const result = loadConfig({ path: "f", text, files, hostName: "h", host, random: () => 0.5 });
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  assertEquals(result.config === undefined, errors.length > 0);
  renderDiagnostics(result.diagnostics.slice(0, 50), { sources: result.sources });
}

Deno.test("loadConfig() survives damaged configurations", () => {
  const random = randomNumbers(SEED);
  const texts = [...Deno.readDirSync(FOLDER)].filter(({ name }) => name.endsWith(".conf"))
    .map(({ name }) => Deno.readTextFileSync(new URL(name, FOLDER))).sort();
  for (let round = 0; round < ROUNDS; round++) {
    const text = damage(texts[random(texts.length)] ?? "", random);
    try {
      loadAndRender(text);
    } catch (cause) {
      throw new Error(`seed ${SEED}, round ${round}: ${JSON.stringify(text)}`, { cause });
    }
  }
});

Deno.test("loadConfig() takes time in proportion to the text", () => {
  const started = performance.now();
  for (
    const piece of ["{", "}", "a {\n", "}\n", '"', "${", "include x\n", "virtual_ipaddress {", "vrrp_instance a {\n"]
  ) {
    loadAndRender(piece.repeat(20_000));
  }
  assert(performance.now() - started < 5000);
});
