// Carries the difference between two configurations to the roles, or takes everything back. Knows no process: a role is
// what it can be asked to do.
import type { Config } from "../config/config.ts";
import { changeLines, type ObjectChange } from "../config/plan.ts";

/** What came of a reload. */
export interface ReloadOutcome {
  readonly accepted: boolean;
  /** Number of the configuration in use now, from 1. */
  readonly generation: number;
  /** The diagnostics of the file, rendered; empty when there are none. */
  readonly report: string;
  /** Why it was refused, in one sentence. */
  readonly problem?: string;
  /** What is other than before, when it was accepted. */
  readonly changes: readonly ObjectChange[];
}

/** A role as a reload sees it. */
export interface ReloadStep {
  /** Whether the role's part of two configurations differs: otherwise it is not asked at all. */
  readonly differs: (before: Config, after: Config) => boolean;
  /** Makes the role use a configuration. @returns undefined once it does, else why not */
  readonly use: (config: Config) => Promise<string | undefined>;
}

/**
 * Goes from one configuration to another, role by role in the given order. When one refuses, it and those before it get
 * the earlier configuration again, in reverse order.
 *
 * @param current told which configuration holds from now on, for roles that are started or start again meanwhile
 * @returns undefined when the new one is in use everywhere, else why not
 */
export async function carryOver(
  before: Config,
  after: Config,
  steps: readonly ReloadStep[],
  current: (config: Config) => void,
): Promise<string | undefined> {
  const asked: ReloadStep[] = [];
  current(after);
  for (const step of steps) {
    if (!step.differs(before, after)) continue;
    asked.unshift(step);
    const problem = await step.use(after);
    if (problem === undefined) continue;
    current(before);
    for (const earlier of asked) await earlier.use(before);
    return problem;
  }
  return undefined;
}

/** Changes of a reload that the log names; the others are counted. */
const MAX_CHANGES_LOGGED = 100;

/** Names what a reload changed. */
export function logChanges(changes: readonly ObjectChange[], log: (line: string) => void): void {
  for (const line of changes.slice(0, MAX_CHANGES_LOGGED).flatMap(changeLines)) log(`  ${line}`);
}
