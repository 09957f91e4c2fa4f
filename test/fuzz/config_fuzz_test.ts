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

function loadAndRender(text: string, path = "f"): void {
  const files = { read: (path: string) => path === "x" ? text : undefined, list: () => ["x", "y"] };
  const host = { interfaceNames: () => ["eth0"], script: () => "ok" as const, hasUser: () => true };
  const result = loadConfig({ path, text, files, hostName: "h", host, random: () => 0.5 });
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  assertEquals(result.config === undefined, errors.length > 0);
  renderDiagnostics(result.diagnostics.slice(0, 50), { sources: result.sources });
}

function survives(extension: string, path: string): void {
  const random = randomNumbers(SEED);
  const texts = [...Deno.readDirSync(FOLDER)].filter(({ name }) => name.endsWith(extension))
    .map(({ name }) => Deno.readTextFileSync(new URL(name, FOLDER))).sort();
  for (let round = 0; round < ROUNDS; round++) {
    const text = damage(texts[random(texts.length)] ?? "", random);
    try {
      loadAndRender(text, path);
    } catch (cause) {
      throw new Error(`seed ${SEED}, round ${round}: ${JSON.stringify(text)}`, { cause });
    }
  }
}

Deno.test("loadConfig() survives damaged configurations", () => survives(".conf", "f"));
Deno.test("loadConfig() survives damaged YAML", () => survives(".yaml", "f.yaml"));

/** Seconds that one text of some hundred kilobytes may take, on a machine that is busy otherwise. */
const PATIENCE_MS = 20_000;

Deno.test("loadConfig() takes time in proportion to the text", () => {
  const pieces = ["{", "}", "a {\n", "}\n", '"', "${", "include x\n", "virtual_ipaddress {", "vrrp_instance a {\n"];
  const more = ["$A=${A}x\n${A}\n", "~SEQ(x, 1, 9) $x\n", "@h a\n", "include_check\ninclude y\n", "\\\n"];
  for (const piece of [...pieces, ...more]) {
    const started = performance.now();
    loadAndRender(piece.repeat(20_000));
    assert(performance.now() - started < PATIENCE_MS, piece);
  }
});

Deno.test("loadConfig() takes time in proportion to YAML", () => {
  for (const piece of ["[", "{", "a: ", "- ", "? ", "&a ", "*a ", "a: &a [*a]\n", "!!x ", '"', "|\n"]) {
    const started = performance.now();
    loadAndRender(piece.repeat(5000), "f.yaml");
    assert(performance.now() - started < PATIENCE_MS, piece);
  }
});

Deno.test("loadConfig() does not multiply definitions or aliases without end", () => {
  const names = Array.from(
    { length: 30 },
    (_, index) => "$A" + (index + 1) + "=" + ("${A" + index + "}").repeat(3) + "\n",
  );
  loadAndRender(["$A0=lol\n", ...names, "${A30}\n"].join(""));
  const lists = Array.from(
    { length: 30 },
    (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}, *a${index}]\n`,
  );
  loadAndRender(`a0: &a0 [lol]\n${lists.join("")}vrrp_script: {a: {script: *a30}}\n`, "f.yaml");
});

Deno.test("loadConfig() reads blocks 1000 deep, and 100 000 real servers", () => {
  loadAndRender("a {\n".repeat(1000) + "}\n".repeat(1000));
  loadAndRender(`${"[".repeat(1000)}${"]".repeat(1000)}`, "f.yaml");
  const servers = Array.from(
    { length: 100_000 },
    (_, index) => `real_server 10.${index >> 16}.${(index >> 8) & 255}.${index & 255} 80 {\nTCP_CHECK {\n}\n}`,
  );
  const head = "virtual_server 192.0.2.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n";
  const { config } = loadConfig({ path: "f", text: `${head}${servers.join("\n")}\n}\n`, hostName: "h" });
  assertEquals(config?.virtualServers[0]?.realServers.length, 100_000);
});
