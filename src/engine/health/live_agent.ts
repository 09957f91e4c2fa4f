// The agent of a real server at work: what it said last, and what follows from it for the server. Decides through the core.
import { type AgentState, ASSUMED_DRAIN, hearAgent, missAgent, SILENT_AGENT } from "../../core/health/agent.ts";
import type { CheckerState } from "../../core/health/verdict.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import type { LiveChecker, LiveRealServer } from "./live_real_server.ts";

/** What changed with one answer of an agent. */
export interface AgentStep {
  readonly before: AgentState;
  readonly after: AgentState;
}

/** Takes an answer, or that there was none; undefined for other checkers. */
export function recordAgent(checker: LiveChecker, result: ProbeResult): AgentStep | undefined {
  if (checker.config.type !== "agent") return undefined;
  const before = checker.agent ?? SILENT_AGENT;
  const { agent, text } = result;
  const after = agent === undefined ? missAgent(before, text) : hearAgent(before, agent, text);
  checker.agent = after;
  return { before, after };
}

/** At the start: a server that is in the table with weight 0, and is no backup, stays so until its agent has been asked. */
export function assumeAgent({ entry, config, checkers }: LiveRealServer, kernelWeight: number | undefined): void {
  if (kernelWeight !== 0 || entry.weight === 0 || config.backup) return;
  for (const checker of checkers) if (checker.config.type === "agent") checker.agent = ASSUMED_DRAIN;
}

/**
 * Whether a result is a good one. An agent takes its server out by saying so: one that is silent, or speaks of other things,
 * says what it has said before, and a first time that all is well.
 */
export function isGood({ config, agent }: LiveChecker, state: CheckerState | undefined, result: ProbeResult): boolean {
  if (config.type !== "agent") return result.ok;
  if (result.agent?.up !== undefined) return result.agent.up;
  return state?.judged === true ? state.up : agent?.up ?? true;
}

/** What an operator wants of the server, else what its agent does. */
export function modeOf(
  { override, checkers }: Pick<LiveRealServer, "override" | "checkers">,
): "ready" | "drain" | "maint" {
  return override?.mode ?? agentOf(checkers)?.mode ?? "ready";
}

/** What the server's agent has said; undefined where there is none. The last one counts. */
export function agentOf(checkers: readonly LiveChecker[]): AgentState | undefined {
  return checkers.findLast(({ agent }) => agent !== undefined)?.agent;
}
