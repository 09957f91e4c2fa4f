// `holdfast check`: says everything that is wrong with a configuration, and runs nothing.
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readConfig } from "./read_config.ts";

/** @returns the exit status: failure when the configuration cannot be run; warnings do not count */
export function checkConfig(options: { useFile: string; interfaces: boolean }): number {
  const { config, report } = readConfig(options.useFile, {
    checkInterfaces: options.interfaces,
    colour: Deno.stdout.isTerminal() && !Deno.noColor,
  });
  if (report !== "") console.log(report.trimEnd());
  if (config === undefined) return EXIT_FAILURE;
  console.log(
    `${options.useFile}: can be run: ${count(config.vrrpInstances.length, "VRRP instance")}, ` +
      count(config.virtualServers.length, "virtual server"),
  );
  return EXIT_OK;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
