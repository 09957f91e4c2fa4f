// `holdfast reload`: asks the running daemon to read its configuration again, and says what came of it.
import { changeLines, summaryOf } from "../config/plan.ts";
import { askDaemon } from "../daemon/control_client.ts";
import type { ReloadOutcome } from "../daemon/reload.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** @returns the exit status: failure when the configuration was refused, or no daemon could be asked */
export async function reload(): Promise<number> {
  let answer;
  try {
    answer = await askDaemon({ command: "reload" });
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
  if (answer === undefined) return failure("no Holdfast is running in this network namespace");
  if (!answer.ok) return failure(answer.message);
  const { accepted, generation, report, problem, changes } = answer.result as ReloadOutcome;
  if (report !== "") console.error(report.trimEnd());
  if (!accepted) return failure(problem ?? "the configuration was refused");
  console.log(
    [`configuration ${generation} is in use: ${summaryOf(changes)}`, ...changes.flatMap(changeLines)].join("\n"),
  );
  return EXIT_OK;
}

function failure(message: string): number {
  console.error(`error: ${message}`);
  return EXIT_FAILURE;
}
