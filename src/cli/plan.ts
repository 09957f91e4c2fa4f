// `holdfast plan`: what a reload from one configuration to another would do, object by object.
import { changeLines, differenceOf, summaryOf } from "../config/plan.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readConfig } from "./read_config.ts";

/** @returns the exit status: failure when one of them can't be run */
export function plan(before: string, after: string, { format }: { format: "text" | "json" }): number {
  const read = (path: string): ReturnType<typeof readConfig> => {
    const result = readConfig(path, { checkInterfaces: false, colour: Deno.stderr.isTerminal() && !Deno.noColor });
    if (result.config === undefined) console.error(`${result.report.trimEnd()}\n`);
    return result;
  };
  const [from, to] = [read(before).config, read(after).config];
  if (from === undefined || to === undefined) return EXIT_FAILURE;
  const changes = differenceOf(from, to);
  if (format === "json") console.log(JSON.stringify({ changes }, undefined, 2));
  else console.log([summaryOf(changes), ...changes.flatMap(changeLines)].join("\n"));
  return EXIT_OK;
}
