// One real server at work: its health and its checkers with their last results, through changes of configuration.
import {
  type RealServerHealth,
  replaceCheckers,
  startRealServer,
  succeedingChecker,
} from "../../core/health/real_server.ts";
import { startChecker } from "../../core/health/verdict.ts";
import type { RealServerEntry } from "../../core/ipvs/table.ts";
import { same } from "../../base/same.ts";
import type { Checker, RealServer, VirtualServer } from "../../config/config.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { type Override, type Presence, PRESENT } from "../../core/health/presence.ts";
import { type AgentState, shareOf } from "../../core/health/agent.ts";
import { agentOf } from "./live_agent.ts";
import type { SeenCertificate } from "./live_certificate.ts";
import type { Appointment } from "./agenda.ts";
import type { StartAssumption } from "../../core/health/adoption.ts";
import { realServerEntry, startsDown } from "./policy.ts";

/** A result with the wall clock of its arrival. */
export interface DatedResult {
  readonly result: ProbeResult;
  readonly atMs: number;
}

/** One checker at work. Its state is in its real server's `health`, at the same place in the list. */
export interface LiveChecker {
  readonly config: Checker;
  /** The newest. */
  result: DatedResult | undefined;
  /** What an agent has said so far; for `AGENT_CHECK` only. */
  agent?: AgentState | undefined;
  /** The last that was seen; for `TLS_CHECK` only. */
  certificate?: SeenCertificate | undefined;
  /** It is configured no more: what still comes of it counts no more. */
  gone: boolean;
  /** Its next check; undefined while one runs. */
  due?: Appointment | undefined;
}

/** One real server at work. */
export interface LiveRealServer {
  config: RealServer;
  entry: RealServerEntry;
  health: RealServerHealth;
  /** In the order of the configuration. */
  checkers: readonly LiveChecker[];
  presence: Presence;
  /** What an operator said. */
  override?: Override | undefined;
  /** It is configured no more and drains. */
  removed?: true;
  /** It was taken out for good, at the end. */
  left?: true;
}

/** When something starts. `spreadUs` gives the delay of a checker's first check. */
export interface LiveStart {
  readonly nowUs: number;
  readonly spreadUs: (checker: Checker) => number;
}

/** A real server that starts, up or down until its first checks. */
export function startLiveRealServer(
  { config, assumed, virtual }: { config: RealServer; assumed: StartAssumption; virtual: VirtualServer },
  { nowUs, spreadUs }: LiveStart,
): LiveRealServer {
  const states = config.checkers.map((checker) => {
    const up = assumed === "up" || (assumed === "configured" && !startsDown(virtual, config, checker));
    return startChecker({ up, firstCheckUs: nowUs + spreadUs(checker) });
  });
  return {
    config,
    entry: realServerEntry(config),
    health: startRealServer(states, nowUs),
    checkers: config.checkers.map(startLiveChecker),
    presence: PRESENT,
  };
}

/** What a new configuration of a real server brought. */
export interface LiveRealServerChange {
  /** Checkers that are new and are to be scheduled. */
  readonly started: readonly LiveChecker[];
  readonly change?: "up" | "down";
}

/** Takes another configuration of the same address and port. Checkers that are the same in both go on as they are. */
export function reconfigureLiveRealServer(
  live: LiveRealServer,
  config: RealServer,
  { nowUs, spreadUs }: LiveStart,
): LiveRealServerChange {
  const remaining = [...live.checkers];
  const started: LiveChecker[] = [];
  const pairs = config.checkers.map((wanted) => {
    const at = remaining.findIndex((checker) => same(checker.config, wanted, "location"));
    const [checker] = at < 0 ? [] : remaining.splice(at, 1);
    const state = checker && live.health.checkers[live.checkers.indexOf(checker)];
    if (checker !== undefined && state !== undefined) return { checker, state };
    const made = startLiveChecker(wanted);
    // What the agent said holds until it says something else, whatever else changes.
    if (wanted.type === "agent") made.agent = agentOf(live.checkers);
    started.push(made);
    return { checker: made, state: succeedingChecker(live.health, nowUs + spreadUs(wanted)) };
  });
  for (const checker of remaining) checker.gone = true;
  const { health, change } = replaceCheckers(live.health, pairs.map(({ state }) => state), nowUs);
  live.config = config;
  live.entry = realServerEntry(config);
  live.health = health;
  live.checkers = pairs.map(({ checker }) => checker);
  return { started, ...(change === undefined ? {} : { change }) };
}

/** The greatest weight (keepalived: IPVS_WEIGHT_MAX). */
const MAX_WEIGHT = 65_535;

/**
 * The entry with the weight that its checkers have named: a command with `misc_dynamic` sets it, a tracked file adds to it
 * (keepalived.conf(5), MISC_CHECK and FILE_CHECK). An agent wants a share of that. What an operator said comes before all.
 */
export function weightedEntry({ entry, checkers, override }: LiveRealServer): RealServerEntry {
  if (override?.weight !== undefined) return { ...entry, weight: override.weight };
  let { weight } = entry;
  let change = 0;
  for (const { result } of checkers) {
    if (result?.result.ok !== true && result?.result.status !== "SOCKERR") continue; // which keeps what was said before
    weight = result.result.weight ?? weight;
    change += result.result.weightChange ?? 0;
  }
  const whole = Math.max(0, Math.min(MAX_WEIGHT, weight + change));
  const effective = Math.min(MAX_WEIGHT, shareOf(whole, agentOf(checkers)?.percent ?? 100));
  return effective === entry.weight ? entry : { ...entry, weight: effective };
}

/** Whether it may get connections as far as its health goes: what an operator said comes before what its checks say. */
export function countsAsUp({ health, override }: Pick<LiveRealServer, "health" | "override">): boolean {
  return override?.health === undefined ? health.up : override.health === "up";
}

/** It is configured no more. */
export function retireLiveRealServer(live: LiveRealServer): void {
  for (const checker of live.checkers) checker.gone = true;
}

function startLiveChecker(config: Checker): LiveChecker {
  return { config, result: undefined, gone: false };
}
