// `holdfast check`: says everything that is wrong with a configuration, and runs nothing.
import { VERSION } from "../base/version.ts";
import { MAX_KEPT } from "../config/diagnostic.ts";
import { diagnosticsJson, diagnosticsSarif } from "../config/diagnostics_json.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { withHaproxy } from "./check_haproxy.ts";
import { readConfig } from "./read_config.ts";

/** The options of the command. */
export interface CheckOptions {
  readonly useFile: string;
  readonly interfaces: boolean;
  readonly strict: boolean;
  readonly format: "text" | "json" | "sarif";
  readonly configId?: string;
}

/** @returns the exit status: failure when the configuration cannot be run; warnings do not count unless strict */
export async function checkConfig(options: CheckOptions): Promise<number> {
  const read = readConfig(options.useFile, {
    checkInterfaces: options.interfaces,
    colour: Deno.stdout.isTerminal() && !Deno.noColor,
    strict: options.strict,
    configId: options.configId,
  });
  const { config, report, diagnostics } = await withHaproxy(read, options.interfaces);
  const isUnread = config === undefined && diagnostics.length === 0;
  if (options.format !== "text" && !isUnread) {
    console.log(options.format === "json" ? diagnosticsJson(diagnostics) : diagnosticsSarif(diagnostics, VERSION));
    return config === undefined ? EXIT_FAILURE : EXIT_OK;
  }
  if (report !== "") (isUnread ? console.error : console.log)(report.trimEnd());
  if (config === undefined) {
    if (!isUnread) console.log(`\n${options.useFile}: cannot be run: ${summary(diagnostics)}`);
    return EXIT_FAILURE;
  }
  const warnings = diagnostics.length === 0 ? "" : ` (${summary(diagnostics)})`;
  console.log(
    `${report === "" ? "" : "\n"}${options.useFile}: can be run: ${
      count(config.vrrpInstances.length, "VRRP instance")
    }, ` +
      count(config.virtualServers.length, "virtual server") + warnings,
  );
  return EXIT_OK;
}

function summary(diagnostics: readonly { readonly severity: string }[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = diagnostics.length - errors;
  return [
    ...(errors > 0 ? [kept(errors, "error")] : []),
    ...(warnings > 0 ? [kept(warnings, "warning")] : []),
  ].join(", ");
}

function kept(number: number, thing: string): string {
  return `${count(number, thing)}${number === MAX_KEPT ? " or more" : ""}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
