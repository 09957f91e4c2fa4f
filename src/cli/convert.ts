// `holdfast convert`: a configuration in the other syntax, comments and all; `holdfast format`: the same one, tidied.
import { withComments } from "../config/comments.ts";
import { Report } from "../config/diagnostic.ts";
import { formatText } from "../config/format_text.ts";
import { writeKeepalived } from "../config/keepalived_writer.ts";
import { loadConfig, readRoot } from "../config/load.ts";
import { ownWordsIn } from "../config/own_words.ts";
import { printConfig } from "../config/print_config.ts";
import { renderDiagnostics } from "../config/render_diagnostic.ts";
import { isYaml } from "../config/yaml_shape.ts";
import { formatYaml, writeYaml } from "../config/yaml_writer.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { loadInput, nameOf, readText } from "./read_config.ts";

/** Where editors find the schema of holdfast.yaml when nothing else is said. */
const SCHEMA = "/usr/local/share/holdfast/holdfast.schema.json";

/** The options of `convert`. */
export interface ConvertOptions {
  readonly to: "yaml" | "keepalived";
  readonly schema?: string;
  readonly configId?: string;
}

/** Writes the configuration to standard output, what is lost or wrong to standard error. @returns the exit status */
export function convert(path: string, options: ConvertOptions): number {
  const text = readText(path);
  if (!text.ok) return fail(text.problem);
  const input = loadInput(nameOf(path, text.text), text.text, {
    checkInterfaces: false,
    colour: false,
    willNotRun: true,
    configId: options.configId,
  });
  const { config, diagnostics, sources } = loadConfig(input);
  const report = renderDiagnostics(diagnostics, { sources, colour: Deno.stderr.isTerminal() && !Deno.noColor });
  if (report !== "") console.error(report.trimEnd());
  if (config === undefined) return EXIT_FAILURE;
  if (config.http !== undefined) console.error("warning: `api` and `stats` are not written: copy them by hand");
  if (config.witness ?? config.fencing ?? config.ipvs) {
    console.error("warning: `witness`, `fencing` and `ipvs` are not written: copy them by hand");
  }
  const own = options.to === "keepalived" ? ownWordsIn(config) : [];
  if (own.length > 0) {
    const words = own.map((word) => `\`${word}\``).join(", ");
    console.error(`warning: keepalived has no ${words}: left as comments, so those checks are not made there`);
  }
  if (config.haproxy !== undefined) console.error("warning: `haproxy` is not written: copy it by hand");
  const { root } = readRoot(input, new Report(), { comments: true });
  const statements = withComments(printConfig(config, { hostName: input.hostName }), root.block?.statements ?? []);
  try {
    const output = options.to === "yaml"
      ? writeYaml(statements, { schema: options.schema ?? SCHEMA })
      : writeKeepalived(statements);
    print(output);
    return EXIT_OK;
  } catch (error) {
    if (error instanceof RangeError) return fail(error.message);
    throw error;
  }
}

/** The options of `format`. */
export interface FormatOptions {
  /** Write the file instead of printing. */
  readonly write: boolean;
  /** Only say whether it is formatted. */
  readonly check: boolean;
}

/** Indents a file. @returns the exit status: failure when it can't be read, or with `check` when it is not formatted */
export function format(path: string, { write, check }: FormatOptions): number {
  const text = readText(path);
  if (!text.ok) return fail(text.problem);
  const formatted = isYaml(nameOf(path, text.text)) ? formatYaml(text.text) : formatText(text.text);
  if (formatted === undefined) return fail(`\`${path}\` is not YAML: \`holdfast check\` says where`);
  if (check) {
    if (formatted === text.text) return EXIT_OK;
    return fail(`\`${path}\` is not formatted`);
  }
  if (write && path !== "-") {
    if (formatted !== text.text) Deno.writeTextFileSync(path, formatted);
  } else print(formatted);
  return EXIT_OK;
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function fail(problem: string): number {
  console.error(`error: ${problem}`);
  return EXIT_FAILURE;
}
