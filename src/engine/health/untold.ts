// Checks that this host could not carry out: no such script, no such address to ask from, no descriptor left. They tell nothing of
// the server, whose state stays, as under keepalived: else every server would fall with one mistake on the director.
import type { ProbeResult } from "../../ports/probes.ts";
import type { DatedResult, LiveChecker } from "./live_real_server.ts";

/** Whether a result tells nothing. What a silent agent means, the agent's rules say. */
export function isUntold({ config }: Pick<LiveChecker, "config">, { status }: ProbeResult): boolean {
  return status === "SOCKERR" && config.type !== "agent";
}

/** The result to keep: what the last one that could be carried out said of the weight holds on. */
export function withWeightOf(last: DatedResult | undefined, dated: DatedResult): DatedResult {
  const { weight, weightChange } = last?.result ?? {};
  return {
    ...dated,
    result: {
      ...dated.result,
      ...(weight === undefined ? {} : { weight }),
      ...(weightChange === undefined ? {} : { weightChange }),
    },
  };
}

/** What `explain` says of a check that cannot be carried out. */
export function untoldWarning(checker: Pick<LiveChecker, "config" | "result">): string | undefined {
  const result = checker.result?.result;
  if (result === undefined || !isUntold(checker, result)) return undefined;
  return `the check cannot be carried out, the verdict stays as it was: ${result.text}`;
}
