// Configurations with typing errors, a thousand of them: whatever is in a file, reading it ends with a configuration or with errors
// that have places, formatting changes nothing that is read, and what is written in the other syntax says the same.
import { Prng } from "../../src/base/prng.ts";
import { startable } from "../../src/config/carried_out.ts";
import { withComments } from "../../src/config/comments.ts";
import type { Config } from "../../src/config/config.ts";
import { firewallScript } from "../../src/config/firewall.ts";
import { formatText } from "../../src/config/format_text.ts";
import { writeKeepalived } from "../../src/config/keepalived_writer.ts";
import { loadConfig, type LoadInput, type LoadResult } from "../../src/config/load.ts";
import { ownWordsIn } from "../../src/config/own_words.ts";
import { differenceOf } from "../../src/config/plan.ts";
import { printConfig } from "../../src/config/print_config.ts";
import { renderDiagnostics } from "../../src/config/render_diagnostic.ts";
import { redactedText } from "../../src/config/running_text.ts";
import { formatYaml, writeYaml } from "../../src/config/yaml_writer.ts";
import { assert, assertEquals } from "../assert.ts";
import { spoilt } from "../support/mutation.ts";

const SEEDS = Number(Deno.env.get("SPOILT") ?? 1000);
/** These name no port of their own, and are not tried again: what the real server or the virtual server says is no matter. */
const WITHOUT_TARGET = ["misc", "bfd", "file", "ping"];

const files = ["./config/", "../lab/"].flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  const names = [...Deno.readDirSync(url)].map(({ name }) => name).filter((name) => /\.(conf|yaml)$/.test(name)).sort();
  return names.map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, url)) }));
});

Deno.test(`${SEEDS} configurations with typing errors are read, rendered, formatted and converted`, () => {
  const converted = { keepalived: 0, yaml: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Prng(seed);
    const { name, text } = random.pick(files);
    const input = inputOf(name, spoilt(text, files.map((file) => file.text), random));
    const about = `seed ${seed}, ${name}`;
    const result = loadConfig(input);
    checkDiagnostics(result, about);
    checkFormat(input, result.config, about);
    if (result.config === undefined) continue;
    startable(result.config);
    redactedText(result.config);
    firewallScript(result.config, "inet holdfast services");
    assertEquals(differenceOf(result.config, result.config), [], about);
    for (const syntax of ["keepalived", "yaml"] as const) converted[syntax] += Number(convert(result, syntax, about));
  }
  assert(converted.keepalived > SEEDS / 20 && converted.yaml > SEEDS / 20, JSON.stringify(converted));
});

function inputOf(path: string, text: string): LoadInput {
  return {
    path,
    text,
    files: { read: (name) => name.length > 9 ? undefined : "garp_master_delay 1\n", list: () => ["a.conf"] },
    hostName: "director",
    environment: (name) => name === "SITE" ? "3" : undefined,
    random: () => 0.5,
  };
}

/** An error or a configuration; and every place is one in a file that was read. */
function checkDiagnostics({ config, diagnostics, sources }: LoadResult, about: string): void {
  assertEquals(diagnostics.some(({ severity }) => severity === "error"), config === undefined, about);
  for (const { location, related, message } of diagnostics) {
    for (const { file, line, column, length } of [location, ...related.map((place) => place.location)]) {
      const lines = sources.get(file)?.split("\n");
      assert(lines !== undefined, `${about}: ${message}: ${file} was not read`);
      const isThere = line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1] ?? "").length + 1;
      assert(isThere && length >= 1, `${about}: ${message}: ${line}:${column} is nowhere`);
    }
  }
  // deno-lint-ignore no-control-regex -- what must not reach a terminal
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(renderDiagnostics(diagnostics, { sources })), about);
}

/** A file that is formatted says the same, and is formatted. */
function checkFormat(input: LoadInput, config: Config | undefined, about: string): void {
  const format = input.path.endsWith(".yaml") ? formatYaml : formatText;
  const formatted = format(input.text);
  if (formatted === undefined || input.text.includes("\uFEFF", 1)) return;
  assertEquals(format(formatted), formatted, about);
  const again = loadConfig({ ...input, text: formatted });
  assertEquals(difference(again.config, config), "", `${about}, formatted\n${input.text}\n----\n${formatted}`);
}

/**
 * What is written in a syntax is read there, and says the same. Only YAML may refuse, and only what is wrong, too, when all warnings
 * are errors.
 *
 * @returns whether it can be written in that syntax at all
 */
function convert({ config, diagnostics }: LoadResult, syntax: "keepalived" | "yaml", about: string): boolean {
  assert(config !== undefined);
  if (config.http ?? config.haproxy ?? config.witness ?? config.fencing ?? config.ipvs) return false;
  if (syntax === "keepalived" && ownWordsIn(config).length > 0) return false;
  const statements = withComments(printConfig(config, { hostName: "director" }), []);
  let text: string;
  try {
    text = syntax === "yaml" ? writeYaml(statements) : writeKeepalived(statements);
  } catch (error) {
    if (error instanceof RangeError) return false; // it says why
    throw error;
  }
  const path = syntax === "yaml" ? "converted.yaml" : "converted.conf";
  const again = loadConfig({ path, text, hostName: "director", willNotRun: true });
  if (again.config === undefined && syntax === "yaml" && diagnostics.length > 0) return false;
  const problems = again.diagnostics.map(({ message }) => message).join("; ");
  assertEquals(difference(again.config, config), "", `${about}, as ${syntax}: ${problems}\n${text}`);
  return true;
}

/** The first lines in which they differ. */
function difference(a: Config | undefined, b: Config | undefined): string {
  const [left, right] = [plain(a), plain(b)].map((text) => (text ?? "").split("\n"));
  const at = (left ?? []).findIndex((line, index) => line !== right?.[index]);
  return at < 0 && left?.length === right?.length ? "" : `${left?.slice(at - 3, at + 1)} | ${right?.[at]}`;
}

/** Without places, and without an order of keys. */
function plain(config: Config | undefined): string | undefined {
  return JSON.stringify(config, (key, value) => {
    if (key === "location") return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const fields = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
    const isWithoutTarget = WITHOUT_TARGET.includes(value.type);
    return Object.fromEntries(fields.filter(([name]) => !isWithoutTarget || (name !== "port" && name !== "retry")));
  }, 1);
}
