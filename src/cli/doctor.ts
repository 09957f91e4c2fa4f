// `holdfast doctor`: what on this machine keeps a configuration from working, with the reason and the way to mend it.
import { examine, neededModules } from "../config/doctor/doctor.ts";
import { findingsText } from "../config/doctor/finding.ts";
import { collectFacts } from "../linux/doctor/collect.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readRunnable } from "./read_config.ts";

/** The options of the command. */
export interface DoctorOptions {
  readonly useFile: string;
  readonly configId?: string;
  readonly json: boolean;
}

/** Looks and says. @returns the exit status: failure when there is an error or a warning, or no configuration */
export function doctor(options: DoctorOptions): number {
  const config = readRunnable(options.useFile, options.configId);
  if (config === undefined) return EXIT_FAILURE;
  const findings = examine(config, collectFacts(neededModules(config)));
  console.log(options.json ? JSON.stringify({ findings }, undefined, 2) : findingsText(findings));
  return findings.some(({ severity }) => severity !== "hint") ? EXIT_FAILURE : EXIT_OK;
}
